//! `/projects`: one project, its runs, logs and cost.

use app::{
    backend::SharedBackend,
    model::{
        Diagnosis, LogEntry, LogQuery, Project, ProjectDraft, ProjectId, RedoDraft, StartAnswer, Undo,
        UndoDraft, UsageSummary,
    },
};
use axum::{
    extract::{OriginalUri, State},
    response::Response,
};
use http::StatusCode;
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Problem,
    conditional::{IfMatch, IfNoneMatch, Tagged},
    document::{self, tag},
    extract::{Json, Path, Query},
    paging::{PageParams, PageRequest, part_of_log},
};
use crate::{auth::AuthUser, state::AppState};

/// Lines in a part of a log, unless another number is asked for.
const LOG_LINES: u32 = 200;

type Accepted = Result<(StatusCode, axum::Json<StartAnswer>), Problem>;

#[derive(Deserialize, utoipa::ToSchema)]
struct AnswerBody {
    text: String,
}

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(show, update, remove))
        .routes(routes!(start))
        .routes(routes!(pause))
        .routes(routes!(stop))
        .routes(routes!(restart))
        .routes(routes!(answer))
        .routes(routes!(undo))
        .routes(routes!(redo))
        .routes(routes!(undos))
        .routes(routes!(diagnosis))
        .routes(routes!(logs))
        .routes(routes!(usage))
}

/// One of your projects.
#[utoipa::path(
    get,
    path = "/projects/{id}",
    tag = tag::PROJECTS,
    operation_id = "show_project",
    params(document::IfNoneMatch),
    responses((status = 200, body = Project))
)]
async fn show(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<ProjectId>,
    seen: IfNoneMatch,
) -> Result<Response, Problem> {
    seen.answer(backend.project(user.viewer(), id).await?)
}

/// Replaces what you wrote of a project and, if given, the unfinished part of its plan.
#[utoipa::path(
    put,
    path = "/projects/{id}",
    tag = tag::PROJECTS,
    operation_id = "update_project",
    params(document::IfMatch),
    request_body = ProjectDraft,
    responses((status = 200, body = Project))
)]
async fn update(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<ProjectId>,
    IfMatch(expected): IfMatch,
    Json(draft): Json<ProjectDraft>,
) -> Result<Tagged<Project>, Problem> {
    Ok(Tagged(backend.update_project(user.viewer(), id, draft, expected).await?))
}

/// Stops a project and removes it with its workspace.
#[utoipa::path(
    delete,
    path = "/projects/{id}",
    tag = tag::PROJECTS,
    operation_id = "delete_project",
    params(document::IfMatch),
    responses((status = 204), (status = 409))
)]
async fn remove(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<ProjectId>,
    IfMatch(expected): IfMatch,
) -> Result<StatusCode, Problem> {
    backend.delete_project(user.viewer(), id, expected).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Starts or resumes work; a conflict when it is running already.
#[utoipa::path(
    post,
    path = "/projects/{id}/start",
    tag = tag::PROJECTS,
    operation_id = "start_project",
    responses((status = 202, body = StartAnswer), (status = 409))
)]
async fn start(user: AuthUser, State(backend): State<SharedBackend>, Path(id): Path<ProjectId>) -> Accepted {
    Ok((StatusCode::ACCEPTED, axum::Json(backend.start(user.viewer(), id).await?)))
}

/// Ends the instance and leaves its terminal session as it is; a conflict when it does not run.
#[utoipa::path(
    post,
    path = "/projects/{id}/pause",
    tag = tag::PROJECTS,
    operation_id = "pause_project",
    responses((status = 202, body = StartAnswer), (status = 409))
)]
async fn pause(user: AuthUser, State(backend): State<SharedBackend>, Path(id): Path<ProjectId>) -> Accepted {
    Ok((StatusCode::ACCEPTED, axum::Json(backend.pause(user.viewer(), id).await?)))
}

/// Ends the instance and its terminal session; a conflict when it never ran.
#[utoipa::path(
    post,
    path = "/projects/{id}/stop",
    tag = tag::PROJECTS,
    operation_id = "stop_project",
    responses((status = 202, body = StartAnswer), (status = 409))
)]
async fn stop(user: AuthUser, State(backend): State<SharedBackend>, Path(id): Path<ProjectId>) -> Accepted {
    Ok((StatusCode::ACCEPTED, axum::Json(backend.stop(user.viewer(), id).await?)))
}

