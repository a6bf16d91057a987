//! Where `autocode hook` reports: a socket that only this run's CLI can use.
//!
//! Must not know what is decided. Every call is noted for the loop and answered at once, but for those that the policy
//! takes time for: their answer is awaited while the caller stays. A caller proves itself with a secret; connections, line
//! lengths and times are bounded.

use std::{io, os::unix::fs::PermissionsExt as _, path::Path, sync::Arc, time::Duration};

use futures::future::BoxFuture;
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{UnixListener, UnixStream},
    sync::{Semaphore, mpsc},
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::hook::{HookAnswer, HookRequest, MAX_LINE, deny};

/// Connections served at once.
const MAX_CONNECTIONS: usize = 32;
/// Time limit for a caller to say what it wants, and to take its answer.
const LIMIT: Duration = Duration::from_secs(5);

/// Decides what a hook call is answered; `None` answers nothing, at once. Must not block; the future is dropped when the
/// caller goes away.
pub type Policy = Arc<dyn Fn(&Value) -> Option<BoxFuture<'static, Value>> + Send + Sync>;

/// A listening hook socket; ends when its token is cancelled.
#[derive(Debug)]
pub struct HookServer {
    /// Payloads of genuine calls, in order of arrival.
    pub calls: mpsc::Receiver<Value>,
}

impl HookServer {
    /// Listens on a new socket at `path` (a stale one is replaced), mode 0600.
    ///
    /// # Errors
    /// The socket cannot be created.
    pub fn start(
        path: &Path,
        secret: String,
        policy: Policy,
        tracker: &TaskTracker,
        stop: CancellationToken,
    ) -> io::Result<Self> {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(path)?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
        let (sender, calls) = mpsc::channel(256);
        let shared =
            Arc::new(Shared { secret, policy, sender, slots: Arc::new(Semaphore::new(MAX_CONNECTIONS)) });
        let inner = tracker.clone();
        tracker.spawn(async move {
            loop {
                let accepted = tokio::select! {
                    () = stop.cancelled() => return,
                    accepted = listener.accept() => accepted,
                };
                match accepted {
                    Ok((stream, _)) => accept(stream, &shared, &inner, &stop),
                    Err(error) => {
                        tracing::error!(%error, "the hook socket does not accept");
                        tokio::time::sleep(Duration::from_millis(200)).await;
                    }
                }
            }
        });
        Ok(Self { calls })
    }
}

struct Shared {
    secret: String,
    policy: Policy,
    sender: mpsc::Sender<Value>,
    slots: Arc<Semaphore>,
}

fn accept(stream: UnixStream, shared: &Arc<Shared>, tracker: &TaskTracker, stop: &CancellationToken) {
    let Ok(slot) = shared.slots.clone().try_acquire_owned() else {
        tracing::warn!("too many hook calls at once; one is refused");
        return;
    };
    let (shared, stop) = (shared.clone(), stop.clone());
    tracker.spawn(async move {
        let served = tokio::select! {
            // The connection breaks: the caller looks for the nanobot that is started next, or gives up and denies.
            () = stop.cancelled() => return,
            served = serve(stream, &shared) => served,
        };
        if let Err(error) = served {
            tracing::warn!(%error, "a hook call failed");
        }
        drop(slot);
    });
}

async fn serve(stream: UnixStream, shared: &Shared) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = Vec::new();
    in_time((&mut stream).take(MAX_LINE as u64).read_until(b'\n', &mut line)).await?;
    let request: HookRequest = serde_json::from_slice(&line)?;
    if !same_secret(&request.secret, &shared.secret) {
        return Err(io::Error::other("wrong secret"));
    }
    let decision = (shared.policy)(&request.payload);
    // First noted, then answered: the CLI goes on only when its call is in the queue.
    if shared.sender.try_send(request.payload).is_err() {
        tracing::error!("a hook call is lost: too many wait; the CLI's status and record tell what it said");
    }
    let output = match decision {
        None => None,
        Some(decision) => tokio::select! {
            output = timeout(Duration::from_millis(request.limit_ms), decision) => {
                Some(output.unwrap_or_else(|_| deny("Nobody decided this in time, so it is not allowed.")))
            }
            () = gone(&mut stream) => return Ok(()),
        },
    };
    let mut answer = serde_json::to_vec(&HookAnswer { output })?;
    answer.push(b'\n');
    in_time(stream.get_mut().write_all(&answer)).await?;
    stream.get_mut().shutdown().await
}

async fn in_time<T>(work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    timeout(LIMIT, work).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

/// Returns when the caller has closed its end: its CLI was answered otherwise or has ended.
async fn gone(stream: &mut BufReader<UnixStream>) {
    let mut rest = [0u8; 64];
    // A caller says nothing after its line; whatever comes is as good as nothing.
    while matches!(stream.read(&mut rest).await, Ok(count) if count > 0) {}
}

/// Compares in a time that does not depend on where the texts differ.
fn same_secret(given: &str, secret: &str) -> bool {
    let (given, secret) = (given.as_bytes(), secret.as_bytes());
    given.len() == secret.len() && given.iter().zip(secret).fold(0u8, |all, (a, b)| all | (a ^ b)) == 0
}
