//! `/ws/live`: everything a page shows that changes by itself, as [`LiveEvent`]s.
//!
//! The page gets the present state first, then what happens; one that lagged behind gets the present state again.

use app::model::{LiveEvent, LogId, ProjectId};
use axum::{
    extract::{Query, State, WebSocketUpgrade, ws::Message},
    response::{IntoResponse as _, Response},
};
use futures::StreamExt as _;
use serde::Deserialize;
use tokio::sync::broadcast::{Receiver, error::RecvError};

use super::{End, Outgoing, bounded, close, own_project, send, send_logs, until_over};
use crate::{auth::AuthUser, rest::Problem, state::AppState};

/// What a page wants to see.
#[derive(Debug, Deserialize)]
pub struct Wish {
    /// Also the log of this project.
    project: Option<ProjectId>,
    /// The last log line that the page has.
    after: Option<LogId>,
}

/// Upgrades to a stream of [`LiveEvent`]s as JSON text frames.
pub async fn handle(
    State(state): State<AppState>,
    user: AuthUser,
    Query(wish): Query<Wish>,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Problem> {
    if let Some(id) = wish.project {
        own_project(&state, &user, id).await?;
    }
    Ok(bounded(upgrade)
        .on_upgrade(async move |socket| {
            let (mut outgoing, mut incoming) = socket.split();
            let end = tokio::select! {
                end = until_over(&state, &user, &mut incoming) => end,
                Err(end) = stream(&state, &user, &wish, &mut outgoing) => end,
            };
            close(&state, &mut outgoing, end).await;
        })
        .into_response())
}

/// Streams until something fails.
async fn stream(state: &AppState, user: &AuthUser, wish: &Wish, out: &mut Outgoing) -> Result<(), End> {
    let mut last = wish.after.unwrap_or(LogId(0));
    let mut events = state.live.subscribe(user.viewer().id);
    loop {
        last = snapshot(state, user, wish, last, out).await?;
        follow(&mut events, wish, &mut last, out).await?;
        // Lagged: the present state replaces what was missed.
    }
}

/// All projects, for the sidebar too, and the log lines that the page has not got.
async fn snapshot(
    state: &AppState,
    user: &AuthUser,
    wish: &Wish,
    last: LogId,
    out: &mut Outgoing,
) -> Result<LogId, End> {
    for project in state.backend.dashboard(user.viewer()).await?.projects {
        let event = LiveEvent::Project { project: Box::new(project) };
        send(out, Message::Text(serde_json::to_string(&event)?.into())).await?;
    }
    let Some(id) = wish.project else { return Ok(last) };
    if let Some(diagnosis) = state.backend.diagnosis(user.viewer(), id).await? {
        let event = LiveEvent::Diagnosis { project: id, diagnosis: Box::new(diagnosis) };
        send(out, Message::Text(serde_json::to_string(&event)?.into())).await?;
    }
    let wrap = |entry| serde_json::to_string(&LiveEvent::Log { entry });
    send_logs(state, user.viewer(), id, last, out, wrap).await
}

/// Passes events on until the page has missed some.
async fn follow(
    events: &mut Receiver<LiveEvent>,
    wish: &Wish,
    last: &mut LogId,
    out: &mut Outgoing,
) -> Result<(), End> {
    loop {
        let event = match events.recv().await {
            Ok(event) => event,
            Err(RecvError::Lagged(_)) => return Ok(()),
            Err(RecvError::Closed) => return Err(End::ServerStops),
        };
        match &event {
            // Sent with the snapshot already, or of another project.
            LiveEvent::Log { entry } if entry.id <= *last || entry.project_id != wish.project => continue,
            LiveEvent::Log { entry } => *last = entry.id,
            LiveEvent::Diagnosis { project, .. } if wish.project != Some(*project) => continue,
            LiveEvent::Diagnosis { .. } | LiveEvent::Project { .. } | LiveEvent::ProjectDeleted { .. } => {}
        }
        send(out, Message::Text(serde_json::to_string(&event)?.into())).await?;
    }
}
