//! `/dashboard` and `/decisions`: a user's things at a glance.

use app::{
    backend::SharedBackend,
    model::{Dashboard, LogEntry, LogId},
};
use axum::{Router, extract::State, routing::get};
use serde::Deserialize;

use super::{Problem, extract::Query};
use crate::{auth::AuthUser, state::AppState};

#[derive(Deserialize)]
struct After {
    /// The last line that the client has.
    after: Option<LogId>,
}

pub(super) fn router() -> Router<AppState> {
    Router::new().route("/dashboard", get(dashboard)).route("/decisions", get(decisions))
}

async fn dashboard(
    user: AuthUser,
    State(backend): State<SharedBackend>,
) -> Result<axum::Json<Dashboard>, Problem> {
    Ok(axum::Json(backend.dashboard(user.viewer()).await?))
}

async fn decisions(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Query(from): Query<After>,
) -> Result<axum::Json<Vec<LogEntry>>, Problem> {
    Ok(axum::Json(backend.decisions(user.viewer(), from.after).await?))
}
