//! The control connection: numbered requests out, answers and events in.

use std::{
    collections::HashMap,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use autocode_runner::{
    frame::{Frame, FrameCodec},
    protocol::{Answer, Hello, Isolation, Request, RequestFrame, ServerBound, SpooledEvent, VERSION},
};
use futures::{SinkExt, StreamExt, stream::SplitStream};
use tokio::{
    net::UnixStream,
    sync::{mpsc, oneshot},
    time::timeout,
};
use tokio_util::{codec::Framed, sync::CancellationToken, task::TaskTracker};
use tracing::debug;

use super::{GREETING_LIMIT, LinkError, dial::dial};
use crate::metrics::Open;

/// Events that may wait for the database before reading from the runner pauses.
const EVENT_QUEUE: usize = 256;
/// Requests that may wait to be written.
const REQUEST_QUEUE: usize = 32;

type Pending = Arc<Mutex<HashMap<u64, oneshot::Sender<Answer>>>>;

/// An open control connection; its clones share it, and it ends with the last of them or with the runner.
#[derive(Clone)]
pub struct Link {
    requests: mpsc::Sender<RequestFrame>,
    pending: Pending,
    next_id: Arc<AtomicU64>,
    isolation: Isolation,
    _open: Option<Arc<Open>>,
}

/// Connects to the runner at `socket`; returns the link and the runner's events in their order.
///
/// The two tasks that serve the connection belong to `tracker` and end with `cancel`, with the runner, or when the
/// event receiver is dropped.
///
/// # Errors
/// [`LinkError`] if nothing listens there, or if it does not greet as a runner of this version does.
pub async fn connect(
    socket: &Path,
    tracker: &TaskTracker,
    cancel: &CancellationToken,
) -> Result<(Link, mpsc::Receiver<SpooledEvent>), LinkError> {
    let greeting = async {
        let mut framed = Framed::new(dial(socket).await?, FrameCodec::default());
        framed.send(Frame::json(&Hello::Control { version: VERSION })?).await?;
        match next_message(&mut framed).await? {
            ServerBound::Welcome { version: VERSION, isolation } => Ok((framed, isolation)),
            ServerBound::Welcome { version, .. } => Err(LinkError::Protocol(format!(
                "it speaks version {version} of the protocol, this server version {VERSION}; \
                 stop all agents with `autocode stop --all` and start again"
            ))),
            other => Err(LinkError::Protocol(format!("{other:?} instead of a greeting"))),
        }
    };
    let (framed, isolation) =
        timeout(GREETING_LIMIT, greeting).await.map_err(|_| LinkError::Timeout(GREETING_LIMIT))??;

    let (mut sink, stream) = framed.split();
    let (requests, mut outgoing) = mpsc::channel::<RequestFrame>(REQUEST_QUEUE);
    let (events, incoming) = mpsc::channel(EVENT_QUEUE);
    let pending = Pending::default();
    // Either half's end ends the other.
    let ended = cancel.child_token();

    let (token, done) = (ended.clone(), ended.clone().drop_guard());
    tracker.spawn(async move {
        let _done = done;
        loop {
            tokio::select! {
                () = token.cancelled() => break,
                request = outgoing.recv() => {
                    let Some(request) = request else { break };
                    let sent = match Frame::json(&request) {
                        Ok(frame) => sink.send(frame).await,
                        Err(e) => Err(e),
                    };
                    if let Err(error) = sent {
                        debug!(%error, "writing to a runner failed");
                        break;
                    }
                }
            }
        }
    });
    let answers = pending.clone();
    tracker.spawn(async move {
        let _done = ended.clone().drop_guard();
        tokio::select! {
            () = ended.cancelled() => {}
            result = read_messages(stream, &answers, &events) => {
                if let Err(error) = result {
                    debug!(%error, "reading from a runner ended");
                }
            }
        }
        // Whoever still waits learns that no answer will come.
        answers.lock().unwrap_or_else(PoisonError::into_inner).clear();
    });
    Ok((Link { requests, pending, next_id: Arc::default(), isolation, _open: None }, incoming))
}

async fn read_messages(
    mut stream: SplitStream<Framed<UnixStream, FrameCodec>>,
    pending: &Pending,
    events: &mpsc::Sender<SpooledEvent>,
) -> Result<(), LinkError> {
    loop {
        match next_message(&mut stream).await? {
            ServerBound::Event(event) => events.send(event).await.map_err(|_| LinkError::Closed)?,
            ServerBound::Answer { id, answer } => {
                let waiting = pending.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
                // Nobody waits any more when the request timed out.
                if let Some(waiting) = waiting {
                    waiting.send(answer).ok();
                }
            }
            ServerBound::Welcome { .. } => return Err(LinkError::Protocol("a second greeting".into())),
        }
    }
}

async fn next_message(
    stream: &mut (impl futures::Stream<Item = std::io::Result<Frame>> + Unpin),
) -> Result<ServerBound, LinkError> {
    match stream.next().await.ok_or(LinkError::Closed)?? {
        Frame::Json(json) => serde_json::from_slice(&json).map_err(|e| LinkError::Protocol(e.to_string())),
        Frame::Bytes(_) => Err(LinkError::Protocol("raw bytes on a control connection".into())),
    }
}

impl Link {
    /// The same link, counted as open until the last of its clones is gone.
    pub fn counted(mut self, open: Open) -> Self {
        self._open = Some(Arc::new(open));
        self
    }

    /// What the runner measured of its own isolation when it greeted.
    pub fn isolation(&self) -> &Isolation {
        &self.isolation
    }

    /// Asks the runner and waits for the answer, at most `limit`.
    ///
    /// # Errors
    /// [`LinkError`]; `Refused` carries the runner's own words.
    pub async fn ask(&self, request: Request, limit: Duration) -> Result<Answer, LinkError> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let (sender, answer) = oneshot::channel();
        self.pending.lock().unwrap_or_else(PoisonError::into_inner).insert(id, sender);
        let exchange = async {
            self.requests.send(RequestFrame { id, request }).await.map_err(|_| LinkError::Closed)?;
            answer.await.map_err(|_| LinkError::Closed)
        };
        let result = timeout(limit, exchange).await;
        self.pending.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        match result.map_err(|_| LinkError::Timeout(limit))?? {
            Answer::Failed { message } => Err(LinkError::Refused(message)),
            answer => Ok(answer),
        }
    }
}
