//! `/agents`, and the projects of one.

use app::{
    backend::SharedBackend,
    model::{Agent, AgentDraft, AgentId, Instance, Project, ProjectDraft},
};
use axum::{Router, extract::State, routing::get};
use http::StatusCode;

use super::{
    Problem,
    extract::{Json, Path},
};
use crate::{auth::AuthUser, state::AppState};

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/agents", get(list).post(create))
        .route("/agents/{id}", get(show).put(update).delete(remove))
        .route("/agents/{id}/instances", get(instances))
        .route("/agents/{id}/projects", get(projects).post(create_project))
}

async fn list(
    user: AuthUser,
    State(backend): State<SharedBackend>,
) -> Result<axum::Json<Vec<Agent>>, Problem> {
    Ok(axum::Json(backend.agents(user.viewer()).await?))
}

async fn create(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Json(draft): Json<AgentDraft>,
) -> Result<(StatusCode, axum::Json<Agent>), Problem> {
    let agent = backend.create_agent(user.viewer(), draft).await?;
    Ok((StatusCode::CREATED, axum::Json(agent)))
}

async fn show(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<AgentId>,
) -> Result<axum::Json<Agent>, Problem> {
    Ok(axum::Json(backend.agent(user.viewer(), id).await?))
}

async fn update(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<AgentId>,
    Json(draft): Json<AgentDraft>,
) -> Result<axum::Json<Agent>, Problem> {
    Ok(axum::Json(backend.update_agent(user.viewer(), id, draft).await?))
}

async fn remove(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<AgentId>,
) -> Result<StatusCode, Problem> {
    backend.delete_agent(user.viewer(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn instances(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<AgentId>,
) -> Result<axum::Json<Vec<Instance>>, Problem> {
    Ok(axum::Json(backend.instances(user.viewer(), id).await?))
}

async fn projects(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<AgentId>,
) -> Result<axum::Json<Vec<Project>>, Problem> {
    Ok(axum::Json(backend.projects(user.viewer(), id).await?))
}

async fn create_project(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<AgentId>,
    Json(draft): Json<ProjectDraft>,
) -> Result<(StatusCode, axum::Json<Project>), Problem> {
    let project = backend.create_project(user.viewer(), id, draft).await?;
    Ok((StatusCode::CREATED, axum::Json(project)))
}
