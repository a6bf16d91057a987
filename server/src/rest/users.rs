//! `/users`, for admins.

use app::{
    backend::SharedBackend,
    model::{Credentials, User, UserId, UserSummary},
};
use axum::{
    Router,
    extract::State,
    routing::{delete, get},
};
use http::StatusCode;

use super::{
    Problem,
    extract::{Json, Path},
};
use crate::{auth::AdminUser, state::AppState};

pub(super) fn router() -> Router<AppState> {
    Router::new().route("/users", get(list).post(create)).route("/users/{id}", delete(remove))
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
) -> Result<StatusCode, Problem> {
    backend.delete_user(admin.viewer(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}
