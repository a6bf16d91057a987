//! `/agents`, and the projects of one.

use app::{
    backend::SharedBackend,
    model::{Agent, AgentDraft, AgentId, Instance, Project, ProjectDraft},
};
use axum::extract::State;
use http::StatusCode;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Problem,
    document::tag,
    extract::{Json, Path},
};
use crate::{auth::AuthUser, state::AppState};

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, update, remove))
        .routes(routes!(instances))
        .routes(routes!(projects, create_project))
}

/// Your agents, oldest first.
#[utoipa::path(
    get,
    path = "/agents",
    tag = tag::AGENTS,
    operation_id = "list_agents",
    responses((status = 200, body = Vec<Agent>))
)]
async fn list(
    user: AuthUser,
    State(backend): State<SharedBackend>,
) -> Result<axum::Json<Vec<Agent>>, Problem> {
    Ok(axum::Json(backend.agents(user.viewer()).await?))
}

/// Creates an agent.
#[utoipa::path(
    post,
    path = "/agents",
    tag = tag::AGENTS,
    operation_id = "create_agent",
    request_body = AgentDraft,
    responses((status = 201, body = Agent), (status = 409))
)]
async fn create(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Json(draft): Json<AgentDraft>,
) -> Result<(StatusCode, axum::Json<Agent>), Problem> {
    let agent = backend.create_agent(user.viewer(), draft).await?;
    Ok((StatusCode::CREATED, axum::Json(agent)))
}

/// One of your agents.
#[utoipa::path(
    get,
    path = "/agents/{id}",
    tag = tag::AGENTS,
    operation_id = "show_agent",
    responses((status = 200, body = Agent))
)]
async fn show(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<AgentId>,
) -> Result<axum::Json<Agent>, Problem> {
    Ok(axum::Json(backend.agent(user.viewer(), id).await?))
}

/// Replaces what you wrote of an agent.
#[utoipa::path(
    put,
    path = "/agents/{id}",
    tag = tag::AGENTS,
    operation_id = "update_agent",
    request_body = AgentDraft,
    responses((status = 200, body = Agent), (status = 409))
)]
async fn update(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<AgentId>,
    Json(draft): Json<AgentDraft>,
) -> Result<axum::Json<Agent>, Problem> {
    Ok(axum::Json(backend.update_agent(user.viewer(), id, draft).await?))
}

/// Deletes an agent; a conflict while it has projects.
#[utoipa::path(
    delete,
    path = "/agents/{id}",
    tag = tag::AGENTS,
    operation_id = "delete_agent",
    responses((status = 204), (status = 409))
)]
async fn remove(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<AgentId>,
) -> Result<StatusCode, Problem> {
    backend.delete_agent(user.viewer(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Its instances, newest first.
#[utoipa::path(
    get,
    path = "/agents/{id}/instances",
    tag = tag::AGENTS,
    operation_id = "list_instances",
    responses((status = 200, body = Vec<Instance>))
)]
async fn instances(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<AgentId>,
) -> Result<axum::Json<Vec<Instance>>, Problem> {
    Ok(axum::Json(backend.instances(user.viewer(), id).await?))
}

/// Its projects, most recently changed first.
#[utoipa::path(
    get,
    path = "/agents/{id}/projects",
    tag = tag::AGENTS,
    operation_id = "list_projects",
    responses((status = 200, body = Vec<Project>))
)]
async fn projects(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<AgentId>,
) -> Result<axum::Json<Vec<Project>>, Problem> {
    Ok(axum::Json(backend.projects(user.viewer(), id).await?))
}

/// Creates a project with a folder name made from its name.
#[utoipa::path(
    post,
    path = "/agents/{id}/projects",
    tag = tag::AGENTS,
    request_body = ProjectDraft,
    responses((status = 201, body = Project), (status = 409))
)]
async fn create_project(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<AgentId>,
    Json(draft): Json<ProjectDraft>,
) -> Result<(StatusCode, axum::Json<Project>), Problem> {
    let project = backend.create_project(user.viewer(), id, draft).await?;
    Ok((StatusCode::CREATED, axum::Json(project)))
}
