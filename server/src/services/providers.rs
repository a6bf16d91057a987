//! Users' own model servers, and where the installation lets its users send requests.

use app::{
    backend::{Answer, CustomProviders},
    error::AppError,
    model::{
        CustomProvider, CustomProviderDraft, KeyTest, OutboundPolicy, Page, ProviderName, Timestamp, Viewer,
    },
};
use async_trait::async_trait;
use secrecy::SecretString;
use sqlx::SqliteExecutor;

use super::{Services, admin, api_keys};
use crate::{
    db::{self, custom_providers::StoredProvider, now_ms},
    error,
    outbound::{self, OutboundError},
};

/// Most model servers of one user.
const MAX_PROVIDERS: usize = 50;
/// Name of the setting that allows private addresses.
const PRIVATE_ADDRESSES: &str = "private_addresses";

/// Whether an admin allowed private addresses.
///
/// # Errors
/// Those of the database.
pub async fn private_allowed(db: impl SqliteExecutor<'_>) -> Result<bool, sqlx::Error> {
    Ok(db::settings::get(db, PRIVATE_ADDRESSES).await?.is_some_and(|value| value == "allowed"))
}

impl Services {
    /// Checks an address that a user wrote down; one that cannot be found now is checked again when it is used.
    async fn checked_address(&self, field: &str, text: &str) -> Answer<String> {
        let allowed = private_allowed(self.db.reader()).await.map_err(error::db)?;
        let refused = |error: OutboundError| AppError::invalid(field, error.to_string());
        let url = outbound::base_url(text, allowed).map_err(refused)?;
        match outbound::resolve(&url, allowed).await {
            Ok(_) | Err(OutboundError::Unresolved(_)) => Ok(url.as_str().trim_end_matches('/').to_owned()),
            Err(error) => Err(refused(error)),
        }
    }

    /// Whether an address that a cell's programs connect to is one that users may use; what is wrong with it otherwise.
    pub(super) async fn check_reachable(&self, text: &str) -> Answer<Result<(), OutboundError>> {
        let allowed = private_allowed(self.db.reader()).await.map_err(error::db)?;
        let url = match outbound::web_url(text, allowed) {
            Ok(url) => url,
            Err(error) => return Ok(Err(error)),
        };
        Ok(match outbound::resolve(&url, allowed).await {
            Err(error @ OutboundError::Private { .. }) => Err(error),
            // One that cannot be found now may be there later.
            _ => Ok(()),
        })
    }

    /// What is shown of a provider, with whether its key can still be read.
    fn shown(&self, viewer: &Viewer, stored: StoredProvider) -> CustomProvider {
        let StoredProvider { mut info, encrypted_key } = stored;
        let readable = |sealed: Vec<u8>| self.cipher.open(viewer.id, &info.name, &sealed).is_ok();
        info.enter_again = !encrypted_key.is_none_or(readable);
        info
    }

    /// The key as it is stored: the one that is there, the one that was typed, or none.
    fn sealed(
        &self,
        viewer: &Viewer,
        name: &ProviderName,
        typed: Option<String>,
        former: Option<StoredProvider>,
    ) -> Answer<(Option<Vec<u8>>, Option<String>)> {
        let Some(typed) = typed else {
            return Ok(former.map_or((None, None), |former| (former.encrypted_key, former.info.last4)));
        };
        if typed.trim().is_empty() {
            return Ok((None, None));
        }
        let (key, last4) = api_keys::plain_key(&typed)?;
        let sealed = self.cipher.seal(viewer.id, name, &SecretString::from(key));
        let sealed = sealed.map_err(|e| error::internal("a key could not be sealed", e))?;
        Ok((Some(sealed), Some(last4)))
    }
}

#[async_trait]
impl CustomProviders for Services {
    async fn custom_providers(&self, viewer: &Viewer) -> Answer<Vec<CustomProvider>> {
        let all = db::custom_providers::list(self.db.reader(), viewer.id).await.map_err(error::db)?;
        Ok(all.into_iter().map(|provider| self.shown(viewer, provider)).collect())
    }

