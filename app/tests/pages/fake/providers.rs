//! The fake backend's model servers: one of the user's own.

use app::{
    backend::{Answer, CustomProviders},
    error::AppError,
    model::{
        CustomProvider, CustomProviderDraft, KeyOutcome, KeyTest, OutboundPolicy, ProviderName, Timestamp,
        Viewer, WireFormat,
    },
};
use async_trait::async_trait;

use super::Fake;

#[async_trait]
impl CustomProviders for Fake {
    async fn custom_providers(&self, _: &Viewer) -> Answer<Vec<CustomProvider>> {
        Ok(vec![CustomProvider {
            name: "mine".parse().unwrap(),
            base_url: "https://models.example.org/<b>".to_owned(),
            wire_format: WireFormat::Anthropic,
            last4: Some("4321".to_owned()),
            created_at: Timestamp::from_millis(0),
            enter_again: false,
        }])
    }
    async fn put_custom_provider(
        &self,
        _: &Viewer,
        _: ProviderName,
        _: CustomProviderDraft,
    ) -> Answer<CustomProvider> {
        Err(AppError::invalid("base_url", "That is no address."))
    }
    async fn delete_custom_provider(&self, _: &Viewer, _: &ProviderName) -> Answer<()> {
        Ok(())
    }
    async fn test_custom_provider(&self, _: &Viewer, _: &ProviderName) -> Answer<KeyTest> {
        Ok(KeyTest { outcome: KeyOutcome::Valid, detail: "Fine.".to_owned() })
    }
    async fn outbound_policy(&self, _: &Viewer) -> Answer<OutboundPolicy> {
        Ok(OutboundPolicy { private_addresses: true })
    }
    async fn set_outbound_policy(&self, _: &Viewer, _: OutboundPolicy) -> Answer<()> {
        Ok(())
    }
}
