//! A user's API keys: sealed before they are stored, never shown again.

use std::collections::BTreeMap;

use app::{
    backend::{Answer, ApiKeys},
    error::AppError,
    model::{ApiKeyInfo, KeyOutcome, KeyTest, Provider, Timestamp, Username, Viewer},
};
use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use secrecy::SecretString;
use sqlx::{Sqlite, Transaction};

use super::{Services, UserFolders};
use crate::{
    db::{self, api_keys::SealedKey, now_ms},
    error,
    gateway::Probe,
};

/// The copy in the user's folder, as sealed as the rows.
const COPY: &str = "api_keys.json";

/// Writes the copy in a user's folder.
///
/// # Errors
/// [`AppError::Internal`].
pub(crate) async fn write_copy(
    folders: &UserFolders,
    username: &Username,
    keys: &[SealedKey],
) -> Result<(), AppError> {
    let sealed: BTreeMap<_, _> =
        keys.iter().map(|key| (key.provider.as_str(), STANDARD.encode(&key.encrypted_key))).collect();
    let json = serde_json::json!({ "format": 1, "keys": sealed });
    folders.write_config(username, COPY, json.to_string().into_bytes()).await
}

impl Services {
    /// Writes the copy from what the transaction sees, so that both change or neither.
    async fn copy_keys(&self, tx: &mut Transaction<'_, Sqlite>, viewer: &Viewer) -> Answer<()> {
        let keys = db::api_keys::list(&mut **tx, viewer.id).await.map_err(error::db)?;
        write_copy(&self.folders, &viewer.username, &keys).await
    }

    async fn note(
        &self,
        tx: &mut Transaction<'_, Sqlite>,
        viewer: &Viewer,
        action: &str,
        p: Provider,
    ) -> Answer<()> {
        let actor = viewer.username.as_str();
        db::audit::insert(tx, Some(viewer.id), actor, action, p.as_str(), now_ms()).await.map_err(error::db)
    }
}

/// A key as it was typed, without the space around it, and its last four characters.
///
/// # Errors
/// [`AppError::Invalid`] if it cannot be a key.
pub(super) fn plain_key(typed: &str) -> Answer<(String, String)> {
    let key = typed.trim();
    // Such a key cannot be sent in a header.
    if !(8..=512).contains(&key.len()) || !key.chars().all(|c| c.is_ascii_graphic()) {
        return Err(AppError::invalid("key", "A key has 8 to 512 plain characters without spaces."));
    }
    Ok((key.to_owned(), key.get(key.len() - 4..).unwrap_or_default().to_owned()))
}

/// What a provider's answer says about a key, in words.
///
/// # Errors
/// [`AppError::Unavailable`] if nothing was asked.
pub(super) fn verdict(probe: Probe) -> Answer<KeyTest> {
    let (outcome, detail) = match probe {
        Probe::Accepted => (KeyOutcome::Valid, "The provider accepts the key.".to_owned()),
        Probe::Limited => (
            KeyOutcome::Valid,
            "The provider knows the key, but a limit of it is reached at the moment.".to_owned(),
        ),
        Probe::Refused(status) => {
            (KeyOutcome::Refused, format!("The provider refuses the key (status {status})."))
        }
        Probe::Unclear(why) => (KeyOutcome::Unreachable, format!("The key could not be tested: {why}.")),
        Probe::Busy => {
            let why = "Other keys are being tested; try again in a moment.";
            return Err(AppError::Unavailable(why.to_owned()));
        }
    };
    Ok(KeyTest { outcome, detail })
}

#[async_trait]
impl ApiKeys for Services {
    async fn api_keys(&self, viewer: &Viewer) -> Answer<Vec<ApiKeyInfo>> {
        let keys = db::api_keys::list(self.db.reader(), viewer.id).await.map_err(error::db)?;
        let info = |key: SealedKey| ApiKeyInfo {
            enter_again: self.cipher.open(viewer.id, key.provider, &key.encrypted_key).is_err(),
            provider: key.provider,
            last4: key.last4,
            created_at: key.created_at,
        };
        Ok(keys.into_iter().map(info).collect())
    }

    async fn put_api_key(&self, viewer: &Viewer, provider: Provider, key: String) -> Answer<ApiKeyInfo> {
        let (key, last4) = plain_key(&key)?;
        self.auth.require_step_up(viewer).await?;
        let sealed = self.cipher.seal(viewer.id, provider, &SecretString::from(key));
        let sealed = sealed.map_err(|e| error::internal("a key could not be sealed", e))?;
        let now = now_ms();
        let mut tx = self.begin().await?;
        db::api_keys::put(&mut tx, viewer.id, provider, &sealed, &last4, now).await.map_err(error::db)?;
        self.note(&mut tx, viewer, "api_key_stored", provider).await?;
        self.copy_keys(&mut tx, viewer).await?;
        tx.commit().await.map_err(error::db)?;
        Ok(ApiKeyInfo { provider, last4, created_at: Timestamp::from_millis(now), enter_again: false })
    }

    async fn delete_api_key(&self, viewer: &Viewer, provider: Provider) -> Answer<()> {
        self.auth.require_step_up(viewer).await?;
        let mut tx = self.begin().await?;
        if !db::api_keys::delete(&mut tx, viewer.id, provider).await.map_err(error::db)? {
            return Err(AppError::NotFound);
        }
        self.note(&mut tx, viewer, "api_key_deleted", provider).await?;
        self.copy_keys(&mut tx, viewer).await?;
        tx.commit().await.map_err(error::db)
    }

    async fn test_api_key(&self, viewer: &Viewer, provider: Provider) -> Answer<KeyTest> {
        let stored = db::api_keys::find(self.db.reader(), viewer.id, provider).await.map_err(error::db)?;
        if stored.is_none() {
            return Err(AppError::NotFound);
        }
        verdict(self.gateway.probe(viewer.id, provider.as_str()).await)
    }
}