/// Stops and starts again at the step that was under way.
#[utoipa::path(
    post,
    path = "/projects/{id}/restart",
    tag = tag::PROJECTS,
    operation_id = "restart_project",
    responses((status = 202, body = StartAnswer), (status = 409))
)]
async fn restart(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<ProjectId>,
) -> Accepted {
    Ok((StatusCode::ACCEPTED, axum::Json(backend.restart(user.viewer(), id).await?)))
}

/// Answers the open question; a conflict when there is none.
#[utoipa::path(
    post,
    path = "/projects/{id}/answer",
    tag = tag::PROJECTS,
    operation_id = "answer_question",
    request_body = AnswerBody,
    responses((status = 204), (status = 409))
)]
async fn answer(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<ProjectId>,
    Json(body): Json<AnswerBody>,
) -> Result<StatusCode, Problem> {
    backend.answer(user.viewer(), id, body.text).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes files and plan back to where they were after a step; a conflict while it is running.
#[utoipa::path(
    post,
    path = "/projects/{id}/undo",
    tag = tag::PROJECTS,
    request_body = UndoDraft,
    responses((status = 200, body = Project), (status = 409))
)]
async fn undo(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<ProjectId>,
    Json(draft): Json<UndoDraft>,
) -> Result<axum::Json<Project>, Problem> {
    Ok(axum::Json(backend.undo(user.viewer(), id, draft).await?))
}

/// Brings back what an undo took away; a conflict while it is running.
#[utoipa::path(
    post,
    path = "/projects/{id}/redo",
    tag = tag::PROJECTS,
    request_body = RedoDraft,
    responses((status = 200, body = Project), (status = 409))
)]
async fn redo(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<ProjectId>,
    Json(draft): Json<RedoDraft>,
) -> Result<axum::Json<Project>, Problem> {
    Ok(axum::Json(backend.redo(user.viewer(), id, draft.undo_id).await?))
}

/// The ways back that were taken, newest first.
#[utoipa::path(
    get,
    path = "/projects/{id}/undos",
    tag = tag::PROJECTS,
    operation_id = "list_undos",
    params(PageParams),
    responses((status = 200, body = Vec<Undo>))
)]
async fn undos(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<ProjectId>,
    part: PageRequest,
) -> Result<Response, Problem> {
    let undos = backend.undos(user.viewer(), id, part.page()).await?;
    Ok(part.answer(undos, |undo| undo.id))
}

/// What the control loop saw last; `null` before the first run.
#[utoipa::path(
    get,
    path = "/projects/{id}/diagnosis",
    tag = tag::PROJECTS,
    responses((status = 200, body = Option<Diagnosis>))
)]
async fn diagnosis(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<ProjectId>,
) -> Result<axum::Json<Option<Diagnosis>>, Problem> {
    Ok(axum::Json(backend.diagnosis(user.viewer(), id).await?))
}

/// Log lines, oldest first; with neither `after` nor `before`, the newest ones.
#[utoipa::path(
    get,
    path = "/projects/{id}/logs",
    tag = tag::PROJECTS,
    operation_id = "list_logs",
    params(LogQuery),
    responses((status = 200, body = Vec<LogEntry>))
)]
async fn logs(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<ProjectId>,
    Query(query): Query<LogQuery>,
    OriginalUri(uri): OriginalUri,
) -> Result<Response, Problem> {
    let lines = backend.logs(user.viewer(), id, query.clone()).await?;
    Ok(part_of_log(&uri, lines, query.limit.unwrap_or(LOG_LINES), query.after.is_some()))
}

/// Tokens and cost so far.
#[utoipa::path(
    get,
    path = "/projects/{id}/usage",
    tag = tag::PROJECTS,
    operation_id = "project_usage",
    responses((status = 200, body = UsageSummary))
)]
async fn usage(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<ProjectId>,
) -> Result<axum::Json<UsageSummary>, Problem> {
    Ok(axum::Json(backend.usage(user.viewer(), id).await?))
}
