//! WebSockets: live events of a page, a project's log, a project's terminal.
//!
//! Each only authenticates, checks whose project it is, and passes on; each ends within seconds of its session.

mod live;
mod logs;
mod terminal;
mod typing;

use std::time::Duration;

use app::{
    error::AppError,
    model::{LogEntry, LogId, LogQuery, Project, ProjectId, Viewer},
};
use axum::{
    Router,
    extract::ws::{Message, WebSocket, close_code},
    routing::get,
};
use futures::{Sink, SinkExt};
use tracing::debug;

use crate::{auth::AuthUser, state::AppState};

/// How often an open socket checks that its session still exists, and keeps proxies from closing it.
const CHECK: Duration = Duration::from_secs(4);
/// How long a viewer may take to accept one message before the socket is closed.
const SEND_LIMIT: Duration = Duration::from_secs(30);
/// Log lines read from the database at a time.
const PAGE: u32 = 500;
/// Longest message taken from a viewer.
const MAX_MESSAGE: usize = 256 * 1024;

/// All WebSocket routes.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/ws/live", get(live::handle))
        .route("/ws/project/{id}/logs", get(logs::handle))
        .route("/ws/project/{id}/terminal", get(terminal::handle))
}

/// Why a socket is closed; the browser sees it as code and reason.
enum End {
    /// The viewer went away.
    Gone,
    /// The session ended.
    SignedOut,
    /// The server stops.
    ServerStops,
    /// Something failed; reconnecting may help.
    Failed(String),
}

impl From<AppError> for End {
    fn from(error: AppError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<serde_json::Error> for End {
    fn from(error: serde_json::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Says goodbye in the protocol's words, if anybody still listens.
async fn close(state: &AppState, socket: &mut (impl Sink<Message, Error = axum::Error> + Unpin), end: End) {
    let (code, reason) = match end {
        End::Gone => return,
        End::SignedOut => (close_code::POLICY, "Sign in again.".to_owned()),
        End::ServerStops => (close_code::RESTART, "The server stops.".to_owned()),
        // What fails while the server stops fails because it stops: the database is closed, for one.
        End::Failed(_) if state.shutdown.is_cancelled() => {
            (close_code::RESTART, "The server stops.".to_owned())
        }
        End::Failed(why) => (close_code::ERROR, why),
    };
    // A close frame has room for 123 bytes of reason.
    let reason = reason.chars().take(40).collect::<String>();
    let frame = axum::extract::ws::CloseFrame { code, reason: reason.into() };
    if let Err(error) = send(socket, Message::Close(Some(frame))).await.map_err(|_| "gone") {
        debug!(error, "a viewer did not wait for the goodbye");
    }
}

/// Sends one message, giving up on a viewer that does not take it.
async fn send(
    socket: &mut (impl Sink<Message, Error = axum::Error> + Unpin),
    message: Message,
) -> Result<(), End> {
    match tokio::time::timeout(SEND_LIMIT, socket.send(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(End::Gone),
    }
}

/// Ends when the viewer goes, the session is gone, or the server stops; what a viewer sends meanwhile is ignored.
async fn until_over(
    state: &AppState,
    user: &AuthUser,
    incoming: &mut (impl futures::Stream<Item = Result<Message, axum::Error>> + Unpin),
) -> End {
    use futures::StreamExt as _;
    let mut check = tokio::time::interval(CHECK);
    loop {
        tokio::select! {
            () = state.shutdown.cancelled() => return End::ServerStops,
            message = incoming.next() => match message {
                None | Some(Err(_) | Ok(Message::Close(_))) => return End::Gone,
                Some(Ok(_)) => {}
            },
            _ = check.tick() => match state.auth.is_alive(user).await {
                Ok(true) => {}
                Ok(false) => return End::SignedOut,
                Err(error) => return error.into(),
            },
        }
    }
}

/// Sends a project's log after `last`, page by page, with `wrap` around each line; returns the last line's id.
async fn send_logs(
    state: &AppState,
    viewer: &Viewer,
    project: ProjectId,
    mut last: LogId,
    socket: &mut (impl Sink<Message, Error = axum::Error> + Unpin),
    wrap: impl Fn(LogEntry) -> Result<String, serde_json::Error>,
) -> Result<LogId, End> {
    loop {
        let query = LogQuery { after: Some(last), limit: Some(PAGE), ..LogQuery::default() };
        let lines = state.backend.logs(viewer, project, query).await?;
        let full = lines.len() >= PAGE as usize;
        for line in lines {
            last = line.id;
            send(socket, Message::Text(wrap(line)?.into())).await?;
        }
        if !full {
            return Ok(last);
        }
    }
}

/// The viewer's own project; another's does not exist.
async fn own_project(state: &AppState, user: &AuthUser, id: ProjectId) -> Result<Project, AppError> {
    state.backend.project(user.viewer(), id).await
}

/// Configures a socket's bounds before it is upgraded.
fn bounded(upgrade: axum::extract::WebSocketUpgrade) -> axum::extract::WebSocketUpgrade {
    upgrade.max_message_size(MAX_MESSAGE).max_frame_size(MAX_MESSAGE)
}

/// Type of the socket's reading half, as handlers split it.
type Incoming = futures::stream::SplitStream<WebSocket>;
/// Type of the socket's writing half.
type Outgoing = futures::stream::SplitSink<WebSocket, Message>;
