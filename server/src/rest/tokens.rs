//! `/tokens`: personal access tokens for scripts; made and revoked by people, never by a token.

use app::{
    backend::SharedBackend,
    model::{NewToken, PersonalToken, TokenDraft, TokenId},
};
use axum::extract::State;
use http::StatusCode;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Problem,
    document::tag,
    extract::{Json, Path},
    idempotency::ShownOnce,
};
use crate::{auth::SessionUser, state::AppState};

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(revoke))
}

/// Your tokens, newest first, without the tokens themselves.
#[utoipa::path(
    get,
    path = "/tokens",
    tag = tag::ACCOUNT,
    operation_id = "list_tokens",
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = Vec<PersonalToken>))
)]
async fn list(
    user: SessionUser,
    State(backend): State<SharedBackend>,
) -> Result<axum::Json<Vec<PersonalToken>>, Problem> {
    Ok(axum::Json(backend.tokens(user.viewer()).await?))
}

/// Makes a token for a script; it is shown this once. Changing the password revokes it.
#[utoipa::path(
    post,
    path = "/tokens",
    tag = tag::ACCOUNT,
    operation_id = "create_token",
    security(("bearer" = []), ("cookie" = [])),
    request_body = TokenDraft,
    responses((status = 201, body = NewToken), (status = 409))
)]
async fn create(
    user: SessionUser,
    State(backend): State<SharedBackend>,
    Json(draft): Json<TokenDraft>,
) -> Result<(StatusCode, ShownOnce<NewToken>), Problem> {
    Ok((StatusCode::CREATED, ShownOnce(backend.create_token(user.viewer(), draft).await?)))
}

/// Revokes a token; open sockets that used it end within seconds.
#[utoipa::path(
    delete,
    path = "/tokens/{id}",
    tag = tag::ACCOUNT,
    operation_id = "revoke_token",
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 204))
)]
async fn revoke(
    user: SessionUser,
    State(backend): State<SharedBackend>,
    Path(id): Path<TokenId>,
) -> Result<StatusCode, Problem> {
    backend.delete_token(user.viewer(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}
