//! Opens stored keys for the gateway, one at a time and only when a request needs it.

use app::model::{Provider, UserId};
use async_trait::async_trait;
use secrecy::SecretString;

use crate::{
    crypto::{ApiKeyCipher, CipherError},
    db::{self, Db},
    gateway::{GatewayError, KeySource},
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

#[async_trait]
impl KeySource for StoredKeys {
    async fn key(&self, user: UserId, provider: &str) -> Result<Option<SecretString>, GatewayError> {
        let Ok(provider) = provider.parse::<Provider>() else { return Ok(None) };
        let failed = |error: &dyn std::fmt::Display| {
            tracing::error!(%user, provider = provider.as_str(), %error, "a stored key cannot be read");
            GatewayError::KeyStore("the server's log says why".to_owned())
        };
        let sealed = db::api_keys::find(self.db.reader(), user, provider).await.map_err(|e| failed(&e))?;
        let Some(sealed) = sealed else { return Ok(None) };
        self.cipher.open(user, provider, &sealed).map(Some).map_err(|e| match e {
            CipherError::OtherMasterKey => GatewayError::KeyLost(provider.as_str().to_owned()),
            e => failed(&e),
        })
    }
}
