//! Tokens: short signed access tokens and long random refresh tokens.
//!
//! Must not know the database: whether a session still exists is asked elsewhere.

use app::model::{SessionId, UserId};
use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::crypto::{MasterKey, random_bytes};

/// How long an access token is valid, in seconds.
pub const ACCESS_SECS: i64 = 15 * 60;
/// How long a refresh token is valid after its last use, in seconds.
pub const REFRESH_SECS: i64 = 30 * 24 * 3600;
/// How a personal access token begins, so that people and scanners for secrets recognise one.
pub const PERSONAL_PREFIX: &str = "autocode_pat_";
/// How long a sign-in lasts at most, however often it is used, in seconds.
pub const SESSION_SECS: i64 = 90 * 24 * 3600;
const AUDIENCE: &str = "autocode";
const ACCESS_TYPE: &str = "access";

/// What an access token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Row id of the user, as text.
    pub sub: String,
    /// Id of the session.
    pub sid: String,
    /// Always `autocode`.
    pub aud: String,
    /// Always `access`.
    pub typ: String,
    /// Seconds since the epoch of its making.
    pub iat: i64,
    /// Seconds since the epoch from which on it is worthless.
    pub exp: i64,
}

impl Claims {
    /// The user.
    pub fn user(&self) -> Option<UserId> {
        self.sub.parse().ok()
    }
}

/// Signs and checks access tokens, and makes refresh tokens.
#[derive(Clone)]
pub struct TokenKeys {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
    refresh: hmac::Key,
}

impl TokenKeys {
    /// The keys of this master key.
    pub fn new(master: &MasterKey) -> Self {
        let secret = master.derive("autocode access tokens v1");
        let mut validation = Validation::new(Algorithm::HS256);
        validation.leeway = 0;
        validation.set_audience(&[AUDIENCE]);
        // Without this a token that lacks `aud` would pass.
        validation.set_required_spec_claims(&["exp", "aud", "sub"]);
        Self {
            encoding: EncodingKey::from_secret(secret.expose_secret()),
            decoding: DecodingKey::from_secret(secret.expose_secret()),
            validation,
            refresh: hmac::Key::new(
                hmac::HMAC_SHA256,
                master.derive("autocode refresh tokens v1").expose_secret(),
            ),
        }
    }

    /// The refresh token of a sign-in after so many replacements.
    ///
    /// Computed, not drawn: two tabs that renew at once get the same successor, so that neither has one that counts as
    /// replaced, and any earlier token is known to be one.
    pub fn refresh(&self, session: &str, generation: i64) -> RefreshToken {
        let signed = format!("{session}.{generation}");
        let tag = URL_SAFE_NO_PAD.encode(hmac::sign(&self.refresh, signed.as_bytes()));
        let secret = format!("{signed}.{tag}");
        RefreshToken { hash: hash(&secret), secret: SecretString::from(secret) }
    }

    /// The sign-in that a refresh token was made for, whether it is still good or not.
    pub fn session_of(&self, refresh: &str) -> Option<SessionId> {
        let (signed, tag) = refresh.rsplit_once('.')?;
        let tag = URL_SAFE_NO_PAD.decode(tag).ok()?;
        hmac::verify(&self.refresh, signed.as_bytes(), &tag).ok()?;
        signed.split_once('.')?.0.parse().ok()
    }

    /// An access token for a session, made at `now` (seconds since the epoch).
    ///
    /// # Errors
    /// If signing fails, which would be a fault of ours.
    pub fn issue(
        &self,
        user: UserId,
        session: &str,
        now: i64,
    ) -> Result<SecretString, jsonwebtoken::errors::Error> {
        let claims = Claims {
            sub: user.to_string(),
            sid: session.to_owned(),
            aud: AUDIENCE.to_owned(),
            typ: ACCESS_TYPE.to_owned(),
            iat: now,
            exp: now + ACCESS_SECS,
        };
        encode(&Header::new(Algorithm::HS256), &claims, &self.encoding).map(SecretString::from)
    }

    /// The claims of a token that is ours and has not expired.
    pub fn check(&self, token: &str) -> Option<Claims> {
        let claims = decode::<Claims>(token, &self.decoding, &self.validation).ok()?.claims;
        (claims.typ == ACCESS_TYPE && !claims.sid.is_empty()).then_some(claims)
    }
}

