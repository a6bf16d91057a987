//! `/dashboard` and `/decisions`: a user's things at a glance.

use app::{
    backend::SharedBackend,
    model::{Dashboard, DecisionQuery, LogEntry},
};
use axum::{
    extract::{OriginalUri, State},
    response::Response,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Problem, document::tag, extract::Query, paging::part_of_log};
use crate::{auth::AuthUser, state::AppState};

/// Lines in a part, unless another number is asked for.
const DECISIONS: u32 = 20;

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

/// Why your agents did what they did: lines of level `agent_decision` of all projects, oldest first; with neither `after`
/// nor `before`, the newest ones.
#[utoipa::path(
    get,
    path = "/decisions",
    tag = tag::OVERVIEW,
    operation_id = "list_decisions",
    params(DecisionQuery),
    responses((status = 200, body = Vec<LogEntry>))
)]
async fn decisions(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Query(query): Query<DecisionQuery>,
    OriginalUri(uri): OriginalUri,
) -> Result<Response, Problem> {
    let lines = backend.decision_page(user.viewer(), query.clone()).await?;
    let limit = query.limit.unwrap_or(DECISIONS);
    Ok(part_of_log(&uri, lines, limit, query.after.is_some()))
}
