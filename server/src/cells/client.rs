//! The server's end of the socket to the root process that started it.

use std::{
    collections::HashMap,
    io,
    os::{fd::AsFd as _, unix::net::UnixStream as StdStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures::{
    SinkExt as _, StreamExt as _,
    stream::{SplitSink, SplitStream},
};
use tokio::{
    net::UnixStream,
    sync::{Mutex as AsyncMutex, oneshot},
    time::timeout,
};
use tokio_util::{
    codec::{Framed, LinesCodec},
    sync::CancellationToken,
};
use tracing::warn;

use super::protocol::{FromRoot, MAX_REPLY, Order, OrderLine, Reply};
use crate::config::Config;

/// How long an order may take: handing over a large folder is the longest.
const ORDER_LIMIT: Duration = Duration::from_secs(60);

type Wire = Framed<UnixStream, LinesCodec>;

/// Sends orders to root; clones share it.
#[derive(Clone)]
pub struct Launcher(Arc<Inner>);

struct Inner {
    sink: AsyncMutex<SplitSink<Wire, String>>,
    pending: Mutex<HashMap<u64, oneshot::Sender<Reply>>>,
    next_id: AtomicU64,
}

/// Why root did not do it.
#[derive(Debug, thiserror::Error)]
pub enum LauncherError {
    /// The socket broke.
    #[error("the root process cannot be reached: {0}")]
    Io(String),
    /// It took too long.
    #[error("the root process did not answer within {ORDER_LIMIT:?}")]
    Timeout,
    /// It says why.
    #[error("{0}")]
    Failed(String),
    /// The answer fits no order.
    #[error("the root process answered {0:?}")]
    Unexpected(Box<Reply>),
}

/// A connected launcher, what to serve, and the stream of what root says.
pub struct Connected {
    /// Sends orders.
    pub launcher: Launcher,
    /// What to serve.
    pub config: Config,
    replies: SplitStream<Wire>,
}

impl Launcher {
    /// Takes over standard input, which root has made a socket, and reads what to serve.
    ///
    /// # Errors
    /// If standard input is no such socket.
    pub async fn from_stdin() -> io::Result<Connected> {
        let stream = StdStream::from(io::stdin().as_fd().try_clone_to_owned()?);
        stream.set_nonblocking(true)?;
        let codec = LinesCodec::new_with_max_length(MAX_REPLY);
        let (sink, mut replies) = Framed::new(UnixStream::from_std(stream)?, codec).split();
        let first = replies.next().await.ok_or(io::ErrorKind::UnexpectedEof)?.map_err(io::Error::other)?;
        let FromRoot::Config(config) = serde_json::from_str(&first)? else {
            return Err(io::ErrorKind::InvalidData.into());
        };
        let inner =
            Inner { sink: AsyncMutex::new(sink), pending: Mutex::default(), next_id: AtomicU64::default() };
        Ok(Connected { launcher: Self(Arc::new(inner)), config: *config, replies })
    }

    /// Gives an order and waits for what comes of it.
    ///
    /// # Errors
    /// [`LauncherError`].
    pub async fn order(&self, order: Order) -> Result<Reply, LauncherError> {
        let io = |error: &dyn std::fmt::Display| LauncherError::Io(error.to_string());
        let id = self.0.next_id.fetch_add(1, Ordering::Relaxed);
        let line = serde_json::to_string(&OrderLine { id, order }).map_err(|e| io(&e))?;
        let (sender, receiver) = oneshot::channel();
        self.0.pending.lock().unwrap_or_else(PoisonError::into_inner).insert(id, sender);
        let exchange = async {
            self.0.sink.lock().await.send(line).await.map_err(|e| io(&e))?;
            receiver.await.map_err(|e| io(&e))
        };
        let reply = timeout(ORDER_LIMIT, exchange).await;
        self.0.pending.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        match reply.map_err(|_| LauncherError::Timeout)?? {
            Reply::Failed { message } => Err(LauncherError::Failed(message)),
            reply => Ok(reply),
        }
    }
}

impl Connected {
    /// Hands replies to whoever waits for them; cancels `shutdown` when root wants an end in order, and returns when root
    /// is gone.
    pub async fn attend(mut self, shutdown: CancellationToken) {
        while let Some(Ok(line)) = self.replies.next().await {
            match serde_json::from_str(&line) {
                Ok(FromRoot::Reply { id, reply }) => {
                    let waiting =
                        self.launcher.0.pending.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
                    // Nobody waits any more when the order timed out.
                    if let Some(waiting) = waiting {
                        waiting.send(reply).ok();
                    }
                }
                Ok(FromRoot::Stop) => shutdown.cancel(),
                Ok(FromRoot::Config(_)) => warn!("the root process sent a second configuration"),
                Err(error) => warn!(%error, "the root process said something unintelligible"),
            }
        }
    }
}
