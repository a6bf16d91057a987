//! Attempts at secrets other than a sign-in, slowed down alike: the own password again, tokens of links.
//!
//! Must not know what is done once an attempt succeeds.

use std::time::Instant;

use app::{error::AppError, model::Viewer};
use http::HeaderMap;
use secrecy::{ExposeSecret as _, SecretString};

use super::{Auth, CLIENT_ADDRESS, limiter::AttemptKey, password};
use crate::{db, error};

impl Auth {
    /// Counts an attempt at a name or secret from the request's address before it is made.
    ///
    /// # Errors
    /// [`AppError::TooManyRequests`] if it may not be made now.
    pub fn begin_attempt(&self, what: &str, headers: &HeaderMap) -> Result<AttemptKey, AppError> {
        let address =
            headers.get(CLIENT_ADDRESS).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        self.count(AttemptKey { username: what.chars().take(64).collect(), address })
    }

    /// Forgets the attempts after one that succeeded.
    pub fn attempt_succeeded(&self, attempt: &AttemptKey) {
        self.0.limiter.succeeded(attempt);
    }

    /// Whether this is the signed-in person's own password: asked again before something that a stranger at an open
    /// browser must not do. Counted for the account, whatever the address.
    ///
    /// # Errors
    /// [`AppError::TooManyRequests`] after several failures; [`AppError::Unauthorized`] if the account is gone.
    pub async fn is_own_password(&self, viewer: &Viewer, typed: SecretString) -> Result<bool, AppError> {
        // No address is called that, so sign-ins and confirmations do not slow each other down.
        let attempt =
            AttemptKey { username: viewer.username.to_string(), address: "confirmation".to_owned() };
        let attempt = self.count(attempt)?;
        let stored = db::users::password_hash(self.0.db.reader(), viewer.id).await.map_err(error::db)?;
        let stored = stored.ok_or(AppError::Unauthorized)?;
        let too_long = typed.expose_secret().len() > password::MAX_LEN * 4;
        let fits = !too_long && self.0.passwords.verify(typed, Some(stored)).await?;
        if fits {
            self.attempt_succeeded(&attempt);
        } else {
            tracing::warn!(user = %viewer.username, "a password was asked for again and was wrong");
        }
        Ok(fits)
    }

    fn count(&self, attempt: AttemptKey) -> Result<AttemptKey, AppError> {
        self.0.limiter.begin(&attempt, Instant::now()).map_err(AppError::TooManyRequests)?;
        Ok(attempt)
    }
}
