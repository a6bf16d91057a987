//! `/dashboard` and `/decisions`: a user's things at a glance.

use app::{
    backend::SharedBackend,
    model::{Dashboard, LogEntry, LogId},
};
use axum::extract::State;
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Problem, document::tag, extract::Query};
use crate::{auth::AuthUser, state::AppState};

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct After {
    /// The last line that the client has.
    after: Option<LogId>,
}

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(dashboard)).routes(routes!(decisions))
}

/// Your agents, your projects and what today cost.
#[utoipa::path(
    get,
    path = "/dashboard",
    tag = tag::OVERVIEW,
    responses((status = 200, body = Dashboard))
)]
async fn dashboard(
    user: AuthUser,
    State(backend): State<SharedBackend>,
) -> Result<axum::Json<Dashboard>, Problem> {
    Ok(axum::Json(backend.dashboard(user.viewer()).await?))
}

/// Why your agents did what they did lately: the newest 20 lines of level `agent_decision`, oldest first.
#[utoipa::path(
    get,
    path = "/decisions",
    tag = tag::OVERVIEW,
    operation_id = "list_decisions",
    params(After),
    responses((status = 200, body = Vec<LogEntry>))
)]
async fn decisions(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Query(from): Query<After>,
) -> Result<axum::Json<Vec<LogEntry>>, Problem> {
    Ok(axum::Json(backend.decisions(user.viewer(), from.after).await?))
}
