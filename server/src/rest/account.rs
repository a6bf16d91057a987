//! A person's own account: `/sessions`, `/password`, `/notifications`; and `/invites/accept`, `/password-resets` for links.

use app::{
    backend::SharedBackend,
    error::AppError,
    model::{Credentials, Notifications, PasswordChange, Session, SessionId, User},
};
use axum::{extract::State, response::Response};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Problem,
    document::tag,
    extract::{Json, Path},
    paging::PageRequest,
};
use crate::{
    auth::{AuthUser, SessionUser},
    state::AppState,
};

/// Never logged, so without `Debug`.
#[derive(Deserialize, utoipa::ToSchema)]
struct Acceptance {
    token: String,
    username: String,
    password: String,
}

/// Never logged, so without `Debug`.
#[derive(Deserialize, utoipa::ToSchema)]
struct Reset {
    token: String,
    password: String,
}

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, end_others))
        .routes(routes!(end))
        .routes(routes!(change_password))
        .routes(routes!(notifications, set_notifications))
        .routes(routes!(accept))
        .routes(routes!(reset))
}

/// Your sign-ins, the one that asks first, then by last use.
#[utoipa::path(
    get,
    path = "/sessions",
    tag = tag::ACCOUNT,
    operation_id = "list_sessions",
    security(("bearer" = []), ("cookie" = [])),
    params(
        ("after" = Option<SessionId>, Query, description = "Id of the last item that you have."),
        ("limit" = Option<u32>, Query, description = "At most so many items, 1 to 200; 100 unless given.")
    ),
    responses((status = 200, body = Vec<Session>))
)]
async fn list(
    user: SessionUser,
    State(backend): State<SharedBackend>,
    part: PageRequest<SessionId>,
) -> Result<Response, Problem> {
    let sessions = backend.sessions(user.viewer(), part.page()).await?;
    Ok(part.answer(sessions, |session: &Session| session.id.clone()))
}

/// Ends all your sign-ins but the one that asks.
#[utoipa::path(
    delete,
    path = "/sessions",
    tag = tag::ACCOUNT,
    operation_id = "end_other_sessions",
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 204))
)]
async fn end_others(user: SessionUser, State(backend): State<SharedBackend>) -> Result<StatusCode, Problem> {
    backend.end_other_sessions(user.viewer()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends one of your sign-ins with its open sockets.
#[utoipa::path(
    delete,
    path = "/sessions/{id}",
    tag = tag::ACCOUNT,
    operation_id = "end_session",
    security(("bearer" = []), ("cookie" = [])),
    params(("id" = SessionId, Path, description = "Id of a sign-in.")),
    responses((status = 204))
)]
async fn end(
    user: SessionUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let id: SessionId = id.parse().map_err(|_| AppError::NotFound)?;
    backend.end_session(user.viewer(), &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Replaces your password, ends all your other sign-ins and revokes your personal access tokens.
#[utoipa::path(
    put,
    path = "/password",
    tag = tag::ACCOUNT,
    security(("bearer" = []), ("cookie" = [])),
    request_body = PasswordChange,
    responses((status = 204), (status = 429))
)]
async fn change_password(
    user: SessionUser,
    State(backend): State<SharedBackend>,
    Json(change): Json<PasswordChange>,
) -> Result<StatusCode, Problem> {
    backend.change_password(user.viewer(), change).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What your open pages announce.
#[utoipa::path(
    get,
    path = "/notifications",
    tag = tag::ACCOUNT,
    responses((status = 200, body = Notifications))
)]
async fn notifications(
    user: AuthUser,
    State(backend): State<SharedBackend>,
) -> Result<axum::Json<Notifications>, Problem> {
    Ok(axum::Json(backend.notifications(user.viewer()).await?))
}

/// Replaces what your open pages announce.
#[utoipa::path(
    put,
    path = "/notifications",
    tag = tag::ACCOUNT,
    request_body = Notifications,
    responses((status = 200, body = Notifications))
)]
async fn set_notifications(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Json(wanted): Json<Notifications>,
) -> Result<axum::Json<Notifications>, Problem> {
    backend.set_notifications(user.viewer(), wanted).await?;
    Ok(axum::Json(wanted))
}

/// Uses an invitation: creates an account with a name and password of your choice.
#[utoipa::path(
    post,
    path = "/invites/accept",
    tag = tag::ACCOUNT,
    operation_id = "accept_invite",
    request_body = Acceptance,
    security(()),
    responses(
        (status = 201, body = User),
        (status = 404),
        (status = 409),
        (status = 429)
    )
)]
async fn accept(
    State(backend): State<SharedBackend>,
    headers: HeaderMap,
    Json(body): Json<Acceptance>,
) -> Result<(StatusCode, axum::Json<User>), Problem> {
    let credentials = Credentials { username: body.username, password: body.password };
    let user = backend.accept_invite(&headers, &body.token, credentials).await?;
    Ok((StatusCode::CREATED, axum::Json(user)))
}

/// Uses a reset link: replaces the password and ends all sign-ins of its user.
#[utoipa::path(
    post,
    path = "/password-resets",
    tag = tag::ACCOUNT,
    operation_id = "reset_password",
    request_body = Reset,
    security(()),
    responses(
        (status = 200, body = User),
        (status = 404),
        (status = 429)
    )
)]
async fn reset(
    State(backend): State<SharedBackend>,
    headers: HeaderMap,
    Json(body): Json<Reset>,
) -> Result<axum::Json<User>, Problem> {
    Ok(axum::Json(backend.reset_password(&headers, &body.token, body.password).await?))
}
