//! Taking connections: how many at once, how long a client may take to say what it wants, and how they end.
//!
//! What axum's own loop leaves open: a client that sends its headers byte by byte, or keeps an idle connection for
//! ever, or comes a thousand times at once. Must not know routes.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, extract::ConnectInfo};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt as _;

/// What a client may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at once, open sockets of pages included; further ones wait to be accepted.
    pub connections: usize,
    /// Time to send all headers of a request, counted from the end of the one before.
    pub header_time: Duration,
    /// Bytes of a request's line and headers.
    pub header_bytes: usize,
    /// Time that open requests have when the server stops.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1024,
            header_time: Duration::from_secs(30),
            header_bytes: 64 * 1024,
            drain: Duration::from_secs(6),
        }
    }
}

/// Pause after a connection could not be accepted, mostly for lack of file handles.
const ACCEPT_PAUSE: Duration = Duration::from_millis(500);

/// Serves `app` until `shutdown`, then lets open requests end.
pub async fn serve(listener: TcpListener, app: Router, shutdown: CancellationToken, limits: Limits) {
    let slots = Arc::new(Semaphore::new(limits.connections));
    let (tracker, abandoned) = (TaskTracker::new(), CancellationToken::new());
    while let Some((stream, peer, slot)) = next(&listener, &slots, &shutdown).await {
        let (app, shutdown, abandoned) = (app.clone(), shutdown.clone(), abandoned.clone());
        tracker.spawn(async move {
            tokio::select! {
                () = abandoned.cancelled() => {}
                () = converse(stream, peer, app, &shutdown, limits) => {}
            }
            drop(slot);
        });
    }
    tracker.close();
    if timeout(limits.drain, tracker.wait()).await.is_err() {
        tracing::warn!("some requests were cut off because the server stops");
        abandoned.cancel();
        tracker.wait().await;
    }
}

/// The next connection; none when the server stops.
async fn next(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
    shutdown: &CancellationToken,
) -> Option<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let accepted = async {
        let slot = slots.clone().acquire_owned().await.ok()?;
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => return Some((stream, peer, slot)),
                // The client was gone already.
                Err(e) if is_of_client(&e) => {}
                Err(error) => {
                    tracing::error!(%error, "a connection cannot be accepted");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    };
    tokio::select! {
        () = shutdown.cancelled() => None,
        accepted = accepted => accepted,
    }
}

fn is_of_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

async fn converse(
    stream: TcpStream,
    peer: SocketAddr,
    app: Router,
    shutdown: &CancellationToken,
    limits: Limits,
) {
    // Keystrokes and their echo are small; waiting for more to send would make them late.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection keeps small packets back");
    }
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        app.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_time)
        .max_buf_size(limits.header_bytes)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = shutdown.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, %peer, "a connection ended early");
    }
}

#[cfg(test)]
mod tests {
    use axum::{extract::ConnectInfo, routing::get};
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        time::Instant,
    };

    use super::*;

    const LIMITS: Limits = Limits {
        connections: 2,
        header_time: Duration::from_millis(400),
        header_bytes: 8 * 1024,
        drain: Duration::from_millis(300),
    };
    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";

    /// A server that tells each client its address; the task ends with the token.
    async fn start() -> (SocketAddr, CancellationToken, tokio::task::JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (addr, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
        let slow = get(async || sleep(Duration::from_secs(60)).await);
        let app = Router::new()
            .route("/", get(async |ConnectInfo(peer): ConnectInfo<SocketAddr>| peer.to_string()))
            .route("/slow", slow);
        (addr, stop.clone(), tokio::spawn(serve(listener, app, stop, LIMITS)))
    }

    /// All that comes until the server closes, and how long that took.
    async fn rest(stream: &mut TcpStream) -> (String, Duration) {
        let (began, mut bytes) = (Instant::now(), Vec::new());
        let read = timeout(Duration::from_secs(10), stream.read_to_end(&mut bytes)).await;
        // A reset is a close as well.
        read.expect("the connection stays open").ok();
        (String::from_utf8_lossy(&bytes).into_owned(), began.elapsed())
    }

    #[tokio::test]
    async fn a_client_that_dawdles_or_idles_is_let_go() {
        let (addr, _stop, _task) = start().await;
        let mut dawdler = TcpStream::connect(addr).await.unwrap();
        dawdler.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ").await.unwrap();
        let (_, after) = rest(&mut dawdler).await;
        assert!(after < Duration::from_secs(5), "{after:?}");

        let mut idler = TcpStream::connect(addr).await.unwrap();
        idler.write_all(REQUEST).await.unwrap();
        let (answer, after) = rest(&mut idler).await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("127.0.0.1:"), "{answer}");
        assert!(after < Duration::from_secs(5), "{after:?}");
    }

    #[tokio::test]
    async fn headers_are_bounded() {
        let (addr, _stop, _task) = start().await;
        let mut client = TcpStream::connect(addr).await.unwrap();
        let long = format!("GET / HTTP/1.1\r\nHost: x\r\nX-Long: {}\r\n\r\n", "x".repeat(20_000));
        // The answer may come before all is sent.
        client.write_all(long.as_bytes()).await.ok();
        let (answer, _) = rest(&mut client).await;
        assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    }

    #[tokio::test]
    async fn connections_over_the_limit_wait_for_their_turn() {
        let (addr, _stop, _task) = start().await;
        let held = [TcpStream::connect(addr).await.unwrap(), TcpStream::connect(addr).await.unwrap()];
        let mut third = TcpStream::connect(addr).await.unwrap();
        third.write_all(REQUEST).await.unwrap();
        let early = timeout(Duration::from_millis(200), third.read_u8()).await;
        assert!(early.is_err(), "a third connection was served");
        drop(held);
        let (answer, _) = rest(&mut third).await;
        assert!(answer.starts_with("TTP/1.1 200") || answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    #[tokio::test]
    async fn a_request_without_end_does_not_keep_the_server_from_stopping() {
        let (addr, stop, task) = start().await;
        let mut client = TcpStream::connect(addr).await.unwrap();
        client.write_all(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        sleep(Duration::from_millis(100)).await;
        let began = Instant::now();
        stop.cancel();
        timeout(Duration::from_secs(5), task).await.expect("the server does not stop").unwrap();
        assert!(began.elapsed() >= LIMITS.drain, "the request was cut off at once");
    }
}
