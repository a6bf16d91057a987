//! Instance tokens: what a cell shows to the gateway instead of a key.
//!
//! Must not know where tokens are stored; only their hash ever is.

use app::model::InstanceId;
use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, header};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

use crate::crypto::MasterKey;

/// What every instance token begins with, so that one found in a log is recognised.
const PREFIX: &str = "aci_";

/// A token and what is stored of it.
pub struct InstanceToken {
    /// `aci_` and 43 characters of base64url.
    pub secret: SecretString,
    /// SHA-256 of the secret.
    pub hash: [u8; 32],
}

/// Makes instance tokens; clones share the key.
#[derive(Clone)]
pub struct InstanceTokens(hmac::Key);

impl InstanceTokens {
    /// Those of this master key.
    pub fn new(master: &MasterKey) -> Self {
        let key = master.derive("autocode instance tokens v1");
        Self(hmac::Key::new(hmac::HMAC_SHA256, key.expose_secret()))
    }

    /// The token of an instance that was first started at `started_at`, in milliseconds since the Unix epoch. It is
    /// computed, not drawn: a coding CLI keeps its token for life, and may outlive runner and server.
    pub fn of(&self, instance: InstanceId, started_at: i64) -> InstanceToken {
        let tag = hmac::sign(&self.0, format!("{instance}.{started_at}").as_bytes());
        let secret = SecretString::from(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(tag)));
        InstanceToken { hash: hash(secret.expose_secret()), secret }
    }
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

    fn tokens() -> InstanceTokens {
        let folder = tempfile::tempdir().unwrap();
        InstanceTokens::new(&MasterKey::load_or_create(&folder.path().join("master.key")).unwrap())
    }

    #[test]
    fn each_instance_has_one_token_and_no_other_has_it() {
        let tokens = tokens();
        let of = |id, at| tokens.of(InstanceId(id), at);
        let one = of(1, 5);
        let secret = one.secret.expose_secret();
        assert_eq!((secret.len(), &secret[..4], one.hash), (47, "aci_", hash(secret)));
        assert_eq!(of(1, 5).secret.expose_secret(), secret, "the coding CLI still has the one from before");
        let others = [of(2, 5), of(1, 6), of(15, 0), self::tokens().of(InstanceId(1), 5)];
        assert!(others.iter().all(|other| other.hash != one.hash));
    }

    #[test]
    fn tokens_are_found_in_either_header() {
        let token = tokens().of(InstanceId(1), 0);
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
