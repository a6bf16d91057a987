//! A control connection: requests in, answers and events out.
//!
//! Requests that may take long run beside each other. Events are read from the spool as fast as the server takes them.

use std::{sync::Arc, time::Duration};

use autocode_tmux::TmuxServer;
use futures::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use tokio::{
    net::UnixStream,
    sync::{Semaphore, mpsc},
    time::timeout,
};
use tokio_util::{codec::Framed, sync::CancellationToken, task::TaskTracker};
use tracing::{debug, info, warn};

use crate::{
    changes,
    error::RunnerError,
    frame::{Frame, FrameCodec},
    instances::Instances,
    keeper::StopReason,
    protocol::{Answer, Isolation, Request, RequestFrame, ServerBound, VERSION},
    serve::Exit,
    spool::Spool,
    undo::{self, Change},
    viewers::Viewers,
};

/// Answers that may wait to be written.
const ANSWERS: usize = 32;
/// Requests that may run at the same time.
const REQUESTS: usize = 64;
/// How long the server may not read before the connection is given up; it connects again and goes on from the spool.
const WRITE_LIMIT: Duration = Duration::from_secs(30);

type Wire = Framed<UnixStream, FrameCodec>;

/// What requests work on.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) instances: Instances,
    pub(crate) spool: Arc<Spool>,
    pub(crate) tmux: TmuxServer,
    pub(crate) viewers: Viewers,
    pub(crate) isolation: Isolation,
    pub(crate) exit: Exit,
    /// Requests and connections under way.
    pub(crate) tracker: TaskTracker,
}

enum Outgoing {
    Message(ServerBound),
    /// From now on, events after this number.
    EventsAfter(u64),
    /// Nothing follows: the runner ends once this is written.
    Last(ServerBound),
}

/// Serves one connection until either side ends it.
pub(crate) async fn serve(shared: Arc<Shared>, wire: Wire, version: u32, cancel: CancellationToken) {
    let (sink, stream) = wire.split();
    let (answers, outgoing) = mpsc::channel(ANSWERS);
    let welcome = ServerBound::Welcome { version: VERSION, isolation: shared.isolation.clone() };
    // An empty queue has room for the first message.
    if answers.try_send(Outgoing::Message(welcome)).is_err() {
        return;
    }
    let read = async {
        if version == VERSION {
            read(&shared, stream, answers).await;
        } else {
            warn!(version, "a server of another version connected");
            drop(answers);
            // The writer ends by itself when the greeting is written.
            std::future::pending::<()>().await;
        }
    };
    let ended = tokio::select! {
        () = cancel.cancelled() => "it was ended",
        () = read => "the server closed it",
        () = write(&shared, sink, outgoing) => "nothing can be written to it",
    };
    debug!("a control connection ended: {ended}");
}

async fn read(shared: &Arc<Shared>, mut stream: SplitStream<Wire>, answers: mpsc::Sender<Outgoing>) {
    let slots = Arc::new(Semaphore::new(REQUESTS));
    loop {
        let json = match stream.next().await {
            Some(Ok(Frame::Json(json))) => json,
            Some(Ok(Frame::Bytes(_))) => return warn!("raw bytes on a control connection"),
            Some(Err(error)) => return warn!(%error, "a control connection broke"),
            None => return,
        };
        let RequestFrame { id, request } = match serde_json::from_slice(&json) {
            Ok(frame) => frame,
            Err(error) => return warn!(%error, "a request cannot be understood"),
        };
        // The quick ones keep their order; the others may take minutes.
        let quick = matches!(
            request,
            Request::Subscribe { .. }
                | Request::Acknowledge { .. }
                | Request::ListInstances
                | Request::Command { .. }
        );
        let Ok(slot) = slots.clone().acquire_owned().await else { return };
        let (task, answers) = (shared.clone(), answers.clone());
        let work = async move {
            let _slot = slot;
            answer(&task, id, request, &answers).await;
        };
        if quick {
            work.await;
        } else {
            shared.tracker.spawn(work);
        }
    }
}

