//! Which headers pass in either direction.
//!
//! Must not know what they mean to a provider: all pass that do not belong to one connection, to us or to a browser.

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// Headers about a connection, not about the message (RFC 9110, section 7.6.1).
const HOP_BY_HOP: [&str; 9] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];
/// Headers of a request that end here: who the caller is to us, and what our own client sets.
const ENDS_HERE: [&str; 10] = [
    "accept-encoding",
    "api-key",
    "authorization",
    "cookie",
    "expect",
    "forwarded",
    "host",
    "x-api-key",
    "x-forwarded-for",
    "x-goog-api-key",
];
/// Headers of an answer that speak about the upstream's host, which the caller is not talking to.
const OF_THEIR_HOST: [&str; 3] = ["alt-svc", "set-cookie", "strict-transport-security"];

/// What of a request's headers goes up. Compression is declined, so that the answer can be read as it passes.
pub(super) fn upward(headers: &HeaderMap) -> HeaderMap {
    let mut passed = without(headers, &ENDS_HERE);
    passed.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    passed
}

/// What of an answer's headers comes down.
pub(super) fn downward(headers: &HeaderMap) -> HeaderMap {
    without(headers, &OF_THEIR_HOST)
}

fn without(headers: &HeaderMap, names: &[&str]) -> HeaderMap {
    let listed: Vec<String> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(',').map(|name| name.trim().to_lowercase()))
        .collect();
    let stays = |name: &HeaderName| {
        let name = name.as_str();
        HOP_BY_HOP.contains(&name) || names.contains(&name) || listed.iter().any(|listed| listed == name)
    };
    headers
        .iter()
        .filter(|(name, _)| !stays(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(headers: &HeaderMap) -> Vec<&str> {
        headers.keys().map(HeaderName::as_str).collect()
    }

    #[test]
    fn secrets_and_connections_stay_behind() {
        let mut headers = HeaderMap::new();
        for name in [
            "authorization",
            "x-api-key",
            "cookie",
            "host",
            "te",
            "x-listed",
            "anthropic-beta",
            "content-length",
        ] {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static("1"));
        }
        headers.insert("connection", HeaderValue::from_static("close, X-Listed"));
        let mut passed = upward(&headers);
        assert_eq!(passed.remove("accept-encoding").unwrap(), "identity");
        assert_eq!(names(&passed), ["anthropic-beta", "content-length"]);
    }

    #[test]
    fn answers_keep_what_is_about_the_message() {
        let mut headers = HeaderMap::new();
        for name in
            ["retry-after", "set-cookie", "transfer-encoding", "request-id", "x-ratelimit-remaining-tokens"]
        {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static("1"));
        }
        assert_eq!(names(&downward(&headers)), ["retry-after", "request-id", "x-ratelimit-remaining-tokens"]);
    }
}
