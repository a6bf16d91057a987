//! The long texts of a project: read with an `ETag`, replaced only by somebody who has seen what is there.

use app::{
    backend::SharedBackend,
    model::{ProjectId, ProjectText, TextKind, TextSave},
};
use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{CONTENT_TYPE, ETAG, IF_MATCH},
};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Problem,
    document::tag,
    extract::{Json, Path},
};
use crate::{auth::AuthUser, state::AppState};

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(description, put_description))
        .routes(routes!(architecture, put_architecture))
}

#[derive(Deserialize, utoipa::ToSchema)]
struct TextBody {
    text: String,
}

/// A refusal that carries the text that is there instead.
#[derive(Serialize, utoipa::ToSchema)]
struct Outdated {
    #[serde(flatten)]
    problem: Problem,
    current: ProjectText,
}

fn with_tag(text: ProjectText, answer: Response) -> Response {
    let mut answer = answer;
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", text.version)) {
        answer.headers_mut().insert(ETAG, tag);
    }
    answer
}

async fn read(
    user: AuthUser,
    backend: SharedBackend,
    id: ProjectId,
    kind: TextKind,
) -> Result<Response, Problem> {
    let text = backend.project_text(user.viewer(), id, kind).await?;
    Ok(with_tag(text.clone(), axum::Json(text).into_response()))
}

async fn write(
    user: AuthUser,
    backend: SharedBackend,
    id: ProjectId,
    kind: TextKind,
    headers: &HeaderMap,
    body: TextBody,
) -> Result<Response, Problem> {
    // Another user's project is not there, whatever else is wrong.
    backend.project(user.viewer(), id).await?;
    let tag = headers.get(IF_MATCH).and_then(|tag| tag.to_str().ok()).ok_or_else(|| {
        let why = "Say which text you replace: send its ETag as If-Match.";
        Problem::new(StatusCode::PRECONDITION_REQUIRED, why)
    })?;
    let new = ProjectText { text: body.text, version: tag.trim().trim_matches('"').to_owned() };
    match backend.save_project_text(user.viewer(), id, kind, new).await? {
        TextSave::Saved(text) => Ok(with_tag(text.clone(), axum::Json(text).into_response())),
        TextSave::Conflict(current) => {
            let status = StatusCode::PRECONDITION_FAILED;
            let problem = Problem::new(status, "Somebody else changed the text meanwhile.");
            let body = axum::Json(Outdated { problem, current: current.clone() });
            let json = HeaderValue::from_static("application/problem+json");
            Ok(with_tag(current, (status, [(CONTENT_TYPE, json)], body).into_response()))
        }
    }
}

/// The goal, with its version as `ETag`.
#[utoipa::path(
    get,
    path = "/projects/{id}/description",
    tag = tag::PROJECTS,
    operation_id = "show_description",
    responses((status = 200, body = ProjectText, headers(("ETag" = String, description = "Version of the text."))))
)]
async fn description(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<ProjectId>,
) -> Result<Response, Problem> {
    read(user, backend, id, TextKind::Description).await
}

/// How it is to be built, with its version as `ETag`.
#[utoipa::path(
    get,
    path = "/projects/{id}/architecture",
    tag = tag::PROJECTS,
    operation_id = "show_architecture",
    responses((status = 200, body = ProjectText, headers(("ETag" = String, description = "Version of the text."))))
)]
async fn architecture(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<ProjectId>,
) -> Result<Response, Problem> {
    read(user, backend, id, TextKind::Architecture).await
}

/// Replaces the goal.
#[utoipa::path(
    put,
    path = "/projects/{id}/description",
    tag = tag::PROJECTS,
    params(("If-Match" = String, Header, description = "`ETag` of the text that is replaced.")),
    request_body = TextBody,
    responses(
        (status = 200, body = ProjectText, headers(("ETag" = String, description = "Version of the text."))),
        (status = 412, body = Outdated, content_type = "application/problem+json"),
        (status = 428)
    )
)]
async fn put_description(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<ProjectId>,
    headers: HeaderMap,
    Json(body): Json<TextBody>,
) -> Result<Response, Problem> {
    write(user, backend, id, TextKind::Description, &headers, body).await
}

/// Replaces how it is to be built.
#[utoipa::path(
    put,
    path = "/projects/{id}/architecture",
    tag = tag::PROJECTS,
    params(("If-Match" = String, Header, description = "`ETag` of the text that is replaced.")),
    request_body = TextBody,
    responses(
        (status = 200, body = ProjectText, headers(("ETag" = String, description = "Version of the text."))),
        (status = 412, body = Outdated, content_type = "application/problem+json"),
        (status = 428)
    )
)]
async fn put_architecture(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<ProjectId>,
    headers: HeaderMap,
    Json(body): Json<TextBody>,
) -> Result<Response, Problem> {
    write(user, backend, id, TextKind::Architecture, &headers, body).await
}
