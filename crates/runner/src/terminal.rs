//! A terminal connection: one viewer attached to a tmux session through a pseudo-terminal of its own.
//!
//! Nothing is buffered beyond one read and what a viewer has not drawn yet: one that does not keep up makes tmux redraw
//! less, and nothing grows.

mod history;

use std::{sync::Arc, time::Duration};

use autocode_tmux::{SessionName, TmuxServer};
use bytes::BytesMut;
use futures::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use pty_process::{OwnedReadPty, OwnedWritePty, Pty};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
    process::Child,
    sync::{Semaphore, watch},
    time::timeout,
};
use tokio_util::{codec::Framed, sync::CancellationToken};
use tracing::{debug, warn};

use crate::{
    frame::{Frame, FrameCodec},
    protocol::{TerminalNotice, TerminalRequest},
    viewers::{Size, Viewer, Viewers},
};
pub(crate) use history::serve_history;

/// Most terminals at once.
const TERMINALS: usize = 16;
/// Bytes read from the pseudo-terminal at once.
const CHUNK: usize = 16 * 1024;
/// Bytes that a viewer who acknowledges may have before it: some screens full, drawn in a few milliseconds.
const WINDOW: u64 = 64 * 1024;
/// Bytes that the kernel may hold for a viewer that does not read.
const SOCKET_BUFFER: usize = 32 * 1024;
/// How long a viewer may take for the last frame.
const FAREWELL: Duration = Duration::from_secs(2);

/// What all terminals of a runner share.
#[derive(Clone, Debug)]
pub(crate) struct Terminals {
    slots: Arc<Semaphore>,
    viewers: Viewers,
}

impl Terminals {
    /// No terminal is open yet.
    pub(crate) fn new(viewers: Viewers) -> Self {
        Self { slots: Arc::new(Semaphore::new(TERMINALS)), viewers }
    }
}

type Wire = Framed<UnixStream, FrameCodec>;
type Out = SplitSink<Wire, Frame>;

fn clamped(cols: u16, rows: u16) -> Size {
    (cols.clamp(2, 1000), rows.clamp(2, 1000))
}

fn pty_size((cols, rows): Size) -> pty_process::Size {
    pty_process::Size::new(rows, cols)
}

/// Serves one viewer until the session, the connection or the runner ends.
pub(crate) async fn serve(
    tmux: TmuxServer,
    mut wire: Wire,
    session: String,
    (cols, rows): Size,
    terminals: Terminals,
    cancel: CancellationToken,
) {
    let reason = match terminals.slots.try_acquire() {
        Err(_) => "Too many terminals are open.".to_owned(),
        Ok(_slot) => match existing(&tmux, &session).await {
            Err(reason) => reason,
            Ok(name) => {
                let viewer = terminals.viewers.open(name.clone(), clamped(cols, rows));
                match attach(&tmux, &name, &viewer) {
                    Ok((child, pty)) => return serve_attached(&viewer, child, pty, wire, cancel).await,
                    Err(error) => format!("The terminal could not be opened: {error}"),
                }
            }
        },
    };
    send_closed(&mut wire, reason).await;
}

/// The session, if it exists; else why there is nothing to show.
async fn existing(tmux: &TmuxServer, session: &str) -> Result<SessionName, String> {
    let none = || "There is no terminal session yet.".to_owned();
    let name: SessionName = session.parse().map_err(|_| none())?;
    let exists = tmux.has_session(&name).await.map_err(|error| error.to_string())?;
    exists.then_some(name).ok_or_else(none)
}

fn attach(tmux: &TmuxServer, name: &SessionName, viewer: &Viewer) -> pty_process::Result<(Child, Pty)> {
    let (pty, pts) = pty_process::open()?;
    if let Some(size) = viewer.scene().borrow().size {
        pty.resize(pty_size(size))?;
    }
    let attach = tmux.attach_command(name);
    let command = pty_process::Command::new(attach.program)
        .args(attach.args)
        .env_clear()
        .envs(attach.env)
        .current_dir("/")
        .kill_on_drop(true);
    Ok((command.spawn(pts)?, pty))
}

async fn serve_attached(viewer: &Viewer, mut child: Child, pty: Pty, wire: Wire, cancel: CancellationToken) {
    let (mut sink, mut stream) = wire.split();
    let (mut output, mut input) = pty.into_split();
    let (drawn, acknowledged) = watch::channel(None);
    let ended = tokio::select! {
        () = cancel.cancelled() => Some("The runner was ended.".to_owned()),
        reason = pump_output(&mut output, &mut sink, viewer, acknowledged) => reason,
        reason = pump_input(&mut stream, &mut input, viewer, drawn) => reason,
    };
    // Ends the tmux client only; the session stays.
    if let Err(error) = child.kill().await {
        debug!(%error, "a tmux client was gone already");
    }
    if let Some(reason) = ended {
        send_closed(&mut sink, reason).await;
    }
}

