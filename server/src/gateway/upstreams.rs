//! Which providers there are, where they answer and how they want to be shown a key.
//!
//! Must not know users or make requests.

use std::collections::BTreeMap;

use app::model::WireFormat;
use http::{HeaderMap, HeaderValue, header};
use reqwest::Url;
use secrecy::{ExposeSecret as _, SecretString};

use super::{GatewayError, endpoint::Endpoint};

/// How a provider wants to be shown the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Auth {
    /// `x-api-key`.
    ApiKeyHeader,
    /// `Authorization: Bearer`.
    Bearer,
    /// The same, but it works without a key too.
    OptionalBearer,
    /// `x-api-key`, where there is a key.
    OptionalApiKey,
    /// There is no key.
    None,
}

/// One provider.
#[derive(Clone, Debug)]
pub(super) struct Upstream {
    /// Where it answers; none stands for the embedded demonstration server.
    pub(super) base: Option<Url>,
    /// How it wants the key.
    pub(super) auth: Auth,
    /// What stands between the base URL and the call's own path.
    prefix: &'static str,
}

impl Upstream {
    /// A user's own model server.
    pub(super) fn custom(base: &Url, wire: WireFormat) -> Self {
        let bare = base.path().trim_matches('/').is_empty();
        let versioned = base.path().trim_end_matches('/').ends_with("/v1");
        let (auth, prefix) = match wire {
            WireFormat::Anthropic => (Auth::OptionalApiKey, if versioned { "" } else { "v1/" }),
            WireFormat::Openai => (Auth::OptionalBearer, if bare { "v1/" } else { "" }),
        };
        Self { base: Some(base.clone()), auth, prefix }
    }
}

/// Provider, base URL, way to show the key, and what follows the base URL.
const KNOWN: [(&str, Option<&str>, Auth, &str); 6] = [
    ("anthropic", Some("https://api.anthropic.com"), Auth::ApiKeyHeader, "v1/"),
    ("demo", None, Auth::None, "v1/"),
    ("gemini", Some("https://generativelanguage.googleapis.com/v1beta/openai"), Auth::Bearer, ""),
    ("ollama", Some("http://127.0.0.1:11434"), Auth::OptionalBearer, "v1/"),
    ("openai", Some("https://api.openai.com"), Auth::Bearer, "v1/"),
    ("openrouter", Some("https://openrouter.ai/api"), Auth::Bearer, "v1/"),
];

/// All providers by name.
#[derive(Clone, Debug)]
pub struct Upstreams(BTreeMap<String, Upstream>);

impl Default for Upstreams {
    /// The providers' public addresses, and the embedded server for `demo`.
    fn default() -> Self {
        let upstream = |(name, base, auth, prefix): (&str, Option<&str>, Auth, &'static str)| {
            (name.to_owned(), Upstream { base: base.and_then(|url| Url::parse(url).ok()), auth, prefix })
        };
        Self(KNOWN.into_iter().map(upstream).collect())
    }
}

impl Upstreams {
    /// The same with another base URL for a provider; an unknown provider is added as one that takes a bearer token.
    ///
    /// # Errors
    /// [`GatewayError::BaseUrl`] if it is no http(s) URL.
    pub fn with(mut self, provider: &str, base: &str) -> Result<Self, GatewayError> {
        let url =
            Url::parse(base).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let Some(url) = url else {
            return Err(GatewayError::BaseUrl { provider: provider.to_owned(), url: base.to_owned() });
        };
        let upstream = self.0.entry(provider.to_owned()).or_insert(Upstream {
            base: None,
            auth: Auth::Bearer,
            prefix: "v1/",
        });
        upstream.base = Some(url);
        Ok(self)
    }

    pub(super) fn get(&self, provider: &str) -> Result<&Upstream, GatewayError> {
        self.0.get(provider).ok_or_else(|| GatewayError::UnknownProvider(provider.to_owned()))
    }
}

impl Upstream {
    /// The URL of a call below a base URL, with the caller's query.
    pub(super) fn url(&self, base: &Url, endpoint: Endpoint, query: Option<&str>) -> Url {
        let mut url = base.clone();
        url.set_path(&format!("{}/{}{}", base.path().trim_end_matches('/'), self.prefix, endpoint.path()));
        url.set_query(query);
        url
    }

    /// Shows the key the way the provider wants it; none if a key is needed and there is none, or it is no header value.
    pub(super) fn authorize(&self, key: Option<&SecretString>, headers: &mut HeaderMap) -> Option<()> {
        let (name, text) = match (self.auth, key) {
            (Auth::None, _) | (Auth::OptionalBearer | Auth::OptionalApiKey, None) => return Some(()),
            (Auth::ApiKeyHeader | Auth::Bearer, None) => return None,
            (Auth::ApiKeyHeader | Auth::OptionalApiKey, Some(key)) => {
                ("x-api-key", key.expose_secret().to_owned())
            }
            (Auth::Bearer | Auth::OptionalBearer, Some(key)) => {
                (header::AUTHORIZATION.as_str(), format!("Bearer {}", key.expose_secret()))
            }
        };
        let mut value = HeaderValue::from_str(&text).ok()?;
        value.set_sensitive(true);
        headers.insert(name, value);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_base_is_a_url() {
        let upstreams = Upstreams::default();
        for (name, base, ..) in KNOWN {
            assert_eq!(upstreams.get(name).unwrap().base.is_some(), base.is_some(), "{name}");
        }
        assert!(matches!(upstreams.get("nobody"), Err(GatewayError::UnknownProvider(_))));
    }

    #[test]
    fn urls_follow_each_providers_layout() {
        let upstreams = Upstreams::default().with("anthropic", "http://127.0.0.1:9/x/").unwrap();
        let url = |name: &str, endpoint, query| {
            let upstream = upstreams.get(name).unwrap();
            upstream.url(upstream.base.as_ref().unwrap(), endpoint, query).to_string()
        };
        assert_eq!(
            url("anthropic", Endpoint::Messages, Some("beta=true")),
            "http://127.0.0.1:9/x/v1/messages?beta=true"
        );
        assert_eq!(url("openai", Endpoint::Responses, None), "https://api.openai.com/v1/responses");
        assert_eq!(
            url("gemini", Endpoint::Chat, None),
            "https://generativelanguage.googleapis.com/v1beta/openai/chat/completions"
        );
        let own = |base: &str, wire, endpoint| {
            let base = Url::parse(base).unwrap();
            Upstream::custom(&base, wire).url(&base, endpoint, None).to_string()
        };
        for base in ["https://m.example", "https://m.example/v1/"] {
            let chat = own(base, WireFormat::Openai, Endpoint::Chat);
            let messages = own(base, WireFormat::Anthropic, Endpoint::Messages);
            assert_eq!(
                [chat.as_str(), messages.as_str()],
                ["https://m.example/v1/chat/completions", "https://m.example/v1/messages"]
            );
        }
        let deep = own("https://m.example/api/openai", WireFormat::Openai, Endpoint::Chat);
        assert_eq!(deep, "https://m.example/api/openai/chat/completions");
        assert!(Upstreams::default().with("openai", "file:///etc/passwd").is_err());
    }
}
