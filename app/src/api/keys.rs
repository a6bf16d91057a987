//! API keys: stored, replaced and forgotten, never shown.

use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::api::{answered, note, signed_in};
use crate::{
    codec::Json,
    error::AppError,
    model::{ApiKeyInfo, KeyTest, Provider},
};

/// What is stored, without the keys.
#[server(prefix = "/fn", endpoint = "load_api_keys", output = Json)]
pub async fn load_api_keys() -> Result<Vec<ApiKeyInfo>, AppError> {
    let (backend, viewer) = signed_in().await?;
    answered(backend.api_keys(&viewer).await)
}

/// Stores or replaces the key for a provider.
#[server(prefix = "/fn", endpoint = "put_api_key", output = Json)]
pub async fn put_api_key(provider: Provider, key: String) -> Result<(), AppError> {
    let (backend, viewer) = signed_in().await?;
    answered(backend.put_api_key(&viewer, provider, key.trim().to_owned()).await)?;
    note("The key is stored.")
}

/// Forgets the key for a provider.
#[server(prefix = "/fn", endpoint = "delete_api_key", output = Json)]
pub async fn delete_api_key(provider: Provider) -> Result<(), AppError> {
    let (backend, viewer) = signed_in().await?;
    answered(backend.delete_api_key(&viewer, provider).await)?;
    note("The key is deleted.")
}

/// Makes a request with the stored key, to see whether it works.
#[server(prefix = "/fn", endpoint = "test_api_key", output = Json)]
pub async fn test_api_key(provider: Provider) -> Result<KeyTest, AppError> {
    let (backend, viewer) = signed_in().await?;
    let test = answered(backend.test_api_key(&viewer, provider).await)?;
    note(&test.detail)?;
    Ok(test)
}
