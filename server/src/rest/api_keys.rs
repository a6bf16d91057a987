//! `/api-keys`: what is stored, never the keys themselves.

use app::{
    backend::SharedBackend,
    model::{ApiKeyInfo, KeyTest, Provider},
};
use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Problem,
    document::tag,
    extract::{Json, Path},
};
use crate::{auth::AuthUser, state::AppState};

/// Never logged, so without `Debug`.
#[derive(Deserialize, utoipa::ToSchema)]
struct KeyBody {
    key: String,
}

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(store, remove)).routes(routes!(test))
}

/// What is stored, without the keys.
#[utoipa::path(
    get,
    path = "/api-keys",
    tag = tag::KEYS,
    operation_id = "list_api_keys",
    responses((status = 200, body = Vec<ApiKeyInfo>))
)]
async fn list(
    user: AuthUser,
    State(backend): State<SharedBackend>,
) -> Result<axum::Json<Vec<ApiKeyInfo>>, Problem> {
    Ok(axum::Json(backend.api_keys(user.viewer()).await?))
}

/// Stores or replaces the key for a provider.
#[utoipa::path(
    put,
    path = "/api-keys/{provider}",
    tag = tag::KEYS,
    operation_id = "store_api_key",
    params(("provider" = Provider, Path, description = "Whose models it opens.")),
    request_body = KeyBody,
    responses((status = 200, body = ApiKeyInfo))
)]
async fn store(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(provider): Path<Provider>,
    Json(body): Json<KeyBody>,
) -> Result<axum::Json<ApiKeyInfo>, Problem> {
    Ok(axum::Json(backend.put_api_key(user.viewer(), provider, body.key).await?))
}

/// Forgets the key for a provider.
#[utoipa::path(
    delete,
    path = "/api-keys/{provider}",
    tag = tag::KEYS,
    operation_id = "delete_api_key",
    params(("provider" = Provider, Path, description = "Whose models it opens.")),
    responses((status = 204))
)]
async fn remove(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(provider): Path<Provider>,
) -> Result<StatusCode, Problem> {
    backend.delete_api_key(user.viewer(), provider).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes a request that costs nothing with the stored key.
#[utoipa::path(
    post,
    path = "/api-keys/{provider}/test",
    tag = tag::KEYS,
    operation_id = "test_api_key",
    params(("provider" = Provider, Path, description = "Whose models it opens.")),
    responses((status = 200, body = KeyTest))
)]
async fn test(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(provider): Path<Provider>,
) -> Result<axum::Json<KeyTest>, Problem> {
    Ok(axum::Json(backend.test_api_key(user.viewer(), provider).await?))
}
