//! `/ws/project/{id}/terminal`: a viewer's attachment to the project's tmux session, through the user's runner.
//!
//! Binary frames are bytes both ways; text frames are JSON control. Each direction waits for the other end to take
//! what it sends, so neither a flood of output nor of input piles up here.

use std::time::Duration;

use app::model::{Project, ProjectId, Scope};
use axum::{
    extract::{Path, State, WebSocketUpgrade, ws::Message},
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use futures::StreamExt as _;
use serde::{Deserialize, Serialize};

use super::{CHECK, End, Incoming, Outgoing, bounded, close, own_project, send};
use crate::{
    auth::AuthUser,
    rest::Problem,
    runner_link::{LinkError, Output, TerminalReader, TerminalWriter, open_terminal},
    state::AppState,
};

/// How long a browser may take to say its size.
const SIZE_LIMIT: Duration = Duration::from_secs(10);
/// Size of a viewer that says none.
const DEFAULT_SIZE: (u16, u16) = (120, 40);

/// JSON text frames.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Control {
    /// From the viewer: its size.
    Resize { cols: u16, rows: u16 },
    /// To the viewer: the session is attached.
    Opened,
    /// To the viewer: there is no session (any more), and why.
    Closed { reason: String },
}

/// Upgrades to the terminal of one of the viewer's projects.
pub async fn handle(
    State(state): State<AppState>,
    user: AuthUser,
    Path(id): Path<ProjectId>,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Problem> {
    let project = own_project(&state, &user, id).await?;
    user.require(Scope::Write)?;
    Ok(bounded(upgrade)
        .on_upgrade(async move |socket| {
            let (mut outgoing, mut incoming) = socket.split();
            let end = match attach(&state, &user, &project, &mut outgoing, &mut incoming).await {
                Ok(end) | Err(end) => end,
            };
            close(&state, &mut outgoing, end).await;
        })
        .into_response())
}

async fn attach(
    state: &AppState,
    user: &AuthUser,
    project: &Project,
    out: &mut Outgoing,
    incoming: &mut Incoming,
) -> Result<End, End> {
    // The size comes first, so that the first picture fits.
    let size = tokio::time::timeout(SIZE_LIMIT, first_size(incoming)).await;
    let ((cols, rows), early_keys) = size.unwrap_or(Ok((DEFAULT_SIZE, None)))?;
    let socket = state.config.user_run_dir(&user.viewer().username).join("runner.sock");
    let link = match open_terminal(&socket, &project.tmux_session, cols, rows).await {
        Ok(link) => link,
        Err(error) => {
            let reason = match error {
                LinkError::Refused(reason) => reason,
                _ => "No agent runs, so there is no terminal.".to_owned(),
            };
            control(out, &Control::Closed { reason }).await?;
            return Ok(End::Gone);
        }
    };
    control(out, &Control::Opened).await?;
    let (reader, mut writer) = (link.reader, link.writer);
    if let Some(keys) = early_keys {
        writer.keys(keys).await.map_err(|e| End::Failed(e.to_string()))?;
    }
    tokio::select! {
        end = output(reader, out) => end,
        end = input(incoming, &mut writer) => end,
        end = session_end(state, user) => Err(end),
    }
}

async fn control(out: &mut Outgoing, control: &Control) -> Result<(), End> {
    send(out, Message::Text(serde_json::to_string(control)?.into())).await
}

fn size(text: &str) -> Option<(u16, u16)> {
    match serde_json::from_str(text) {
        Ok(Control::Resize { cols, rows }) => Some((cols.clamp(2, 1000), rows.clamp(2, 1000))),
        // Unknown control frames are for newer servers.
        _ => None,
    }
}

/// The first size, and keys that a plain client sent without saying one.
async fn first_size(incoming: &mut Incoming) -> Result<((u16, u16), Option<Bytes>), End> {
    loop {
        match incoming.next().await {
            Some(Ok(Message::Text(text))) => {
                if let Some(size) = size(&text) {
                    return Ok((size, None));
                }
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(Message::Binary(keys))) => return Ok((DEFAULT_SIZE, Some(keys))),
            None | Some(Err(_) | Ok(Message::Close(_))) => return Err(End::Gone),
        }
    }
}

async fn output(mut reader: TerminalReader, out: &mut Outgoing) -> Result<End, End> {
    loop {
        match reader.next().await {
            Ok(Output::Bytes(bytes)) => send(out, Message::Binary(bytes)).await?,
            Ok(Output::Closed(reason)) => {
                control(out, &Control::Closed { reason }).await?;
                return Ok(End::Gone);
            }
            Err(_) => {
                control(out, &Control::Closed { reason: "The runner is gone.".to_owned() }).await?;
                return Ok(End::Gone);
            }
        }
    }
}

async fn input(incoming: &mut Incoming, writer: &mut TerminalWriter) -> Result<End, End> {
    loop {
        let sent = match incoming.next().await {
            Some(Ok(Message::Binary(bytes))) => writer.keys(bytes).await,
            Some(Ok(Message::Text(text))) => match size(&text) {
                Some((cols, rows)) => writer.resize(cols, rows).await,
                None => Ok(()),
            },
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(()),
            None | Some(Err(_) | Ok(Message::Close(_))) => return Err(End::Gone),
        };
        sent.map_err(|e| End::Failed(e.to_string()))?;
    }
}

async fn session_end(state: &AppState, user: &AuthUser) -> End {
    let mut check = tokio::time::interval(CHECK);
    loop {
        tokio::select! {
            () = state.shutdown.cancelled() => return End::ServerStops,
            _ = check.tick() => match state.auth.is_alive(user).await {
                Ok(true) => {}
                Ok(false) => return End::SignedOut,
                Err(error) => return error.into(),
            },
        }
    }
}