async fn answer(shared: &Shared, id: u64, request: Request, answers: &mpsc::Sender<Outgoing>) {
    let follow = match &request {
        Request::Subscribe { after } => Some(*after),
        _ => None,
    };
    let last = matches!(request, Request::Shutdown);
    let answer = perform(shared, request).await.unwrap_or_else(|error| {
        info!(%error, "a request failed");
        Answer::Failed { message: error.to_string() }
    });
    let message = ServerBound::Answer { id, answer };
    if last {
        answers.send(Outgoing::Last(message)).await.ok();
        // The writer leaves when the answer is out; without a connection there is nobody to wait for.
        timeout(Duration::from_secs(1), shared.exit.token().cancelled()).await.ok();
        return shared.exit.leave(0);
    }
    // If this fails the connection is gone, and with it whoever asked.
    answers.send(Outgoing::Message(message)).await.ok();
    if let Some(after) = follow {
        answers.send(Outgoing::EventsAfter(after)).await.ok();
    }
}

async fn perform(shared: &Shared, request: Request) -> Result<Answer, RunnerError> {
    let instances = &shared.instances;
    match request {
        Request::Subscribe { after } => {
            shared.spool.advance(after);
            shared.spool.acknowledge(after).map_err(RunnerError::file("the spool"))?;
            return Ok(Answer::Subscribed { last: (*shared.spool.watch().borrow()).max(after) });
        }
        Request::Acknowledge { seq } => {
            shared.spool.acknowledge(seq).map_err(RunnerError::file("the spool"))?;
        }
        Request::StartInstance(start) => return Ok(Answer::Started { pid: instances.start(*start).await? }),
        Request::StopInstance { instance_id, end_session } => {
            instances.stop(instance_id, end_session.as_deref()).await?;
        }
        Request::Command { instance_id, command } => instances.command(instance_id, command)?,
        Request::ListInstances => return Ok(Answer::Instances { instance_ids: instances.list() }),
        Request::Undo { folder, session, plan, to_step } => {
            let change = Change::Undo { plan, to_step };
            return undo::change(instances, &folder, &session, change).await;
        }
        Request::Redo { folder, session, plan, undo_id } => {
            let change = Change::Redo { plan, undo_id };
            return undo::change(instances, &folder, &session, change).await;
        }
        Request::ListUndos { folder } => return undo::list(instances, &folder).await,
        Request::Changes { folder, commit } => {
            return changes::list(instances, &folder, commit.as_deref()).await;
        }
        Request::RemoveProject { folder, session } => instances.remove_project(&folder, &session).await?,
        Request::Shutdown => {
            instances.stop_all(StopReason::Asked).await;
            shared.tmux.kill_server().await?;
            instances.end_strays().await;
        }
    }
    Ok(Answer::Done)
}

async fn write(shared: &Shared, mut sink: SplitSink<Wire, Frame>, mut outgoing: mpsc::Receiver<Outgoing>) {
    let mut newest = shared.spool.watch();
    let mut cursor = None;
    loop {
        let result = tokio::select! {
            biased;
            message = outgoing.recv() => match message {
                None => return,
                Some(Outgoing::Message(message)) => send(&mut sink, [message]).await,
                Some(Outgoing::EventsAfter(after)) => {
                    cursor = Some(after);
                    newest.mark_changed();
                    Ok(())
                }
                Some(Outgoing::Last(message)) => {
                    if let Err(error) = send(&mut sink, [message]).await {
                        debug!(%error, "the last answer was not taken");
                    }
                    return shared.exit.leave(0);
                }
            },
            changed = newest.changed(), if cursor.is_some() => {
                if changed.is_err() {
                    return;
                }
                match shared.spool.after(cursor.unwrap_or_default()) {
                    Err(error) => Err(error),
                    Ok(events) => {
                        if let Some(last) = events.last() {
                            cursor = Some(last.seq);
                            // There may be more than one batch.
                            newest.mark_changed();
                        }
                        send(&mut sink, events.into_iter().map(ServerBound::Event)).await
                    }
                }
            }
        };
        if let Err(error) = result {
            return debug!(%error, "a control connection cannot be served");
        }
    }
}

async fn send(
    sink: &mut SplitSink<Wire, Frame>,
    messages: impl IntoIterator<Item = ServerBound>,
) -> std::io::Result<()> {
    let all = async {
        for message in messages {
            sink.feed(Frame::json(&message)?).await?;
        }
        sink.flush().await
    };
    timeout(WRITE_LIMIT, all).await?
}
