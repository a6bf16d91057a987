//! `/projects`: one project, its runs, logs and cost.

use app::{
    backend::SharedBackend,
    model::{
        Diagnosis, LogEntry, LogQuery, Project, ProjectDraft, ProjectId, RedoDraft, StartAnswer, Undo,
        UndoDraft, UsageSummary,
    },
};
use axum::{
    Router,
    extract::State,
    routing::{get, post},
};
use http::StatusCode;
use serde::Deserialize;

use super::{
    Problem,
    extract::{Json, Path, Query},
};
use crate::{auth::AuthUser, state::AppState};

type Accepted = Result<(StatusCode, axum::Json<StartAnswer>), Problem>;

#[derive(Deserialize)]
struct AnswerBody {
    text: String,
}

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/projects/{id}", get(show).put(update).delete(remove))
        .route("/projects/{id}/start", post(start))
        .route("/projects/{id}/pause", post(pause))
        .route("/projects/{id}/stop", post(stop))
        .route("/projects/{id}/restart", post(restart))
        .route("/projects/{id}/answer", post(answer))
        .route("/projects/{id}/undo", post(undo))
        .route("/projects/{id}/redo", post(redo))
        .route("/projects/{id}/undos", get(undos))
        .route("/projects/{id}/diagnosis", get(diagnosis))
        .route("/projects/{id}/logs", get(logs))
        .route("/projects/{id}/usage", get(usage))
}

async fn show(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<ProjectId>,
) -> Result<axum::Json<Project>, Problem> {
    Ok(axum::Json(backend.project(user.viewer(), id).await?))
}

async fn update(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<ProjectId>,
    Json(draft): Json<ProjectDraft>,
) -> Result<axum::Json<Project>, Problem> {
    Ok(axum::Json(backend.update_project(user.viewer(), id, draft).await?))
}

async fn remove(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<ProjectId>,
) -> Result<StatusCode, Problem> {
    backend.delete_project(user.viewer(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn start(user: AuthUser, State(backend): State<SharedBackend>, Path(id): Path<ProjectId>) -> Accepted {
    Ok((StatusCode::ACCEPTED, axum::Json(backend.start(user.viewer(), id).await?)))
}

async fn pause(user: AuthUser, State(backend): State<SharedBackend>, Path(id): Path<ProjectId>) -> Accepted {
    Ok((StatusCode::ACCEPTED, axum::Json(backend.pause(user.viewer(), id).await?)))
}

async fn stop(user: AuthUser, State(backend): State<SharedBackend>, Path(id): Path<ProjectId>) -> Accepted {
    Ok((StatusCode::ACCEPTED, axum::Json(backend.stop(user.viewer(), id).await?)))
}

async fn restart(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<ProjectId>,
) -> Accepted {
    Ok((StatusCode::ACCEPTED, axum::Json(backend.restart(user.viewer(), id).await?)))
}

async fn answer(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<ProjectId>,
    Json(body): Json<AnswerBody>,
) -> Result<StatusCode, Problem> {
    backend.answer(user.viewer(), id, body.text).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn undo(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<ProjectId>,
    Json(draft): Json<UndoDraft>,
) -> Result<axum::Json<Project>, Problem> {
    Ok(axum::Json(backend.undo(user.viewer(), id, draft).await?))
}

async fn redo(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<ProjectId>,
    Json(draft): Json<RedoDraft>,
) -> Result<axum::Json<Project>, Problem> {
    Ok(axum::Json(backend.redo(user.viewer(), id, draft.undo_id).await?))
}

async fn undos(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<ProjectId>,
) -> Result<axum::Json<Vec<Undo>>, Problem> {
    Ok(axum::Json(backend.undos(user.viewer(), id).await?))
}

async fn diagnosis(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<ProjectId>,
) -> Result<axum::Json<Option<Diagnosis>>, Problem> {
    Ok(axum::Json(backend.diagnosis(user.viewer(), id).await?))
}

async fn logs(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<ProjectId>,
    Query(query): Query<LogQuery>,
) -> Result<axum::Json<Vec<LogEntry>>, Problem> {
    Ok(axum::Json(backend.logs(user.viewer(), id, query).await?))
}

async fn usage(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<ProjectId>,
) -> Result<axum::Json<UsageSummary>, Problem> {
    Ok(axum::Json(backend.usage(user.viewer(), id).await?))
}
