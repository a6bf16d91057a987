//! A terminal connection: one viewer attached to a tmux session through a pseudo-terminal of its own.
//!
//! Nothing is buffered beyond one read: a viewer that does not keep up makes tmux redraw less, and nothing grows.

use std::{sync::Arc, time::Duration};

use autocode_tmux::{SessionName, TmuxServer};
use bytes::BytesMut;
use futures::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use pty_process::{OwnedReadPty, OwnedWritePty, Size};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
    process::Child,
    sync::Semaphore,
    time::timeout,
};
use tokio_util::{codec::Framed, sync::CancellationToken};
use tracing::{debug, warn};

use crate::{
    frame::{Frame, FrameCodec},
    protocol::TerminalControl,
    viewers::{Viewer, Viewers},
};

/// Most terminals at once.
const TERMINALS: usize = 16;
/// Bytes read from the pseudo-terminal at once.
const CHUNK: usize = 16 * 1024;
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

impl Default for Terminals {
    fn default() -> Self {
        Self { slots: Arc::new(Semaphore::new(TERMINALS)), viewers: Viewers::default() }
    }
}

type Wire = Framed<UnixStream, FrameCodec>;

/// Serves one viewer until the session, the connection or the runner ends.
pub(crate) async fn serve(
    tmux: TmuxServer,
    mut wire: Wire,
    session: String,
    (cols, rows): (u16, u16),
    terminals: Terminals,
    cancel: CancellationToken,
) {
    let size = (cols.clamp(2, 1000), rows.clamp(2, 1000));
    let reason = match terminals.slots.try_acquire() {
        Err(_) => "Too many terminals are open.".to_owned(),
        Ok(_slot) => match attach(&tmux, &session, size).await {
            Err(reason) => reason,
            Ok((name, child, pty)) => {
                let viewer = terminals.viewers.open(name, size);
                return serve_attached(&tmux, &viewer, child, pty, wire, cancel).await;
            }
        },
    };
    send_closed(&mut wire, reason).await;
}

async fn attach(
    tmux: &TmuxServer,
    session: &str,
    (cols, rows): (u16, u16),
) -> Result<(SessionName, Child, pty_process::Pty), String> {
    let none = || "There is no terminal session yet.".to_owned();
    let name: SessionName = session.parse().map_err(|_| none())?;
    if !tmux.has_session(&name).await.map_err(|error| error.to_string())? {
        return Err(none());
    }
    let failed = |error: pty_process::Error| format!("The terminal could not be opened: {error}");
    let (pty, pts) = pty_process::open().map_err(failed)?;
    pty.resize(Size::new(rows, cols)).map_err(failed)?;
    let attach = tmux.attach_command(&name);
    let command = pty_process::Command::new(attach.program)
        .args(attach.args)
        .env_clear()
        .envs(attach.env)
        .current_dir("/")
        .kill_on_drop(true);
    let child = command.spawn(pts).map_err(failed)?;
    Ok((name, child, pty))
}

async fn serve_attached(
    tmux: &TmuxServer,
    viewer: &Viewer,
    mut child: Child,
    pty: pty_process::Pty,
    wire: Wire,
    cancel: CancellationToken,
) {
    let (mut sink, mut stream) = wire.split();
    let (mut output, mut input) = pty.into_split();
    let ended = tokio::select! {
        () = cancel.cancelled() => Some("The runner was ended.".to_owned()),
        reason = pump_output(&mut output, &mut sink) => reason,
        reason = pump_input(&mut stream, &mut input, viewer) => reason,
        () = viewer.keep_size(tmux, child.id()) => None,
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
async fn pump_output(output: &mut OwnedReadPty, sink: &mut SplitSink<Wire, Frame>) -> Option<String> {
    let opened = Frame::json(&TerminalControl::Opened).ok()?;
    sink.send(opened).await.ok()?;
    let mut buffer = BytesMut::new();
    loop {
        buffer.reserve(CHUNK);
        match (&mut *output).take(CHUNK as u64).read_buf(&mut buffer).await {
            // Linux reports an error when the last process has closed the other side.
            Ok(0) | Err(_) => return Some("The terminal session has ended.".to_owned()),
            Ok(_) => sink.send(Frame::Bytes(buffer.split().freeze())).await.ok()?,
        }
    }
}

async fn pump_input(
    stream: &mut SplitStream<Wire>,
    input: &mut OwnedWritePty,
    viewer: &Viewer,
) -> Option<String> {
    while let Some(frame) = stream.next().await {
        let result = match frame {
            Ok(Frame::Bytes(keys)) => {
                viewer.typed();
                input.write_all(&keys).await
            }
            Ok(Frame::Json(json)) => match serde_json::from_slice(&json) {
                Ok(TerminalControl::Resize { cols, rows }) => {
                    let (cols, rows) = (cols.clamp(2, 1000), rows.clamp(2, 1000));
                    viewer.resized((cols, rows));
                    input.resize(Size::new(rows, cols)).map_err(std::io::Error::other)
                }
                _ => return Some("The viewer sent something that is not understood.".to_owned()),
            },
            Err(error) => {
                debug!(%error, "a terminal connection broke");
                return None;
            }
        };
        if result.is_err() {
            return Some("The terminal session has ended.".to_owned());
        }
    }
    None
}

async fn send_closed(sink: &mut (impl futures::Sink<Frame, Error = std::io::Error> + Unpin), reason: String) {
    let farewell = async { sink.send(Frame::json(&TerminalControl::Closed { reason })?).await };
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