/// A secret that is stored only as its hash.
#[derive(Clone, Debug)]
pub struct RefreshToken {
    /// What the client gets.
    pub secret: SecretString,
    /// What is stored.
    pub hash: [u8; 32],
}

impl RefreshToken {
    /// 32 random bytes, for links that are used once.
    ///
    /// # Errors
    /// If the operating system has no random numbers.
    pub fn random() -> Result<Self, getrandom::Error> {
        let secret = URL_SAFE_NO_PAD.encode(random_bytes::<32>()?);
        Ok(Self { hash: hash(&secret), secret: SecretString::from(secret) })
    }
}

/// A new personal access token: as random, and recognised by its beginning.
///
/// # Errors
/// If the operating system has no random numbers.
pub fn personal() -> Result<RefreshToken, getrandom::Error> {
    let secret = format!("{PERSONAL_PREFIX}{}", URL_SAFE_NO_PAD.encode(random_bytes::<32>()?));
    Ok(RefreshToken { hash: hash(&secret), secret: SecretString::from(secret) })
}

/// The stored form of a random token.
pub fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: fn() -> i64 = || crate::db::now_ms() / 1000;

    fn keys() -> TokenKeys {
        let folder = tempfile::tempdir().unwrap();
        TokenKeys::new(&MasterKey::load_or_create(&folder.path().join("key")).unwrap())
    }

    #[test]
    fn a_token_is_valid_until_its_very_second() {
        let keys = keys();
        let token = |made| keys.issue(UserId(7), "s", made).unwrap();
        let claims = keys.check(token(NOW()).expose_secret()).unwrap();
        assert_eq!((claims.user(), claims.sid.as_str()), (Some(UserId(7)), "s"));
        assert_eq!(keys.check(token(NOW() - ACCESS_SECS - 1).expose_secret()), None);
    }

    #[test]
    fn a_refresh_token_names_its_sign_in_and_cannot_be_made_up() {
        let (keys, other) = (keys(), keys());
        let token = keys.refresh("abc", 3);
        assert_eq!(token.hash, keys.refresh("abc", 3).hash, "two tabs would get different ones");
        assert_ne!(token.hash, keys.refresh("abc", 4).hash);
        let secret = token.secret.expose_secret();
        assert_eq!(keys.session_of(secret).unwrap().as_str(), "abc");
        let forged = [
            secret.replace("abc", "abd"),
            secret.replace(".3.", ".4."),
            secret[..secret.len() - 2].to_owned(),
            format!("abc.3.{}", URL_SAFE_NO_PAD.encode([0; 32])),
            "abc".to_owned(),
            String::new(),
        ];
        for forged in forged {
            assert!(keys.session_of(&forged).is_none(), "{forged} passed");
        }
        assert!(other.session_of(secret).is_none(), "a token of another installation passed");
    }

    #[test]
    fn tokens_that_lack_a_claim_or_are_not_ours_are_refused() {
        let (keys, other) = (keys(), keys());
        let good = serde_json::json!({
            "sub": "7", "sid": "s", "aud": "autocode", "typ": "access", "iat": NOW(), "exp": NOW() + 60
        });
        let signed = |claims: &serde_json::Value, algorithm| {
            encode(&Header::new(algorithm), claims, &keys.encoding).unwrap()
        };
        assert!(keys.check(&signed(&good, Algorithm::HS256)).is_some());
        assert_eq!(keys.check(&signed(&good, Algorithm::HS384)), None);
        for claim in ["sub", "sid", "aud", "typ", "exp"] {
            let mut bad = good.clone();
            bad.as_object_mut().unwrap().remove(claim);
            assert_eq!(keys.check(&signed(&bad, Algorithm::HS256)), None, "a token without {claim} passed");
        }
        for (claim, value) in [("aud", "other"), ("typ", "refresh")] {
            let mut bad = good.clone();
            bad[claim] = value.into();
            assert_eq!(
                keys.check(&signed(&bad, Algorithm::HS256)),
                None,
                "a token with {claim}={value} passed"
            );
        }
        let foreign = other.issue(UserId(7), "s", NOW()).unwrap();
        assert_eq!(keys.check(foreign.expose_secret()), None);
    }
}
