//! `/invites`, `/audit` and `/isolation`, for admins.

use app::{
    backend::SharedBackend,
    model::{AccountLink, AuditEntry, AuditQuery, IsolationAcceptance, IsolationReport, LinkId, NewLink},
};
use axum::{
    extract::{OriginalUri, State},
    response::Response,
};
use http::StatusCode;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Problem,
    document::tag,
    extract::{Json, Path, Query},
    idempotency::ShownOnce,
    paging::{PageParams, PageRequest, other_part, with_links},
};
use crate::{auth::AdminUser, state::AppState};

/// Events in a part, unless another number is asked for.
const EVENTS: u32 = 25;

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(links, invite))
        .routes(routes!(remove))
        .routes(routes!(audit))
        .routes(routes!(isolation))
        .routes(routes!(accept_isolation))
}

/// Invitations and reset links that are open, newest first.
#[utoipa::path(
    get,
    path = "/invites",
    tag = tag::ADMINISTRATION,
    operation_id = "list_invites",
    params(PageParams),
    responses((status = 200, body = Vec<AccountLink>))
)]
async fn links(
    admin: AdminUser,
    State(backend): State<SharedBackend>,
    part: PageRequest,
) -> Result<Response, Problem> {
    let links = backend.links(admin.viewer(), part.page()).await?;
    Ok(part.answer(links, |link| link.id))
}

/// Makes a link with which somebody creates an account; it is shown this once and good for 72 hours.
#[utoipa::path(
    post,
    path = "/invites",
    tag = tag::ADMINISTRATION,
    operation_id = "create_invite",
    responses((status = 201, body = NewLink), (status = 409))
)]
async fn invite(
    admin: AdminUser,
    State(backend): State<SharedBackend>,
) -> Result<(StatusCode, ShownOnce<NewLink>), Problem> {
    let link = backend.create_invite(admin.viewer()).await?;
    Ok((StatusCode::CREATED, ShownOnce(link)))
}

/// Makes a link void.
#[utoipa::path(
    delete,
    path = "/invites/{id}",
    tag = tag::ADMINISTRATION,
    operation_id = "delete_invite",
    responses((status = 204))
)]
async fn remove(
    admin: AdminUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<LinkId>,
) -> Result<StatusCode, Problem> {
    backend.delete_link(admin.viewer(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Security events, newest first.
#[utoipa::path(
    get,
    path = "/audit",
    tag = tag::ADMINISTRATION,
    params(AuditQuery),
    responses((status = 200, body = Vec<AuditEntry>))
)]
async fn audit(
    admin: AdminUser,
    State(backend): State<SharedBackend>,
    Query(query): Query<AuditQuery>,
    OriginalUri(uri): OriginalUri,
) -> Result<Response, Problem> {
    let events = backend.audit(admin.viewer(), query).await?;
    let full = events.len() == query.limit.unwrap_or(EVENTS) as usize;
    let next = events.last().filter(|_| full).map(|event| other_part(&uri, "before", event.id));
    Ok(with_links(events, [("next", next)]))
}

/// How well users are kept apart; measured again after a minute.
#[utoipa::path(
    get,
    path = "/isolation",
    tag = tag::ADMINISTRATION,
    responses((status = 200, body = IsolationReport))
)]
async fn isolation(
    admin: AdminUser,
    State(backend): State<SharedBackend>,
) -> Result<axum::Json<IsolationReport>, Problem> {
    Ok(axum::Json(backend.isolation(admin.viewer()).await?))
}

/// Lets agents start although the isolation has become weaker.
#[utoipa::path(
    post,
    path = "/isolation/accept",
    tag = tag::ADMINISTRATION,
    operation_id = "accept_isolation",
    request_body = IsolationAcceptance,
    responses((status = 200, body = IsolationReport), (status = 409))
)]
async fn accept_isolation(
    admin: AdminUser,
    State(backend): State<SharedBackend>,
    Json(body): Json<IsolationAcceptance>,
) -> Result<axum::Json<IsolationReport>, Problem> {
    Ok(axum::Json(backend.accept_isolation(admin.viewer(), body.level).await?))
}
