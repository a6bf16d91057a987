//! `/agents`, and the projects of one.

use app::{
    backend::SharedBackend,
    model::{Agent, AgentDraft, AgentId, Instance, Project, ProjectDraft},
};
use axum::{extract::State, response::Response};
use http::StatusCode;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Problem,
    conditional::{IfMatch, IfNoneMatch, Tagged},
    document::{self, tag},
    extract::{Json, Path},
    paging::{PageParams, PageRequest},
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
    params(PageParams),
    responses((status = 200, body = Vec<Agent>))
)]
async fn list(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    part: PageRequest,
) -> Result<Response, Problem> {
    let agents = backend.agents(user.viewer(), part.page()).await?;
    Ok(part.answer(agents, |agent| agent.id))
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
) -> Result<(StatusCode, Tagged<Agent>), Problem> {
    let agent = backend.create_agent(user.viewer(), draft).await?;
    Ok((StatusCode::CREATED, Tagged(agent)))
}

/// One of your agents.
#[utoipa::path(
    get,
    path = "/agents/{id}",
    tag = tag::AGENTS,
    operation_id = "show_agent",
    params(document::IfNoneMatch),
    responses((status = 200, body = Agent))
)]
async fn show(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<AgentId>,
    seen: IfNoneMatch,
) -> Result<Response, Problem> {
    seen.answer(backend.agent(user.viewer(), id).await?)
}

/// Replaces what you wrote of an agent.
#[utoipa::path(
    put,
    path = "/agents/{id}",
    tag = tag::AGENTS,
    operation_id = "update_agent",
    params(document::IfMatch),
    request_body = AgentDraft,
    responses((status = 200, body = Agent), (status = 409))
)]
async fn update(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<AgentId>,
    IfMatch(expected): IfMatch,
    Json(draft): Json<AgentDraft>,
) -> Result<Tagged<Agent>, Problem> {
    Ok(Tagged(backend.update_agent(user.viewer(), id, draft, expected).await?))
}

/// Deletes an agent; a conflict while it has projects.
#[utoipa::path(
    delete,
    path = "/agents/{id}",
    tag = tag::AGENTS,
    operation_id = "delete_agent",
    params(document::IfMatch),
    responses((status = 204), (status = 409))
)]
async fn remove(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<AgentId>,
    IfMatch(expected): IfMatch,
) -> Result<StatusCode, Problem> {
    backend.delete_agent(user.viewer(), id, expected).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Its instances, newest first.
#[utoipa::path(
    get,
    path = "/agents/{id}/instances",
    tag = tag::AGENTS,
    operation_id = "list_instances",
    params(PageParams),
    responses((status = 200, body = Vec<Instance>))
)]
async fn instances(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<AgentId>,
    part: PageRequest,
) -> Result<Response, Problem> {
    let instances = backend.instances(user.viewer(), id, part.page()).await?;
    Ok(part.answer(instances, |instance| instance.id))
}

/// Its projects, most recently changed first.
#[utoipa::path(
    get,
    path = "/agents/{id}/projects",
    tag = tag::AGENTS,
    operation_id = "list_projects",
    params(PageParams),
    responses((status = 200, body = Vec<Project>))
)]
async fn projects(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<AgentId>,
    part: PageRequest,
) -> Result<Response, Problem> {
    let projects = backend.projects(user.viewer(), id, part.page()).await?;
    Ok(part.answer(projects, |project| project.id))
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
) -> Result<(StatusCode, Tagged<Project>), Problem> {
    let project = backend.create_project(user.viewer(), id, draft).await?;
    Ok((StatusCode::CREATED, Tagged(project)))
}
