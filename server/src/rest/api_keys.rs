//! `/api-keys`: what is stored, never the keys themselves.

use app::{
    backend::SharedBackend,
    model::{ApiKeyInfo, KeyTest, Provider},
};
use axum::{
    Router,
    extract::State,
    routing::{get, post, put},
};
use http::StatusCode;
use serde::Deserialize;

use super::{
    Problem,
    extract::{Json, Path},
};
use crate::{auth::AuthUser, state::AppState};

/// Never logged, so without `Debug`.
#[derive(Deserialize)]
struct KeyBody {
    key: String,
}

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/api-keys", get(list))
        .route("/api-keys/{provider}", put(store).delete(remove))
        .route("/api-keys/{provider}/test", post(test))
}

async fn list(
    user: AuthUser,
    State(backend): State<SharedBackend>,
) -> Result<axum::Json<Vec<ApiKeyInfo>>, Problem> {
    Ok(axum::Json(backend.api_keys(user.viewer()).await?))
}

async fn store(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(provider): Path<Provider>,
    Json(body): Json<KeyBody>,
) -> Result<axum::Json<ApiKeyInfo>, Problem> {
    Ok(axum::Json(backend.put_api_key(user.viewer(), provider, body.key).await?))
}

async fn remove(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(provider): Path<Provider>,
) -> Result<StatusCode, Problem> {
    backend.delete_api_key(user.viewer(), provider).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn test(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(provider): Path<Provider>,
) -> Result<axum::Json<KeyTest>, Problem> {
    Ok(axum::Json(backend.test_api_key(user.viewer(), provider).await?))
}
