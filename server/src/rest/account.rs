//! A person's own account: `/sessions`, `/password`, `/notifications`; and `/invites/accept`, `/password-resets` for links.

use app::{
    backend::SharedBackend,
    error::AppError,
    model::{Credentials, Notifications, PasswordChange, Session, SessionId, User},
};
use axum::{
    Router,
    extract::State,
    routing::{delete, get, post, put},
};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use super::{
    Problem,
    extract::{Json, Path},
};
use crate::{auth::AuthUser, state::AppState};

/// Never logged, so without `Debug`.
#[derive(Deserialize)]
struct Acceptance {
    token: String,
    username: String,
    password: String,
}

/// Never logged, so without `Debug`.
#[derive(Deserialize)]
struct Reset {
    token: String,
    password: String,
}

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/sessions", get(list).delete(end_others))
        .route("/sessions/{id}", delete(end))
        .route("/password", put(change_password))
        .route("/notifications", get(notifications).put(set_notifications))
        .route("/invites/accept", post(accept))
        .route("/password-resets", post(reset))
}

async fn list(
    user: AuthUser,
    State(backend): State<SharedBackend>,
) -> Result<axum::Json<Vec<Session>>, Problem> {
    Ok(axum::Json(backend.sessions(user.viewer()).await?))
}

/// Ends all but the one that asks.
async fn end_others(user: AuthUser, State(backend): State<SharedBackend>) -> Result<StatusCode, Problem> {
    backend.end_other_sessions(user.viewer()).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn end(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let id: SessionId = id.parse().map_err(|_| AppError::NotFound)?;
    backend.end_session(user.viewer(), &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn change_password(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Json(change): Json<PasswordChange>,
) -> Result<StatusCode, Problem> {
    backend.change_password(user.viewer(), change).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn notifications(
    user: AuthUser,
    State(backend): State<SharedBackend>,
) -> Result<axum::Json<Notifications>, Problem> {
    Ok(axum::Json(backend.notifications(user.viewer()).await?))
}

async fn set_notifications(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Json(wanted): Json<Notifications>,
) -> Result<axum::Json<Notifications>, Problem> {
    backend.set_notifications(user.viewer(), wanted).await?;
    Ok(axum::Json(wanted))
}

async fn accept(
    State(backend): State<SharedBackend>,
    headers: HeaderMap,
    Json(body): Json<Acceptance>,
) -> Result<(StatusCode, axum::Json<User>), Problem> {
    let credentials = Credentials { username: body.username, password: body.password };
    let user = backend.accept_invite(&headers, &body.token, credentials).await?;
    Ok((StatusCode::CREATED, axum::Json(user)))
}

async fn reset(
    State(backend): State<SharedBackend>,
    headers: HeaderMap,
    Json(body): Json<Reset>,
) -> Result<axum::Json<User>, Problem> {
    Ok(axum::Json(backend.reset_password(&headers, &body.token, body.password).await?))
}
