//! `/invites`, `/audit` and `/isolation`, for admins.

use app::{
    backend::SharedBackend,
    model::{AccountLink, AuditEntry, AuditQuery, IsolationAcceptance, IsolationReport, LinkId, NewLink},
};
use axum::{
    Router,
    extract::State,
    routing::{delete, get, post},
};
use http::StatusCode;

use super::{
    Problem,
    extract::{Json, Path, Query},
};
use crate::{auth::AdminUser, state::AppState};

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/invites", get(links).post(invite))
        .route("/invites/{id}", delete(remove))
        .route("/audit", get(audit))
        .route("/isolation", get(isolation))
        .route("/isolation/accept", post(accept_isolation))
}

/// Invitations and reset links that are open.
async fn links(
    admin: AdminUser,
    State(backend): State<SharedBackend>,
) -> Result<axum::Json<Vec<AccountLink>>, Problem> {
    Ok(axum::Json(backend.links(admin.viewer()).await?))
}

async fn invite(
    admin: AdminUser,
    State(backend): State<SharedBackend>,
) -> Result<(StatusCode, axum::Json<NewLink>), Problem> {
    let link = backend.create_invite(admin.viewer()).await?;
    Ok((StatusCode::CREATED, axum::Json(link)))
}

async fn remove(
    admin: AdminUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<LinkId>,
) -> Result<StatusCode, Problem> {
    backend.delete_link(admin.viewer(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn audit(
    admin: AdminUser,
    State(backend): State<SharedBackend>,
    Query(query): Query<AuditQuery>,
) -> Result<axum::Json<Vec<AuditEntry>>, Problem> {
    Ok(axum::Json(backend.audit(admin.viewer(), query).await?))
}

async fn isolation(
    admin: AdminUser,
    State(backend): State<SharedBackend>,
) -> Result<axum::Json<IsolationReport>, Problem> {
    Ok(axum::Json(backend.isolation(admin.viewer()).await?))
}

/// Lets agents start although the isolation has become weaker.
async fn accept_isolation(
    admin: AdminUser,
    State(backend): State<SharedBackend>,
    Json(body): Json<IsolationAcceptance>,
) -> Result<axum::Json<IsolationReport>, Problem> {
    Ok(axum::Json(backend.accept_isolation(admin.viewer(), body.level).await?))
}
