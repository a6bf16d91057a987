//! `/ws/project/{id}/logs`: one log entry as JSON per text frame; `?after={id}` resumes.

use app::model::{LiveEvent, LogId, ProjectId};
use axum::{
    extract::{Path, Query, State, WebSocketUpgrade, ws::Message},
    response::{IntoResponse as _, Response},
};
use futures::StreamExt as _;
use serde::Deserialize;
use tokio::sync::broadcast::error::RecvError;

use super::{End, Outgoing, bounded, close, own_project, send, send_logs, until_over};
use crate::{auth::AuthUser, live::Notice, rest::Problem, state::AppState};

/// From where on.
#[derive(Debug, Deserialize)]
pub struct From {
    /// The last line that the client has.
    after: Option<LogId>,
}

/// Upgrades to the log of one of the viewer's projects.
pub async fn handle(
    State(state): State<AppState>,
    user: AuthUser,
    Path(id): Path<ProjectId>,
    Query(from): Query<From>,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Problem> {
    own_project(&state, &user, id).await?;
    Ok(bounded(upgrade)
        .on_upgrade(async move |socket| {
            let _open = state.metrics.socket("logs");
            let (mut outgoing, mut incoming) = socket.split();
            let end = tokio::select! {
                end = until_over(&state, &user, &mut incoming) => end,
                Err(end) = stream(&state, &user, id, from.after.unwrap_or(LogId(0)), &mut outgoing) => end,
            };
            close(&state, &mut outgoing, end).await;
        })
        .into_response())
}

async fn stream(
    state: &AppState,
    user: &AuthUser,
    id: ProjectId,
    mut last: LogId,
    out: &mut Outgoing,
) -> Result<(), End> {
    let mut events = state.live.subscribe(user.viewer().id);
    loop {
        last = send_logs(state, user.viewer(), id, last, out, |line| serde_json::to_string(&line)).await?;
        loop {
            match events.recv().await {
                Ok(Notice::Event(LiveEvent::Log { entry }))
                    if entry.project_id == Some(id) && entry.id > last =>
                {
                    last = entry.id;
                    send(out, Message::Text(serde_json::to_string(&entry)?.into())).await?;
                }
                Ok(Notice::Event(LiveEvent::ProjectDeleted { id: gone })) if gone == id => {
                    return Err(End::Failed("The project was deleted.".to_owned()));
                }
                Ok(_) => {}
                // What was missed is in the database.
                Err(RecvError::Lagged(_)) => break,
                Err(RecvError::Closed) => return Err(End::ServerStops),
            }
        }
    }
}
