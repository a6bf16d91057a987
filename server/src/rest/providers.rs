//! `/providers`: users' own model servers, and `/network`, where an admin lets them be.

use app::{
    backend::SharedBackend,
    model::{CustomProvider, CustomProviderDraft, KeyTest, OutboundPolicy, ProviderName},
};
use axum::extract::State;
use http::StatusCode;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Problem,
    document::tag,
    extract::{Json, Path},
};
use crate::{
    auth::{AdminUser, AuthUser},
    state::AppState,
};

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(store, remove))
        .routes(routes!(test))
        .routes(routes!(policy, set_policy))
}

/// Your own model servers, without their keys.
#[utoipa::path(
    get,
    path = "/providers",
    tag = tag::KEYS,
    operation_id = "list_providers",
    responses((status = 200, body = Vec<CustomProvider>))
)]
async fn list(
    user: AuthUser,
    State(backend): State<SharedBackend>,
) -> Result<axum::Json<Vec<CustomProvider>>, Problem> {
    Ok(axum::Json(backend.custom_providers(user.viewer()).await?))
}

/// Stores or replaces a model server of your own; without a key the stored one is kept.
#[utoipa::path(
    put,
    path = "/providers/{name}",
    tag = tag::KEYS,
    operation_id = "store_provider",
    params(("name" = ProviderName, Path, description = "What the model server is called.")),
    request_body = CustomProviderDraft,
    responses((status = 200, body = CustomProvider))
)]
async fn store(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(name): Path<ProviderName>,
    Json(draft): Json<CustomProviderDraft>,
) -> Result<axum::Json<CustomProvider>, Problem> {
    Ok(axum::Json(backend.put_custom_provider(user.viewer(), name, draft).await?))
}

/// Forgets a model server of your own and its key.
#[utoipa::path(
    delete,
    path = "/providers/{name}",
    tag = tag::KEYS,
    operation_id = "delete_provider",
    params(("name" = ProviderName, Path, description = "What the model server is called.")),
    responses((status = 204))
)]
async fn remove(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(name): Path<ProviderName>,
) -> Result<StatusCode, Problem> {
    backend.delete_custom_provider(user.viewer(), &name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Asks a model server of your own whether it answers and takes the key.
#[utoipa::path(
    post,
    path = "/providers/{name}/test",
    tag = tag::KEYS,
    operation_id = "test_provider",
    params(("name" = ProviderName, Path, description = "What the model server is called.")),
    responses((status = 200, body = KeyTest))
)]
async fn test(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Path(name): Path<ProviderName>,
) -> Result<axum::Json<KeyTest>, Problem> {
    Ok(axum::Json(backend.test_custom_provider(user.viewer(), &name).await?))
}

/// Whether model and MCP servers may have private addresses.
#[utoipa::path(
    get,
    path = "/network",
    tag = tag::ADMINISTRATION,
    operation_id = "show_network_policy",
    responses((status = 200, body = OutboundPolicy))
)]
async fn policy(
    admin: AdminUser,
    State(backend): State<SharedBackend>,
) -> Result<axum::Json<OutboundPolicy>, Problem> {
    Ok(axum::Json(backend.outbound_policy(admin.viewer()).await?))
}

/// Decides whether model and MCP servers may have private addresses.
#[utoipa::path(
    put,
    path = "/network",
    tag = tag::ADMINISTRATION,
    operation_id = "set_network_policy",
    request_body = OutboundPolicy,
    responses((status = 200, body = OutboundPolicy))
)]
async fn set_policy(
    admin: AdminUser,
    State(backend): State<SharedBackend>,
    Json(policy): Json<OutboundPolicy>,
) -> Result<axum::Json<OutboundPolicy>, Problem> {
    backend.set_outbound_policy(admin.viewer(), policy).await?;
    Ok(axum::Json(policy))
}
