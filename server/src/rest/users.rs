//! `/users`, for admins.

use app::{
    backend::SharedBackend,
    model::{Credentials, NewLink, RoleChange, User, UserId, UserSummary},
};
use axum::{
    Router,
    extract::State,
    routing::{delete, get, post, put},
};
use http::StatusCode;
use serde::Deserialize;

use super::{
    Problem,
    extract::{Json, Path, Query},
};
use crate::{auth::AdminUser, state::AppState};

/// What a deletion may carry.
#[derive(Deserialize)]
struct Deletion {
    /// The username again; if it is given it has to be the right one.
    confirm: Option<String>,
}

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/users", get(list).post(create))
        .route("/users/{id}", delete(remove))
        .route("/users/{id}/role", put(set_role))
        .route("/users/{id}/reset-link", post(reset_link))
}

async fn list(
    admin: AdminUser,
    State(backend): State<SharedBackend>,
) -> Result<axum::Json<Vec<UserSummary>>, Problem> {
    Ok(axum::Json(backend.users(admin.viewer()).await?))
}

async fn create(
    admin: AdminUser,
    State(backend): State<SharedBackend>,
    Json(credentials): Json<Credentials>,
) -> Result<(StatusCode, axum::Json<User>), Problem> {
    let user = backend.create_user(admin.viewer(), credentials).await?;
    Ok((StatusCode::CREATED, axum::Json(user)))
}

async fn remove(
    admin: AdminUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<UserId>,
    Query(deletion): Query<Deletion>,
) -> Result<StatusCode, Problem> {
    backend.delete_user(admin.viewer(), id, deletion.confirm.as_deref()).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn set_role(
    admin: AdminUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<UserId>,
    Json(change): Json<RoleChange>,
) -> Result<axum::Json<User>, Problem> {
    Ok(axum::Json(backend.set_role(admin.viewer(), id, change.role).await?))
}

async fn reset_link(
    admin: AdminUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<UserId>,
) -> Result<(StatusCode, axum::Json<NewLink>), Problem> {
    let link = backend.create_reset(admin.viewer(), id).await?;
    Ok((StatusCode::CREATED, axum::Json(link)))
}
