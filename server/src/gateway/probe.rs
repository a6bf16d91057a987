//! One request that costs nothing, to see what a provider says to a user's key.
//!
//! Must not tell anybody the key: the answer's body is not even read.

use std::time::Duration;

use app::model::UserId;
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use super::{Gateway, GatewayError, endpoint::Endpoint, proxy::reason};

/// Probes under way for the whole server.
pub(super) const AT_ONCE: usize = 4;
/// Longest time until the provider has answered.
const LIMIT: Duration = Duration::from_secs(10);

/// What a provider says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Probe {
    /// The key works.
    Accepted,
    /// The key is known and over a limit.
    Limited,
    /// The key does not work; the HTTP status.
    Refused(u16),
    /// There was no answer about the key; why, in half a sentence.
    Unclear(String),
    /// Too many probes are under way.
    Busy,
}

impl Gateway {
    /// Asks a provider for something that only a valid key opens.
    pub async fn probe(&self, user: UserId, provider: &str) -> Probe {
        let Ok(_slot) = self.0.probes.try_acquire() else { return Probe::Busy };
        match tokio::time::timeout(LIMIT, self.ask(user, provider)).await {
            Ok(Ok(status)) => verdict(provider, status),
            Ok(Err(error)) => Probe::Unclear(error.to_string().trim_end_matches('.').to_owned()),
            Err(_) => Probe::Unclear(format!("{provider} did not answer within 10 seconds")),
        }
    }

    async fn ask(&self, user: UserId, provider: &str) -> Result<StatusCode, GatewayError> {
        let route = self.0.route(user, provider).await?;
        let mut headers = HeaderMap::new();
        if route.is_anthropic() {
            headers.insert("anthropic-version", HeaderValue::from_static("2023-06-01"));
        }
        route.authorize(&mut headers)?;
        // OpenRouter lists its models to anybody; what a key may do it tells only the key.
        let endpoint = if provider == "openrouter" { Endpoint::Key } else { Endpoint::Models };
        let sending = route.client.request(Method::GET, route.url(endpoint, None)).headers(headers).send();
        let answer = sending.await.map_err(|error| GatewayError::Unreachable {
            provider: provider.to_owned(),
            reason: reason(&error),
        })?;
        Ok(answer.status())
    }
}

fn verdict(provider: &str, status: StatusCode) -> Probe {
    match status {
        status if status.is_success() => Probe::Accepted,
        StatusCode::TOO_MANY_REQUESTS => Probe::Limited,
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Probe::Refused(status.as_u16()),
        // Gemini's way to say that a key is not valid.
        StatusCode::BAD_REQUEST if provider == "gemini" => Probe::Refused(status.as_u16()),
        status => Probe::Unclear(format!("{provider} answered with status {}", status.as_u16())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_answer_about_the_key_is_a_verdict() {
        let of = |provider, status| verdict(provider, StatusCode::from_u16(status).unwrap());
        assert_eq!([200, 204].map(|status| of("openai", status)), [Probe::Accepted, Probe::Accepted]);
        assert_eq!([401, 403].map(|s| of("openai", s)), [Probe::Refused(401), Probe::Refused(403)]);
        assert_eq!((of("gemini", 400), of("openai", 429)), (Probe::Refused(400), Probe::Limited));
        for unclear in [302, 400, 404, 500, 503] {
            let why = format!("anthropic answered with status {unclear}");
            assert_eq!(of("anthropic", unclear), Probe::Unclear(why));
        }
    }
}
