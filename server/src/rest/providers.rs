//! `/providers`: users' own model servers, and `/network`, where an admin lets them be.

use app::{
    backend::SharedBackend,
    model::{CustomProvider, CustomProviderDraft, KeyTest, OutboundPolicy, ProviderName},
};
use axum::{
    Router,
    extract::State,
    routing::{get, post, put},
};
use http::StatusCode;

use super::{
    Problem,
    extract::{Json, Path},
};
use crate::{
    auth::{AdminUser, AuthUser},
    state::AppState,
};

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/providers", get(list))
        .route("/providers/{name}", put(store).delete(remove))
        .route("/providers/{name}/test", post(test))
        .route("/network", get(policy).put(set_policy))
}

async fn list(
    user: AuthUser,
    State(backend): State<SharedBackend>,
) -> Result<axum::Json<Vec<CustomProvider>>, Problem> {
    Ok(axum::Json(backend.custom_providers(user.viewer()).await?))
}

async fn store(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(name): Path<ProviderName>,
    Json(draft): Json<CustomProviderDraft>,
) -> Result<axum::Json<CustomProvider>, Problem> {
    Ok(axum::Json(backend.put_custom_provider(user.viewer(), name, draft).await?))
}

async fn remove(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(name): Path<ProviderName>,
) -> Result<StatusCode, Problem> {
    backend.delete_custom_provider(user.viewer(), &name).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn test(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(name): Path<ProviderName>,
) -> Result<axum::Json<KeyTest>, Problem> {
    Ok(axum::Json(backend.test_custom_provider(user.viewer(), &name).await?))
}

async fn policy(
    admin: AdminUser,
    State(backend): State<SharedBackend>,
) -> Result<axum::Json<OutboundPolicy>, Problem> {
    Ok(axum::Json(backend.outbound_policy(admin.viewer()).await?))
}

async fn set_policy(
    admin: AdminUser,
    State(backend): State<SharedBackend>,
    Json(policy): Json<OutboundPolicy>,
) -> Result<axum::Json<OutboundPolicy>, Problem> {
    backend.set_outbound_policy(admin.viewer(), policy).await?;
    Ok(axum::Json(policy))
}