/// Returns why the terminal ended, or nothing if the viewer is gone.
async fn pump_output(
    output: &mut OwnedReadPty,
    sink: &mut Out,
    viewer: &Viewer,
    mut acknowledged: watch::Receiver<Option<u64>>,
) -> Option<String> {
    sink.send(Frame::json(&TerminalNotice::Opened).ok()?).await.ok()?;
    let mut scene = viewer.scene();
    scene.mark_changed();
    let mut told = [None, None];
    let (mut buffer, mut sent) = (BytesMut::new(), 0_u64);
    loop {
        buffer.reserve(CHUNK);
        let drawn = *acknowledged.borrow_and_update();
        let full = drawn.is_some_and(|drawn| sent.saturating_sub(drawn) >= WINDOW);
        tokio::select! {
            // A new size is told before what is drawn at that size.
            biased;
            changed = scene.changed() => {
                changed.ok()?;
                let notices = viewer.notices(&scene.borrow_and_update());
                for (before, notice) in told.iter_mut().zip(notices) {
                    if let Some(notice) = notice.filter(|notice| before.as_ref() != Some(notice)) {
                        sink.send(Frame::json(&notice).ok()?).await.ok()?;
                        *before = Some(notice);
                    }
                }
            }
            changed = acknowledged.changed() => changed.ok()?,
            read = async { (&mut *output).take(CHUNK as u64).read_buf(&mut buffer).await }, if !full => match read {
                // Linux reports an error when the last process has closed the other side.
                Ok(0) | Err(_) => return Some("The terminal session has ended.".to_owned()),
                Ok(count) => {
                    sent += count as u64;
                    sink.send(Frame::Bytes(buffer.split().freeze())).await.ok()?;
                }
            },
        }
    }
}

/// Returns why the terminal ended, or nothing if the viewer is gone.
async fn pump_input(
    stream: &mut SplitStream<Wire>,
    input: &mut OwnedWritePty,
    viewer: &Viewer,
    drawn: watch::Sender<Option<u64>>,
) -> Option<String> {
    let ended = || Some("The terminal session has ended.".to_owned());
    let mut scene = viewer.scene();
    // It may have changed since the pseudo-terminal was made.
    scene.mark_changed();
    let mut size = None;
    loop {
        let frame = tokio::select! {
            frame = stream.next() => frame?,
            changed = scene.changed() => {
                changed.ok()?;
                let now = scene.borrow_and_update().size;
                if let Some(wanted) = now.filter(|_| now != size)
                    && input.resize(pty_size(wanted)).is_err()
                {
                    return ended();
                }
                size = now;
                continue;
            }
        };
        match frame {
            Ok(Frame::Bytes(keys)) => {
                viewer.acted();
                if input.write_all(&keys).await.is_err() {
                    return ended();
                }
            }
            Ok(Frame::Json(json)) => match serde_json::from_slice(&json) {
                Ok(TerminalRequest::Resize { cols, rows }) => viewer.resized(clamped(cols, rows)),
                Ok(TerminalRequest::Lead) => viewer.acted(),
                Ok(TerminalRequest::Acknowledge { bytes }) => {
                    drawn.send_replace(Some(bytes));
                }
                Ok(TerminalRequest::TakeOver) => viewer.take_over(),
                Ok(TerminalRequest::GiveBack) => viewer.give_back(),
                Err(_) => return Some("The viewer sent something that is not understood.".to_owned()),
            },
            Err(error) => {
                debug!(%error, "a terminal connection broke");
                return None;
            }
        }
    }
}

async fn send_closed(sink: &mut (impl futures::Sink<Frame, Error = std::io::Error> + Unpin), reason: String) {
    let farewell = async { sink.send(Frame::json(&TerminalNotice::Closed { reason })?).await };
    if !matches!(timeout(FAREWELL, farewell).await, Ok(Ok(()))) {
        debug!("a viewer was gone before its terminal was closed");
    }
}

/// Limits what the kernel buffers for a connection that turned out to be a terminal.
pub(crate) fn limit_buffer(stream: &UnixStream) {
    if let Err(error) = rustix::net::sockopt::set_socket_send_buffer_size(stream, SOCKET_BUFFER) {
        warn!(%error, "a terminal's buffer keeps its size");
    }
}
