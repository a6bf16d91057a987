//! The second factor: what it opens at sign-in, and that nobody does without where it is required.
//!
//! Must not know how it is set up or shown; the services do that.

use app::{
    error::AppError,
    model::{User, UserId},
};
use secrecy::SecretString;
use sqlx::{Sqlite, Transaction};

use super::{Auth, token, totp};
use crate::{
    config::SecondFactorPolicy,
    crypto::{CipherError, KeySlot},
    db::{self, now_ms},
    error,
};

const MISSING: &str = "Type the code from your app, or one of your recovery codes.";
/// Alike for a code that never was, one of another time, and one that was used.
const WRONG: &str = "This code is not valid now, or it was used before. Type the next one that your app shows, or one of your recovery codes.";
const LOST: &str = "The codes of your app cannot be checked any more, because the server has another master key: type one of your recovery codes, or ask an admin to remove your second factor.";

impl Auth {
    /// Whether somebody has to have a second factor before anything else.
    pub fn second_factor_required(&self) -> bool {
        self.0.second_factor == SecondFactorPolicy::Required
    }

    /// Refuses whoever has no second factor where one is required.
    ///
    /// # Errors
    /// [`AppError::SecondFactorSetupRequired`].
    pub(super) async fn require_second_factor(&self, user: UserId) -> Result<(), AppError> {
        if self.has_second_factor_if_required(user).await? {
            return Ok(());
        }
        Err(AppError::SecondFactorSetupRequired)
    }

    /// Whether somebody has what the installation wants.
    pub(super) async fn has_second_factor_if_required(&self, user: UserId) -> Result<bool, AppError> {
        if !self.second_factor_required() {
            return Ok(true);
        }
        db::second_factors::is_on(self.0.db.reader(), user).await.map_err(error::db)
    }

    /// Seals the secret of somebody's second factor.
    ///
    /// # Errors
    /// [`AppError::Internal`].
    pub fn seal_second_factor(&self, user: UserId, secret: &SecretString) -> Result<Vec<u8>, AppError> {
        let sealed = self.0.cipher.seal(user, KeySlot::SecondFactor, secret);
        sealed.map_err(|e| error::internal("the secret of a second factor could not be sealed", e))
    }

    /// Opens what [`Auth::seal_second_factor`] returned for the same user.
    ///
    /// # Errors
    /// [`CipherError`].
    pub fn open_second_factor(&self, user: UserId, sealed: &[u8]) -> Result<SecretString, CipherError> {
        self.0.cipher.open(user, KeySlot::SecondFactor, sealed)
    }

    /// Uses up the code that came with a right password, as part of the sign-in's transaction; else says what is wrong with
    /// it, which the caller has to keep in the record too.
    pub(super) async fn use_code(
        &self,
        tx: &mut Transaction<'_, Sqlite>,
        user: &User,
        typed: &str,
        address: &str,
    ) -> Result<Result<(), &'static str>, AppError> {
        let factor = db::second_factors::find(&mut **tx, user.id).await.map_err(error::db)?;
        let Some(factor) = factor.filter(|factor| factor.confirmed) else { return Ok(Ok(())) };
        let code = totp::plain(typed);
        if code.is_empty() {
            return Ok(Err(MISSING));
        }
        let (now, name) = (now_ms(), user.username.as_str());
        let mut wrong = WRONG;
        if code.len() == totp::DIGITS {
            match self.open_second_factor(user.id, &factor.encrypted_secret) {
                Ok(secret) => {
                    let step = totp::step_of(&secret, &code, now / 1000)?;
                    if let Some(step) = step
                        && db::second_factors::use_step(tx, user.id, step).await.map_err(error::db)?
                    {
                        return Ok(Ok(()));
                    }
                }
                Err(error) => {
                    tracing::error!(user = name, %error, "the secret of a second factor cannot be opened");
                    wrong = LOST;
                }
            }
        } else {
            let used = db::second_factors::use_recovery_code(tx, user.id, &token::hash(&code), now).await;
            if used.map_err(error::db)? {
                db::audit::insert(tx, Some(user.id), name, "recovery_code_used", address, now)
                    .await
                    .map_err(error::db)?;
                return Ok(Ok(()));
            }
        }
        tracing::warn!(user = name, %address, "the code of a second factor was wrong");
        db::audit::insert_bounded(tx, Some(user.id), name, "wrong_code", address, now)
            .await
            .map_err(error::db)?;
        Ok(Err(wrong))
    }
}
