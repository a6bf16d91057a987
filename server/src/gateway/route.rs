//! Where a user's request to a provider goes: address, client and key, for known providers and for a user's own.
//!
//! Must not send anything.

use app::model::{UserId, WireFormat};
use http::HeaderMap;
use reqwest::{Client, Url};
use secrecy::SecretString;

use super::{
    GatewayError, Inner,
    endpoint::Endpoint,
    upstreams::{Auth, Upstream},
};

/// A user's own model server.
pub struct CustomUpstream {
    /// Where it answers.
    pub base: Url,
    /// The API that it speaks.
    pub wire: WireFormat,
    /// Its key, if it has one.
    pub key: Option<SecretString>,
    /// Whether it may be on this machine or in its network.
    pub private_allowed: bool,
}

/// The way to a provider for one request.
pub(super) struct Route {
    /// The client that connects there and nowhere else.
    pub(super) client: Client,
    base: Url,
    upstream: Upstream,
    key: Option<SecretString>,
    provider: String,
}

impl Inner {
    /// The way to a provider for a user.
    ///
    /// # Errors
    /// [`GatewayError::UnknownProvider`], or why its address, client or key cannot be had.
    pub(super) async fn route(&self, user: UserId, provider: &str) -> Result<Route, GatewayError> {
        let Ok(upstream) = self.upstreams.get(provider) else {
            return self.custom_route(user, provider).await;
        };
        let base = match &upstream.base {
            Some(base) => base.clone(),
            None => self.demo.base().await?.clone(),
        };
        let key = match upstream.auth {
            Auth::None => None,
            _ => self.keys.key(user, provider).await?,
        };
        let client = self.clients.for_url(&base).clone();
        Ok(Route { client, base, upstream: upstream.clone(), key, provider: provider.to_owned() })
    }

    async fn custom_route(&self, user: UserId, provider: &str) -> Result<Route, GatewayError> {
        let unknown = || GatewayError::UnknownProvider(provider.to_owned());
        let CustomUpstream { base, wire, key, private_allowed } =
            self.keys.custom(user, provider).await?.ok_or_else(unknown)?;
        let client = self.clients.pinned(&base, private_allowed, provider).await?;
        let upstream = Upstream::custom(&base, wire);
        Ok(Route { client, base, upstream, key, provider: provider.to_owned() })
    }
}

impl Route {
    /// The URL of a call, with the caller's query.
    pub(super) fn url(&self, endpoint: Endpoint, query: Option<&str>) -> Url {
        self.upstream.url(&self.base, endpoint, query)
    }

    /// Shows the key the way the provider wants it.
    ///
    /// # Errors
    /// [`GatewayError::NoKey`] if it needs one and there is none.
    pub(super) fn authorize(&self, headers: &mut HeaderMap) -> Result<(), GatewayError> {
        let shown = self.upstream.authorize(self.key.as_ref(), headers);
        shown.ok_or_else(|| GatewayError::NoKey(self.provider.clone()))
    }

    /// Whether it speaks Anthropic's API, which wants a version in each request.
    pub(super) fn is_anthropic(&self) -> bool {
        matches!(self.upstream.auth, Auth::ApiKeyHeader | Auth::OptionalApiKey)
    }
}
