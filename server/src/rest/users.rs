//! `/users`, for admins.

use app::{
    backend::SharedBackend,
    model::{Credentials, NewLink, RoleChange, User, UserId, UserSummary},
};
use axum::{extract::State, response::Response};
use http::StatusCode;
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Problem,
    document::tag,
    extract::{Json, Path, Query},
    idempotency::ShownOnce,
    paging::{PageParams, PageRequest},
};
use crate::{
    auth::{AdminUser, SessionUser},
    state::AppState,
};

/// What a deletion may carry.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Deletion {
    /// The username again; if it is given it has to be the right one.
    confirm: Option<String>,
}

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(remove))
        .routes(routes!(set_role))
        .routes(routes!(reset_link))
        .routes(routes!(end_sessions))
        .routes(routes!(remove_second_factor))
}

/// All users with their counts, oldest first.
#[utoipa::path(
    get,
    path = "/users",
    tag = tag::ADMINISTRATION,
    operation_id = "list_users",
    params(PageParams),
    responses((status = 200, body = Vec<UserSummary>))
)]
async fn list(
    admin: AdminUser,
    State(backend): State<SharedBackend>,
    part: PageRequest,
) -> Result<Response, Problem> {
    let users = backend.users(admin.viewer(), part.page()).await?;
    Ok(part.answer(users, |row| row.user.id))
}

/// Creates a user with their folders; they can sign in at once.
#[utoipa::path(
    post,
    path = "/users",
    tag = tag::ADMINISTRATION,
    operation_id = "create_user",
    request_body = Credentials,
    responses((status = 201, body = User), (status = 409))
)]
async fn create(
    admin: AdminUser,
    State(backend): State<SharedBackend>,
    Json(credentials): Json<Credentials>,
) -> Result<(StatusCode, axum::Json<User>), Problem> {
    let user = backend.create_user(admin.viewer(), credentials).await?;
    Ok((StatusCode::CREATED, axum::Json(user)))
}

/// Ends a user's sign-ins and instances and removes all that is theirs.
#[utoipa::path(
    delete,
    path = "/users/{id}",
    tag = tag::ADMINISTRATION,
    operation_id = "delete_user",
    params(Deletion),
    responses((status = 204), (status = 409))
)]
async fn remove(
    admin: AdminUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<UserId>,
    Query(deletion): Query<Deletion>,
) -> Result<StatusCode, Problem> {
    backend.delete_user(admin.viewer(), id, deletion.confirm.as_deref()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes a user an admin or an admin a user.
#[utoipa::path(
    put,
    path = "/users/{id}/role",
    tag = tag::ADMINISTRATION,
    request_body = RoleChange,
    responses((status = 200, body = User), (status = 409))
)]
async fn set_role(
    admin: AdminUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<UserId>,
    Json(change): Json<RoleChange>,
) -> Result<axum::Json<User>, Problem> {
    Ok(axum::Json(backend.set_role(admin.viewer(), id, change.role).await?))
}

/// Makes a link with which a user sets a new password; an earlier one is void.
#[utoipa::path(
    post,
    path = "/users/{id}/reset-link",
    tag = tag::ADMINISTRATION,
    operation_id = "create_reset_link",
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 201, body = NewLink), (status = 409))
)]
async fn reset_link(
    admin: AdminUser,
    // With a reset link a password can be replaced, which no personal access token may do.
    _: SessionUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<UserId>,
) -> Result<(StatusCode, ShownOnce<NewLink>), Problem> {
    let link = backend.create_reset(admin.viewer(), id).await?;
    Ok((StatusCode::CREATED, ShownOnce(link)))
}

/// Ends a user's sign-ins, open sockets included; agents go on, tokens for scripts stay valid.
#[utoipa::path(
    delete,
    path = "/users/{id}/sessions",
    tag = tag::ADMINISTRATION,
    operation_id = "end_sessions_of_user",
    responses((status = 204), (status = 409))
)]
async fn end_sessions(
    admin: AdminUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<UserId>,
) -> Result<StatusCode, Problem> {
    backend.end_sessions_of(admin.viewer(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Switches a user's second factor off and ends their sign-ins: for somebody who lost app and recovery codes.
#[utoipa::path(
    delete,
    path = "/users/{id}/second-factor",
    tag = tag::ADMINISTRATION,
    operation_id = "remove_second_factor_of_user",
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 204), (status = 409))
)]
async fn remove_second_factor(
    admin: AdminUser,
    // As with a reset link: what guards an account is for people.
    _: SessionUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<UserId>,
) -> Result<StatusCode, Problem> {
    backend.remove_second_factor_of(admin.viewer(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}
