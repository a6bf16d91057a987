//! The way from a cell with a network of its own to the internet: an HTTP proxy on a socket of the user's.
//!
//! It leads to public addresses only, so that neither this machine's own services nor its neighbours' can be reached,
//! and to what the admin named. Must not look into what it carries.

mod address;
mod request;

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use thiserror::Error;
use tokio::{
    io::{AsyncWriteExt as _, copy_bidirectional},
    net::{TcpStream, UnixListener, UnixStream, lookup_host},
    sync::Semaphore,
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{debug, info, warn};

use request::{ProxyRequest, RequestError};

/// Connections of one user at once.
const CONNECTIONS: usize = 256;
/// How long a request's head may take.
const HEAD_LIMIT: Duration = Duration::from_secs(10);
/// How long finding and reaching the other end may take.
const CONNECT_LIMIT: Duration = Duration::from_secs(20);

/// Where agents may go beyond the public internet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Egress {
    allowed: Arc<[(String, u16)]>,
}

/// Why a connection is not made.
#[derive(Debug, Error)]
enum Refusal {
    #[error("{0}")]
    Request(#[from] RequestError),
    #[error("{host} cannot be found: {source}")]
    Unknown { host: String, source: io::Error },
    #[error(
        "{host}:{port} is not on the public internet; an admin can allow it with AUTOCODE_EGRESS_ALLOW={host}:{port}"
    )]
    Private { host: String, port: u16 },
    #[error("{host}:{port} does not answer: {source}")]
    Unreachable { host: String, port: u16, source: io::Error },
    #[error("it took too long")]
    Timeout,
}

impl Refusal {
    fn status(&self) -> &'static str {
        match self {
            Self::Request(_) => "400 Bad Request",
            Self::Private { .. } => "403 Forbidden",
            Self::Unknown { .. } | Self::Unreachable { .. } => "502 Bad Gateway",
            Self::Timeout => "504 Gateway Timeout",
        }
    }
}

impl Egress {
    /// Public addresses, and these names (or addresses) with their ports wherever they lead.
    pub fn new(allowed: &[(String, u16)]) -> Self {
        let lower = |(host, port): &(String, u16)| (host.to_ascii_lowercase(), *port);
        Self { allowed: allowed.iter().map(lower).collect() }
    }

    /// Serves one user's socket until `cancel`; its connections belong to `tracker`.
    pub async fn serve(
        self,
        user: String,
        listener: UnixListener,
        tracker: TaskTracker,
        cancel: CancellationToken,
    ) {
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
            let (stream, slot) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    warn!(%error, "a connection out of a cell could not be accepted");
                    sleep(Duration::from_millis(200)).await;
                    continue;
                }
            };
            let (egress, user, cancel) = (self.clone(), user.clone(), cancel.clone());
            tracker.spawn(async move {
                let _slot = slot;
                tokio::select! {
                    () = cancel.cancelled() => {}
                    () = egress.connection(&user, stream) => {}
                }
            });
        }
    }

    async fn connection(&self, user: &str, mut inside: UnixStream) {
        let (request, mut outside) = match self.open(&mut inside).await {
            Ok(opened) => opened,
            Err(refusal) => {
                info!(user, %refusal, "a way out of a cell was refused");
                let status = refusal.status();
                let text = format!(
                    "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\nAutoCode: {refusal}.\n"
                );
                if let Err(error) = inside.write_all(text.as_bytes()).await {
                    debug!(%error, "a refusal was not read");
                }
                return;
            }
        };
        let carried = async {
            if request.tunnel {
                inside.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
            }
            outside.write_all(&request.first).await?;
            copy_bidirectional(&mut inside, &mut outside).await
        };
        if let Err(error) = carried.await {
            debug!(user, host = request.host, %error, "a connection out of a cell broke");
        }
    }

    async fn open(&self, inside: &mut UnixStream) -> Result<(ProxyRequest, TcpStream), Refusal> {
        let request = timeout(HEAD_LIMIT, request::read(inside)).await.map_err(|_| Refusal::Timeout)??;
        let connect = self.connect(&request.host, request.port);
        let outside = timeout(CONNECT_LIMIT, connect).await.map_err(|_| Refusal::Timeout)??;
        Ok((request, outside))
    }

    /// Connects to one of the host's addresses that may be reached; the name is resolved once.
    async fn connect(&self, host: &str, port: u16) -> Result<TcpStream, Refusal> {
        let found = lookup_host((host, port)).await;
        let found = found.map_err(|source| Refusal::Unknown { host: host.to_owned(), source })?;
        let free = self.is_allowed(host, port);
        let addresses: Vec<SocketAddr> = found.filter(|address| free || may_reach(address.ip())).collect();
        if addresses.is_empty() {
            return Err(Refusal::Private { host: host.to_owned(), port });
        }
        let stream = TcpStream::connect(&addresses[..]).await;
        let unreachable = |source| Refusal::Unreachable { host: host.to_owned(), port, source };
        let stream = stream.map_err(unreachable)?;
        stream.set_nodelay(true).map_err(unreachable)?;
        Ok(stream)
    }

    fn is_allowed(&self, host: &str, port: u16) -> bool {
        self.allowed.iter().any(|(name, number)| *number == port && name.eq_ignore_ascii_case(host))
    }
}

