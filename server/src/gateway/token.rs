//! Instance tokens: what a cell shows to the gateway instead of a key.
//!
//! Must not know where tokens are stored; only their hash ever is.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, header};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// What every instance token begins with, so that one found in a log is recognised.
const PREFIX: &str = "aci_";

/// A new token and what is stored of it.
pub struct InstanceToken {
    /// `aci_` and 43 characters of base64url; shown to the instance once.
    pub secret: SecretString,
    /// SHA-256 of the secret.
    pub hash: [u8; 32],
}

/// A fresh token of 244 random bits; like every use of `uuid`, it ends the task if the system has no randomness.
pub fn issue() -> InstanceToken {
    let random =
        Sha256::new().chain_update(Uuid::new_v4().as_bytes()).chain_update(Uuid::new_v4().as_bytes());
    let secret = SecretString::from(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random.finalize())));
    InstanceToken { hash: hash(secret.expose_secret()), secret }
}

/// SHA-256 of a token, as it is stored.
pub fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// The hash of the token in a request, from `Authorization: Bearer` or `x-api-key`.
pub(super) fn presented(headers: &HeaderMap) -> Option<[u8; 32]> {
    let text = |name: &str| headers.get(name)?.to_str().ok();
    let bearer = text(header::AUTHORIZATION.as_str()).and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
    });
    let candidates = [bearer, text("x-api-key")];
    candidates.into_iter().flatten().find(|token| token.starts_with(PREFIX)).map(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_long_and_different() {
        let (one, two) = (issue(), issue());
        let secret = one.secret.expose_secret();
        assert_eq!((secret.len(), &secret[..4]), (47, "aci_"));
        assert_ne!(secret, two.secret.expose_secret());
        assert_eq!(one.hash, hash(secret));
    }

    #[test]
    fn tokens_are_found_in_either_header() {
        let token = issue();
        let secret = token.secret.expose_secret();
        for (name, value) in [
            ("authorization", format!("Bearer {secret}")),
            ("authorization", format!("bearer {secret}")),
            ("x-api-key", secret.to_owned()),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(name, value.parse().unwrap());
            assert_eq!(presented(&headers), Some(token.hash), "{name}: {value}");
        }
        let mut headers = HeaderMap::new();
        headers.insert("authorization", "Bearer sk-other".parse().unwrap());
        assert_eq!(presented(&headers), None);
    }
}
