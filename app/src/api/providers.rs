//! Where models come from: stored keys, model servers of one's own, and where an admin lets these be.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use crate::{
    api::{answered, note, signed_in},
    model::CustomProviderDraft,
};
use crate::{
    codec::Json,
    error::AppError,
    model::{ApiKeyInfo, CustomProvider, KeyTest, OutboundPolicy, ProviderName, WireFormat},
};

/// What a person has to reach models with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelSources {
    /// Stored keys of known providers.
    pub keys: Vec<ApiKeyInfo>,
    /// Model servers of the person's own.
    pub own: Vec<CustomProvider>,
}

/// What there is to reach models with.
#[server(prefix = "/fn", endpoint = "load_model_sources", output = Json)]
pub async fn load_model_sources() -> Result<ModelSources, AppError> {
    let (backend, viewer) = signed_in().await?;
    let keys = answered(backend.api_keys(&viewer).await)?;
    let own = answered(backend.custom_providers(&viewer).await)?;
    Ok(ModelSources { keys, own })
}

/// The person's own model servers.
#[server(prefix = "/fn", endpoint = "load_providers", output = Json)]
pub async fn load_providers() -> Result<Vec<CustomProvider>, AppError> {
    let (backend, viewer) = signed_in().await?;
    answered(backend.custom_providers(&viewer).await)
}

/// Adds a model server or changes one; a blank key keeps the one that is stored.
#[server(prefix = "/fn", endpoint = "put_provider", output = Json)]
pub async fn put_provider(
    name: String,
    base_url: String,
    wire_format: WireFormat,
    key: String,
) -> Result<(), AppError> {
    let (backend, viewer) = signed_in().await?;
    let name: Result<ProviderName, _> = name.trim().parse();
    let name = answered(name.map_err(|error| AppError::invalid("name", error.to_string())))?;
    let key = (!key.trim().is_empty()).then_some(key);
    let draft = CustomProviderDraft { base_url, wire_format, key };
    answered(backend.put_custom_provider(&viewer, name, draft).await)?;
    note("The model server is stored.")
}

/// Forgets a model server.
#[server(prefix = "/fn", endpoint = "delete_provider", output = Json)]
pub async fn delete_provider(name: ProviderName) -> Result<(), AppError> {
    let (backend, viewer) = signed_in().await?;
    answered(backend.delete_custom_provider(&viewer, &name).await)?;
    note("The model server is deleted.")
}

/// Asks a model server for its models, to see whether address and key are right.
#[server(prefix = "/fn", endpoint = "test_provider", output = Json)]
pub async fn test_provider(name: ProviderName) -> Result<KeyTest, AppError> {
    let (backend, viewer) = signed_in().await?;
    let test = answered(backend.test_custom_provider(&viewer, &name).await)?;
    note(&test.detail)?;
    Ok(test)
}

/// Where users' model and MCP servers may be, for admins.
#[server(prefix = "/fn", endpoint = "load_outbound", output = Json)]
pub async fn load_outbound() -> Result<OutboundPolicy, AppError> {
    let (backend, viewer) = signed_in().await?;
    answered(backend.outbound_policy(&viewer).await)
}

/// Replaces that; a box that is not ticked sends nothing.
#[server(prefix = "/fn", endpoint = "set_outbound", output = Json)]
pub async fn set_outbound(#[server(default)] private_addresses: bool) -> Result<(), AppError> {
    let (backend, viewer) = signed_in().await?;
    answered(backend.set_outbound_policy(&viewer, OutboundPolicy { private_addresses }).await)?;
    note("The network setting is saved.")
}