/// A public address can be this machine's own: what listens there is not for agents either.
fn may_reach(address: IpAddr) -> bool {
    address::is_public(address) && !address::is_own(address)
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::AsyncReadExt as _,
        net::{TcpListener, UnixStream},
    };

    use super::*;

    async fn ask(egress: Egress, request: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("proxy.sock");
        let listener = UnixListener::bind(&socket).unwrap();
        let (tracker, cancel) = (TaskTracker::new(), CancellationToken::new());
        tracker.spawn(egress.serve("tom".to_owned(), listener, tracker.clone(), cancel.clone()));
        let mut client = UnixStream::connect(&socket).await.unwrap();
        client.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        timeout(Duration::from_secs(10), client.read_to_string(&mut answer)).await.unwrap().unwrap();
        answer
    }

    #[tokio::test]
    async fn this_machine_cannot_be_reached_unless_it_is_allowed() {
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = server.local_addr().unwrap().port();
        let answering = async {
            for _ in 0..2 {
                let (mut stream, _) = server.accept().await.unwrap();
                let mut head = [0; 1024];
                let read = stream.read(&mut head).await.unwrap();
                assert!(
                    head.starts_with(b"GET /x HTTP/1.1\r\n"),
                    "{:?}",
                    String::from_utf8_lossy(&head[..read])
                );
                stream.write_all(b"HTTP/1.1 200 OK\r\n\r\nhello").await.unwrap();
            }
        };
        let asking = async {
            for host in
                ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "169.254.169.254"]
            {
                let refused =
                    ask(Egress::default(), &format!("CONNECT {host}:{port} HTTP/1.1\r\n\r\n")).await;
                assert!(refused.starts_with("HTTP/1.1 403"), "{host}: {refused}");
            }
            let allowed = Egress::new(&[("LOCALHOST".to_owned(), port)]);
            let other = ask(allowed.clone(), &format!("CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\n")).await;
            assert!(other.starts_with("HTTP/1.1 403"), "{other}");
            let plain = format!("GET http://localhost:{port}/x HTTP/1.1\r\nHost: localhost\r\n\r\n");
            assert!(ask(allowed.clone(), &plain).await.ends_with("hello"));
            let tunnel = format!("CONNECT localhost:{port} HTTP/1.1\r\n\r\nGET /x HTTP/1.1\r\n\r\n");
            let tunnel = ask(allowed, &tunnel).await;
            assert!(
                tunnel.starts_with("HTTP/1.1 200 Connection established\r\n\r\n")
                    && tunnel.ends_with("hello")
            );
        };
        tokio::join!(answering, asking);
    }
}
