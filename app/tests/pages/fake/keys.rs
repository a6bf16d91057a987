//! The fake backend's API keys: one key of OpenAI, which the provider refuses.

use app::{
    backend::{Answer, ApiKeys},
    error::AppError,
    model::{ApiKeyInfo, KeyOutcome, KeyTest, Provider, Timestamp, Viewer},
};
use async_trait::async_trait;

use super::Fake;

#[async_trait]
impl ApiKeys for Fake {
    async fn api_keys(&self, _: &Viewer) -> Answer<Vec<ApiKeyInfo>> {
        let created_at = Timestamp::from_millis(0);
        Ok(vec![ApiKeyInfo {
            provider: Provider::Openai,
            last4: "wxyz".to_owned(),
            created_at,
            enter_again: false,
        }])
    }
    async fn put_api_key(&self, _: &Viewer, _: Provider, _: String) -> Answer<ApiKeyInfo> {
        Err(AppError::invalid("key", "That is no key."))
    }
    async fn delete_api_key(&self, _: &Viewer, _: Provider) -> Answer<()> {
        Ok(())
    }
    async fn test_api_key(&self, _: &Viewer, _: Provider) -> Answer<KeyTest> {
        Ok(KeyTest { outcome: KeyOutcome::Refused, detail: "No.".to_owned() })
    }
}
