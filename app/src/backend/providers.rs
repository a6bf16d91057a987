//! Ports about model servers of a user's own.

use async_trait::async_trait;

use super::Answer;
use crate::model::{CustomProvider, CustomProviderDraft, KeyTest, OutboundPolicy, ProviderName, Viewer};

/// A user's own model servers, and where they may be.
#[async_trait]
pub trait CustomProviders: Send + Sync {
    /// The viewer's, by name.
    async fn custom_providers(&self, viewer: &Viewer) -> Answer<Vec<CustomProvider>>;
    /// Adds one or replaces what is known of it.
    async fn put_custom_provider(
        &self,
        viewer: &Viewer,
        name: ProviderName,
        draft: CustomProviderDraft,
    ) -> Answer<CustomProvider>;
    /// Forgets one; a conflict while an agent has a model of it.
    async fn delete_custom_provider(&self, viewer: &Viewer, name: &ProviderName) -> Answer<()>;
    /// Asks it for its models, which costs nothing.
    async fn test_custom_provider(&self, viewer: &Viewer, name: &ProviderName) -> Answer<KeyTest>;
    /// Where the installation's users may send requests, for admins.
    async fn outbound_policy(&self, viewer: &Viewer) -> Answer<OutboundPolicy>;
    /// Replaces that, for admins.
    async fn set_outbound_policy(&self, viewer: &Viewer, policy: OutboundPolicy) -> Answer<()>;
}
