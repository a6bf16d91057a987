//! `/invites`, `/audit` and `/isolation`, for admins.

use app::{
    backend::SharedBackend,
    model::{AccountLink, AuditEntry, AuditQuery, IsolationReport, LinkId, NewLink},
};
use axum::extract::State;
use http::StatusCode;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Problem,
    document::tag,
    extract::{Path, Query},
};
use crate::{auth::AdminUser, state::AppState};

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(links, invite))
        .routes(routes!(remove))
        .routes(routes!(audit))
        .routes(routes!(isolation))
}

/// Invitations and reset links that are open, newest first.
#[utoipa::path(
    get,
    path = "/invites",
    tag = tag::ADMINISTRATION,
    operation_id = "list_invites",
    responses((status = 200, body = Vec<AccountLink>))
)]
async fn links(
    admin: AdminUser,
    State(backend): State<SharedBackend>,
) -> Result<axum::Json<Vec<AccountLink>>, Problem> {
    Ok(axum::Json(backend.links(admin.viewer()).await?))
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
) -> Result<(StatusCode, axum::Json<NewLink>), Problem> {
    let link = backend.create_invite(admin.viewer()).await?;
    Ok((StatusCode::CREATED, axum::Json(link)))
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
) -> Result<axum::Json<Vec<AuditEntry>>, Problem> {
    Ok(axum::Json(backend.audit(admin.viewer(), query).await?))
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
