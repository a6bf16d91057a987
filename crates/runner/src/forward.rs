//! The ways out of a cell with a network of its own: ports on its 127.0.0.1 that lead to the sockets in the doors folder.
//!
//! Lives in the cell's first process, so that no crash of the runner breaks a connection to the model. Must not look at
//! what it passes on: who may go where is decided at the other end.

use std::{
    io,
    net::{Ipv4Addr, TcpListener as StdListener},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use autocode_sandbox::{GATEWAY_PORT, GATEWAY_SOCKET, PROXY_PORT, PROXY_SOCKET};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream, UnixStream},
    sync::Semaphore,
    time::sleep,
};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};
use tracing::{debug, warn};

use crate::{RunnerArgs, error::RunnerError};

/// Connections at once through one port; more wait.
const CONNECTIONS: usize = 512;
/// A server that is just being started again is waited for so long.
const PATIENCE: Duration = Duration::from_secs(10);

/// The open ports; closed when dropped.
#[derive(Debug)]
pub(crate) struct Forward {
    _open: DropGuard,
}

impl Forward {
    /// Opens the ports if the cell has a network of its own.
    pub(crate) fn open(args: &RunnerArgs) -> Result<Option<Self>, RunnerError> {
        let Some(doors) = args.doors.as_deref().filter(|_| args.forward) else { return Ok(None) };
        let cancel = CancellationToken::new();
        let tracker = TaskTracker::new();
        for (port, socket) in [(GATEWAY_PORT, GATEWAY_SOCKET), (PROXY_PORT, PROXY_SOCKET)] {
            let listener = listen(port).map_err(RunnerError::file(format!("port {port}")))?;
            let serve = serve(listener, doors.join(socket), tracker.clone(), cancel.clone());
            tracker.spawn(serve);
        }
        Ok(Some(Self { _open: cancel.drop_guard() }))
    }
}

fn listen(port: u16) -> io::Result<TcpListener> {
    let listener = StdListener::bind((Ipv4Addr::LOCALHOST, port))?;
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

async fn serve(listener: TcpListener, socket: PathBuf, tracker: TaskTracker, cancel: CancellationToken) {
    let slots = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let accepted = async {
            let slot = slots.clone().acquire_owned().await.map_err(io::Error::other)?;
            Ok::<_, io::Error>((listener.accept().await?.0, slot))
        };
        let accepted = tokio::select! {
            () = cancel.cancelled() => return,
            accepted = accepted => accepted,
        };
        match accepted {
            Ok((stream, slot)) => {
                let (socket, cancel) = (socket.clone(), cancel.clone());
                tracker.spawn(async move {
                    let _slot = slot;
                    tokio::select! {
                        () = cancel.cancelled() => {}
                        passed = pass(stream, &socket) => {
                            if let Err(error) = passed {
                                debug!(%error, socket = %socket.display(), "a connection out of the cell ended");
                            }
                        }
                    }
                });
            }
            Err(error) => {
                warn!(%error, "a connection in the cell could not be accepted");
                sleep(Duration::from_millis(200)).await;
            }
        }
    }
}

async fn pass(mut inside: TcpStream, socket: &Path) -> io::Result<()> {
    inside.set_nodelay(true)?;
    let mut outside = connect(socket).await?;
    copy_bidirectional(&mut inside, &mut outside).await.map(drop)
}

/// Connects, waiting for a server that is not there at the moment.
async fn connect(socket: &Path) -> io::Result<UnixStream> {
    let mut waited = Duration::ZERO;
    let mut pause = Duration::from_millis(50);
    loop {
        match UnixStream::connect(socket).await {
            Err(error)
                if waited < PATIENCE
                    && matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) =>
            {
                sleep(pause).await;
                waited += pause;
                pause = (pause * 2).min(Duration::from_secs(1));
            }
            result => return result,
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::UnixListener,
    };

    use super::*;

    #[tokio::test]
    async fn a_connection_waits_for_a_server_that_starts_again_and_carries_both_ways() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("gateway.sock");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let (cancel, tracker) = (CancellationToken::new(), TaskTracker::new());
        tracker.spawn(serve(listener, socket.clone(), tracker.clone(), cancel.clone()));
        let mut client = TcpStream::connect(addr).await.unwrap();
        client.write_all(b"hello").await.unwrap();
        sleep(Duration::from_millis(200)).await;
        let server = UnixListener::bind(&socket).unwrap();
        let (mut stream, _) = server.accept().await.unwrap();
        let mut heard = [0; 5];
        stream.read_exact(&mut heard).await.unwrap();
        stream.write_all(b"world").await.unwrap();
        let mut answer = [0; 5];
        client.read_exact(&mut answer).await.unwrap();
        assert_eq!((&heard, &answer), (b"hello", b"world"));
        cancel.cancel();
        assert_eq!(client.read(&mut answer).await.unwrap(), 0);
    }
}
