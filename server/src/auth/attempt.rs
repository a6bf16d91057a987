//! Attempts at secrets, slowed down alike: sign-ins, the own password again, tokens of links.
//!
//! Must not know what is done once an attempt succeeds.

use std::time::Instant;

use app::{error::AppError, model::Viewer};
use http::HeaderMap;
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    Auth, CLIENT_ADDRESS,
    limiter::{Attempt, AttemptKey},
    password,
};
use crate::{
    db::{self, now_ms},
    error,
};

/// Characters kept of a name as typed.
const NAME_MAX: usize = 64;

impl Auth {
    /// Counts an attempt at a name or secret from the request's address before it is made.
    ///
    /// # Errors
    /// [`AppError::TooManyRequests`] if it may not be made now.
    pub fn begin_attempt(
        &self,
        attempt: Attempt,
        what: &str,
        headers: &HeaderMap,
    ) -> Result<AttemptKey, AppError> {
        let address =
            headers.get(CLIENT_ADDRESS).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        self.count(AttemptKey { attempt, username: what.chars().take(NAME_MAX).collect(), address })
    }

    /// Takes back an attempt that succeeded.
    pub fn attempt_succeeded(&self, attempt: &AttemptKey) {
        self.0.limiter.succeeded(attempt, Instant::now());
    }

    /// Whether this is the signed-in person's own password: asked again before something that a stranger at an open
    /// browser must not do. Counted for the account, whatever the address; a wrong one is recorded.
    ///
    /// # Errors
    /// [`AppError::TooManyRequests`] after several failures; [`AppError::Unauthorized`] if the account is gone.
    pub async fn is_own_password(&self, viewer: &Viewer, typed: SecretString) -> Result<bool, AppError> {
        let attempt = AttemptKey {
            attempt: Attempt::Confirmation,
            username: viewer.username.to_string(),
            address: String::new(),
        };
        let attempt = self.count(attempt)?;
        let stored = db::users::password_hash(self.0.db.reader(), viewer.id).await.map_err(error::db)?;
        let stored = stored.ok_or(AppError::Unauthorized)?;
        let too_long = typed.expose_secret().len() > password::MAX_LEN * 4;
        let fits = !too_long && self.0.passwords.verify(typed, Some(stored)).await?;
        if fits {
            self.attempt_succeeded(&attempt);
        } else {
            tracing::warn!(user = %viewer.username, "a password was asked for again and was wrong");
            let mut tx = self.0.db.begin().await.map_err(error::db)?;
            let name = viewer.username.as_str();
            db::audit::insert(&mut tx, Some(viewer.id), name, "wrong_password_again", "", now_ms())
                .await
                .map_err(error::db)?;
            tx.commit().await.map_err(error::db)?;
        }
        Ok(fits)
    }

    /// Records a refused sign-in, alike for known and unknown names. What was typed for a name that is nobody's is not
    /// kept: it may be a password in the wrong field.
    pub(super) async fn record_refusal(
        &self,
        attempt: &AttemptKey,
        user: Option<&app::model::User>,
    ) -> Result<(), AppError> {
        let name = user.map_or("(unknown)", |user| user.username.as_str());
        tracing::warn!(username = name, address = %attempt.address, "a sign-in was refused");
        let mut tx = self.0.db.begin().await.map_err(error::db)?;
        db::audit::insert_bounded(
            &mut tx,
            user.map(|user| user.id),
            name,
            "sign_in_refused",
            &attempt.address,
            now_ms(),
        )
        .await
        .map_err(error::db)?;
        tx.commit().await.map_err(error::db)
    }

    fn count(&self, attempt: AttemptKey) -> Result<AttemptKey, AppError> {
        self.0.limiter.begin(&attempt, Instant::now()).map_err(AppError::TooManyRequests)?;
        Ok(attempt)
    }
}