    async fn put_custom_provider(
        &self,
        viewer: &Viewer,
        name: ProviderName,
        draft: CustomProviderDraft,
    ) -> Answer<CustomProvider> {
        let base_url = self.checked_address("base_url", &draft.base_url).await?;
        // Another address under the same name gets the key that is stored.
        self.auth.require_step_up(viewer).await?;
        let mut tx = self.begin().await?;
        let all = db::custom_providers::list(&mut *tx, viewer.id).await.map_err(error::db)?;
        let former = all.iter().find(|provider| provider.info.name == name).cloned();
        if former.is_none() && all.len() >= MAX_PROVIDERS {
            return Err(AppError::Conflict(format!(
                "There are {MAX_PROVIDERS} providers; delete one first."
            )));
        }
        let created_at = former.as_ref().map_or(Timestamp::from_millis(now_ms()), |p| p.info.created_at);
        let (encrypted_key, last4) = self.sealed(viewer, &name, draft.key, former)?;
        let wire_format = draft.wire_format;
        let info = CustomProvider { name, base_url, wire_format, last4, created_at, enter_again: false };
        let stored = StoredProvider { info, encrypted_key };
        db::custom_providers::put(&mut tx, viewer.id, &stored).await.map_err(error::db)?;
        let (actor, detail) = (viewer.username.as_str(), stored.info.name.as_str());
        db::audit::insert(&mut tx, Some(viewer.id), actor, "provider_stored", detail, now_ms())
            .await
            .map_err(error::db)?;
        tx.commit().await.map_err(error::db)?;
        Ok(self.shown(viewer, stored))
    }

    async fn delete_custom_provider(&self, viewer: &Viewer, name: &ProviderName) -> Answer<()> {
        self.auth.require_step_up(viewer).await?;
        let mut tx = self.begin().await?;
        let agents = db::agents::list(&mut *tx, viewer.id, Page::ALL).await.map_err(error::db)?;
        if let Some(agent) = agents.iter().find(|agent| agent.draft.model.provider() == name.as_str()) {
            let why =
                format!("The agent \u{201c}{}\u{201d} uses it; change its model first.", agent.draft.name);
            return Err(AppError::Conflict(why));
        }
        if !db::custom_providers::delete(&mut tx, viewer.id, name).await.map_err(error::db)? {
            return Err(AppError::NotFound);
        }
        let (actor, detail) = (viewer.username.as_str(), name.as_str());
        db::audit::insert(&mut tx, Some(viewer.id), actor, "provider_deleted", detail, now_ms())
            .await
            .map_err(error::db)?;
        tx.commit().await.map_err(error::db)
    }

    async fn test_custom_provider(&self, viewer: &Viewer, name: &ProviderName) -> Answer<KeyTest> {
        let found = db::custom_providers::find(self.db.reader(), viewer.id, name.as_str()).await;
        if found.map_err(error::db)?.is_none() {
            return Err(AppError::NotFound);
        }
        api_keys::verdict(self.gateway.probe(viewer.id, name.as_str()).await)
    }

    async fn outbound_policy(&self, viewer: &Viewer) -> Answer<OutboundPolicy> {
        admin(viewer)?;
        let private_addresses = private_allowed(self.db.reader()).await.map_err(error::db)?;
        Ok(OutboundPolicy { private_addresses })
    }

    async fn set_outbound_policy(&self, viewer: &Viewer, policy: OutboundPolicy) -> Answer<()> {
        admin(viewer)?;
        self.auth.require_step_up(viewer).await?;
        let (value, action) = match policy.private_addresses {
            true => ("allowed", "private_addresses_allowed"),
            false => ("refused", "private_addresses_refused"),
        };
        let mut tx = self.begin().await?;
        db::settings::set(&mut tx, PRIVATE_ADDRESSES, value).await.map_err(error::db)?;
        let actor = viewer.username.as_str();
        db::audit::insert(&mut tx, Some(viewer.id), actor, action, "", now_ms()).await.map_err(error::db)?;
        tx.commit().await.map_err(error::db)
    }
}
