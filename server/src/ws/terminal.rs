//! `/ws/project/{id}/terminal`: a viewer's attachment to the project's tmux session, through the user's runner.
//!
//! Binary frames are bytes both ways; text frames are [`TerminalRequest`]s and [`TerminalNotice`]s. Each direction waits
//! for the other end to take what it sends, so neither a flood of output nor of input piles up here.

use std::time::Duration;

use app::model::{Project, ProjectId, Scope, TERMINAL_BEAT_MS, TerminalNotice, TerminalRequest};
use axum::{
    extract::{Path, Query, State, WebSocketUpgrade, ws::Message},
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use futures::StreamExt as _;
use serde::Deserialize;
use tokio::sync::mpsc;

use super::{CHECK, End, Incoming, Outgoing, bounded, close, own_project, send, typing::Typing};
use crate::{
    auth::AuthUser,
    rest::Problem,
    runner_link::{LinkError, Output, TerminalReader, TerminalWriter, View, open_terminal},
    state::AppState,
};

/// How long a browser may take to say its size.
const SIZE_LIMIT: Duration = Duration::from_secs(10);
/// Size of a viewer that says none.
const DEFAULT_SIZE: (u16, u16) = (120, 40);

/// What a viewer wants.
#[derive(Debug, Deserialize)]
pub struct Wish {
    /// Instead of what happens now: what was shown until now, up to so many lines above the screen, and then the end.
    history: Option<u32>,
}

/// Upgrades to the terminal of one of the viewer's projects.
pub async fn handle(
    State(state): State<AppState>,
    user: AuthUser,
    Path(id): Path<ProjectId>,
    Query(wish): Query<Wish>,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Problem> {
    let project = own_project(&state, &user, id).await?;
    user.require(Scope::Write)?;
    Ok(bounded(upgrade)
        .on_upgrade(async move |socket| {
            let _open = state.metrics.socket("terminal");
            let (mut outgoing, mut incoming) = socket.split();
            let end = match attach(&state, &user, &project, &wish, &mut outgoing, &mut incoming).await {
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
    wish: &Wish,
    out: &mut Outgoing,
    incoming: &mut Incoming,
) -> Result<End, End> {
    let (view, early_keys) = match wish.history {
        Some(lines) => (View::History(lines), None),
        None => {
            // The size comes first, so that the first picture fits.
            let size = tokio::time::timeout(SIZE_LIMIT, first_size(incoming)).await;
            let ((cols, rows), early_keys) = size.unwrap_or(Ok((DEFAULT_SIZE, None)))?;
            (View::Live(cols, rows), early_keys)
        }
    };
    let socket = state.config.user_run_dir(&user.viewer().username).join("runner.sock");
    let link = match open_terminal(&socket, &project.tmux_session, view).await {
        Ok(link) => link,
        Err(error) => {
            let reason = match error {
                LinkError::Refused(reason) => reason,
                _ => "No agent runs, so there is no terminal.".to_owned(),
            };
            notice(out, &TerminalNotice::Closed { reason }).await?;
            return Ok(End::Gone);
        }
    };
    notice(out, &TerminalNotice::Opened).await?;
    let (reader, mut writer) = (link.reader, link.writer);
    let (mut typing, refusals) = Typing::new(state, user, project.id);
    if let Some(keys) = early_keys
        && typing.is_open().await?
    {
        writer.keys(keys).await.map_err(|e| End::Failed(e.to_string()))?;
    }
    tokio::select! {
        end = output(reader, refusals, out) => end,
        end = input(incoming, &mut writer, &mut typing) => end,
        end = session_end(state, user) => Err(end),
    }
}

async fn notice(out: &mut Outgoing, notice: &TerminalNotice) -> Result<(), End> {
    send(out, Message::Text(serde_json::to_string(notice)?.into())).await
}

/// What a text frame asks, its numbers within bounds; unknown ones are for newer servers.
fn request(text: &str) -> Option<TerminalRequest> {
    match serde_json::from_str(text).ok()? {
        TerminalRequest::Resize { cols, rows } => {
            Some(TerminalRequest::Resize { cols: cols.clamp(2, 1000), rows: rows.clamp(2, 1000) })
        }
        other => Some(other),
    }
}

/// The first size, and keys that a plain client sent without saying one.
async fn first_size(incoming: &mut Incoming) -> Result<((u16, u16), Option<Bytes>), End> {
    loop {
        match incoming.next().await {
            Some(Ok(Message::Text(text))) => {
                if let Some(TerminalRequest::Resize { cols, rows }) = request(&text) {
                    return Ok(((cols, rows), None));
                }
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(Message::Binary(keys))) => return Ok((DEFAULT_SIZE, Some(keys))),
            None | Some(Err(_) | Ok(Message::Close(_))) => return Err(End::Gone),
        }
    }
}

async fn output(
    mut reader: TerminalReader,
    mut refusals: mpsc::Receiver<()>,
    out: &mut Outgoing,
) -> Result<End, End> {
    let beat = Duration::from_millis(TERMINAL_BEAT_MS.into());
    loop {
        let news = tokio::select! {
            Some(()) = refusals.recv() => {
                notice(out, &TerminalNotice::PasswordWanted).await?;
                continue;
            }
            news = tokio::time::timeout(beat, reader.next()) => news,
        };
        match news {
            Ok(Ok(Output::Bytes(bytes))) => send(out, Message::Binary(bytes)).await?,
            Ok(Ok(Output::Notice(news))) => {
                notice(out, &news).await?;
                if matches!(news, TerminalNotice::Closed { .. }) {
                    return Ok(End::Gone);
                }
            }
            Ok(Err(_)) => {
                notice(out, &TerminalNotice::Closed { reason: "The runner is gone.".to_owned() }).await?;
                return Ok(End::Gone);
            }
            Err(_) => notice(out, &TerminalNotice::Alive).await?,
        }
    }
}

async fn input(
    incoming: &mut Incoming,
    writer: &mut TerminalWriter,
    typing: &mut Typing<'_>,
) -> Result<End, End> {
    loop {
        let sent = match incoming.next().await {
            Some(Ok(Message::Binary(bytes))) => match typing.is_open().await? {
                true => writer.keys(bytes).await,
                false => Ok(()),
            },
            Some(Ok(Message::Text(text))) => match request(&text) {
                // Who stops the agent, or lets it go on, does as much as one who types.
                Some(request @ (TerminalRequest::TakeOver | TerminalRequest::GiveBack)) => {
                    match typing.is_open().await? {
                        true => writer.request(&request).await,
                        false => Ok(()),
                    }
                }
                Some(request) => writer.request(&request).await,
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
