//! Who somebody is: sign-in, sessions, tokens, and the extractors that turn a request into a person.
//!
//! Must not know what a person may do with a thing; services ask that of the rows' owner.

pub mod attempt;
pub mod cookies;
pub mod extract;
pub mod layer;
pub mod limiter;
pub mod origin;
pub mod password;
pub mod personal;
pub mod rate;
mod renew;
mod second_factor;
mod step_up;
pub mod token;
pub mod totp;

use std::{net::IpAddr, sync::Arc};

use app::{
    error::AppError,
    model::{Role, SignIn, UserId, Username},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, header::USER_AGENT};
use secrecy::{ExposeSecret as _, SecretString};
use sqlx::{Sqlite, Transaction};

use crate::{
    config::{Config, SecondFactorPolicy},
    crypto::{ApiKeyCipher, MasterKey, random_bytes},
    db::{self, Db, now_ms, sessions::NewSession},
    error,
};
use cookies::CookieStyle;
use limiter::{Attempt, LoginLimiter};
use origin::Site;
use password::Passwords;
use rate::RequestLimiter;
use token::TokenKeys;

pub use extract::{AdminUser, AuthUser, SessionUser, SettingUpUser};

/// Most bytes kept of what a browser calls itself.
const USER_AGENT_MAX: usize = 200;
/// Header in which [`layer::client_address`] hands on the client's address; never taken from a client.
pub const CLIENT_ADDRESS: &str = "x-autocode-client-address";

/// Signs people in and out and tells who a request is from; clones share its state.
#[derive(Clone)]
pub struct Auth(Arc<Inner>);

struct Inner {
    db: Db,
    keys: TokenKeys,
    passwords: Passwords,
    limiter: LoginLimiter,
    requests: RequestLimiter,
    cookies: CookieStyle,
    site: Site,
    proxies: Vec<IpAddr>,
    step_up_ms: i64,
    second_factor: SecondFactorPolicy,
    cipher: ApiKeyCipher,
}

/// What a client gets at sign-in and at renewal.
#[derive(Clone, Debug)]
pub struct TokenPair {
    /// Signed, for [`token::ACCESS_SECS`].
    pub access: SecretString,
    /// Good for one renewal.
    pub refresh: SecretString,
}

impl Auth {
    /// With the secrets of this master key.
    pub fn new(db: Db, master: &MasterKey, config: &Config) -> Self {
        Self(Arc::new(Inner {
            db,
            keys: TokenKeys::new(master),
            passwords: Passwords::default(),
            limiter: LoginLimiter::default(),
            requests: RequestLimiter::new(config.requests_per_second),
            cookies: CookieStyle::new(config.https()),
            site: Site::new(config.public_url.as_deref()),
            proxies: config.trusted_proxies.clone(),
            step_up_ms: i64::try_from(config.step_up_secs).unwrap_or(i64::MAX / 1000) * 1000,
            second_factor: config.second_factor,
            cipher: ApiKeyCipher::new(master),
        }))
    }

    /// Hashes and checks passwords.
    pub fn passwords(&self) -> &Passwords {
        &self.0.passwords
    }

    /// How cookies are named and guarded.
    pub fn cookies(&self) -> CookieStyle {
        self.0.cookies
    }

    /// Signs somebody in with a password, and with a code where they have a second factor.
    ///
    /// # Errors
    /// [`AppError::BadCredentials`], alike and equally slow for unknown names and wrong passwords;
    /// [`AppError::SecondFactorRequired`] without a right code; [`AppError::TooManyRequests`] after several failures.
    pub async fn sign_in(&self, headers: &HeaderMap, sign_in: SignIn) -> Result<TokenPair, AppError> {
        let SignIn { username, password, code } = sign_in;
        let attempt = self.begin_attempt(Attempt::SignIn, &username, headers)?;
        let stored = match username.parse::<Username>() {
            Ok(name) => db::users::find_by_name(self.0.db.reader(), &name).await.map_err(error::db)?,
            Err(_) => None,
        };
        let password = SecretString::from(password);
        let too_long = password.expose_secret().len() > password::MAX_LEN * 4;
        let hash = stored.as_ref().map(|s| s.password_hash.clone());
        let fits = !too_long && self.0.passwords.verify(password, hash).await?;
        let stored = match stored {
            Some(stored) if fits => stored,
            other => {
                self.record_refusal(&attempt, other.as_ref().map(|stored| &stored.user)).await?;
                return Err(AppError::BadCredentials);
            }
        };
        let mut tx = self.0.db.begin().await.map_err(error::db)?;
        let code = code.as_deref().unwrap_or_default();
        if let Err(why) = self.use_code(&mut tx, &stored.user, code, &attempt.address).await? {
            // The attempt stays counted, also without a code: a right password must not forgive wrong codes.
            tx.commit().await.map_err(error::db)?;
            return Err(AppError::SecondFactorRequired(why.to_owned()));
        }
        self.attempt_succeeded(&attempt);
        let pair = self.begin_session(&mut tx, headers, stored.user.id).await?;
        let name = stored.user.username.as_str();
        db::audit::insert(&mut tx, Some(stored.user.id), name, "signed_in", &attempt.address, now_ms())
            .await
            .map_err(error::db)?;
        tx.commit().await.map_err(error::db)?;
        Ok(pair)
    }

    /// Begins a session for somebody whose identity was checked, as part of a transaction.
    ///
    /// # Errors
    /// [`AppError::Internal`].
    pub async fn begin_session(
        &self,
        tx: &mut Transaction<'_, Sqlite>,
        headers: &HeaderMap,
        user: UserId,
    ) -> Result<TokenPair, AppError> {
        let id = URL_SAFE_NO_PAD.encode(random_bytes::<16>().map_err(no_random)?);
        let refresh = self.0.keys.refresh(&id, 0);
        let agent = headers.get(USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let now = now_ms();
        let session = NewSession {
            id: &id,
            user,
            refresh_hash: &refresh.hash,
            user_agent: agent.get(..agent.len().min(USER_AGENT_MAX)).unwrap_or_default(),
            expires_at: now + token::REFRESH_SECS * 1000,
        };
        db::sessions::insert(tx, &session, now).await.map_err(error::db)?;
        db::users::signed_in(tx, user, now).await.map_err(error::db)?;
        Ok(TokenPair { access: self.access_token(user, &id, now)?, refresh: refresh.secret })
    }

    /// Creates an account in a transaction: hashing is done by the caller beforehand.
    ///
    /// # Errors
    /// [`AppError::Conflict`] for a taken name.
    pub async fn create_account(
        &self,
        tx: &mut Transaction<'_, Sqlite>,
        username: &Username,
        hash: &str,
        role: Role,
        actor: &str,
    ) -> Result<UserId, AppError> {
        let now = now_ms();
        let id = db::users::insert(tx, username, hash, role, now).await.map_err(error::db)?;
        db::audit::insert(tx, Some(id), actor, "user_created", username.as_str(), now)
            .await
            .map_err(error::db)?;
        Ok(id)
    }

    fn access_token(&self, user: UserId, session: &str, now: i64) -> Result<SecretString, AppError> {
        let token = self.0.keys.issue(user, session, now / 1000);
        token.map_err(|e| error::internal("an access token could not be signed", e))
    }
}

fn no_random(e: getrandom::Error) -> AppError {
    error::internal("the operating system gives no random numbers", e)
}
