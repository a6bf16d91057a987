//! Opens stored keys for the gateway, one at a time and only when a request needs it.

use app::model::{Provider, UserId};
use async_trait::async_trait;
use secrecy::SecretString;

use crate::{
    crypto::{ApiKeyCipher, CipherError},
    db::{self, Db},
    gateway::{CustomUpstream, GatewayError, KeySource},
    outbound,
    services::providers::private_allowed,
};

/// The keys in the database.
pub struct StoredKeys {
    db: Db,
    cipher: ApiKeyCipher,
}

impl StoredKeys {
    /// Opens rows of this database with this cipher.
    pub fn new(db: Db, cipher: ApiKeyCipher) -> Self {
        Self { db, cipher }
    }
}

/// Says in the log why a key or a provider cannot be read, and to the caller only that it is so.
fn failed(user: UserId, provider: &str, error: &dyn std::fmt::Display) -> GatewayError {
    tracing::error!(%user, provider, %error, "a stored key cannot be read");
    GatewayError::KeyStore("the server's log says why".to_owned())
}

#[async_trait]
impl KeySource for StoredKeys {
    async fn key(&self, user: UserId, provider: &str) -> Result<Option<SecretString>, GatewayError> {
        let Ok(known) = provider.parse::<Provider>() else { return Ok(None) };
        let failed = |error: &dyn std::fmt::Display| failed(user, provider, error);
        let sealed = db::api_keys::find(self.db.reader(), user, known).await.map_err(|e| failed(&e))?;
        let Some(sealed) = sealed else { return Ok(None) };
        self.cipher.open(user, known, &sealed).map(Some).map_err(|e| match e {
            CipherError::OtherMasterKey => GatewayError::KeyLost(known.as_str().to_owned()),
            e => failed(&e),
        })
    }

    async fn custom(&self, user: UserId, provider: &str) -> Result<Option<CustomUpstream>, GatewayError> {
        let failed = |error: &dyn std::fmt::Display| failed(user, provider, error);
        let stored = db::custom_providers::find(self.db.reader(), user, provider).await;
        let Some(stored) = stored.map_err(|e| failed(&e))? else { return Ok(None) };
        let private_allowed = private_allowed(self.db.reader()).await.map_err(|e| failed(&e))?;
        let key = match &stored.encrypted_key {
            Some(sealed) => Some(self.cipher.open(user, &stored.info.name, sealed).map_err(|e| match e {
                CipherError::OtherMasterKey => GatewayError::KeyLost(provider.to_owned()),
                e => failed(&e),
            })?),
            None => None,
        };
        let base = outbound::base_url(&stored.info.base_url, private_allowed)
            .map_err(|error| GatewayError::Address { provider: provider.to_owned(), error })?;
        Ok(Some(CustomUpstream { base, wire: stored.info.wire_format, key, private_allowed }))
    }
}
