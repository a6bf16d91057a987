//! A person's second factor: set up, confirmed, switched off, and its recovery codes.

use app::{
    backend::{Answer, SHOWN_CODES, SecondFactors},
    error::AppError,
    model::{RecoveryCodes, SecondFactor, SecondFactorSetup, Timestamp, Viewer},
};
use async_trait::async_trait;
use secrecy::{ExposeSecret as _, SecretString};
use sqlx::{Sqlite, Transaction};

use super::Services;
use crate::{
    auth::{token, totp},
    db::{self, now_ms},
    error,
};

/// What an app needs to know.
fn setup(viewer: &Viewer, secret: &SecretString) -> Answer<SecondFactorSetup> {
    let url = totp::url(secret, viewer.username.as_str())?;
    Ok(SecondFactorSetup { secret: secret.expose_secret().to_owned(), qr: totp::picture(&url)?, url })
}

impl Services {
    async fn note_factor(
        &self,
        tx: &mut Transaction<'_, Sqlite>,
        viewer: &Viewer,
        action: &str,
    ) -> Answer<()> {
        let actor = viewer.username.as_str();
        db::audit::insert(tx, Some(viewer.id), actor, action, "", now_ms()).await.map_err(error::db)
    }

    /// New recovery codes in place of all earlier ones.
    async fn give_codes(&self, tx: &mut Transaction<'_, Sqlite>, viewer: &Viewer) -> Answer<RecoveryCodes> {
        let codes = totp::new_recovery_codes()?;
        let hashes: Vec<_> = codes.iter().map(|code| token::hash(&totp::plain(code))).collect();
        db::second_factors::replace_recovery_codes(tx, viewer.id, &hashes).await.map_err(error::db)?;
        Ok(RecoveryCodes { codes, created_at: Timestamp::from_millis(now_ms()) })
    }
}

#[async_trait]
impl SecondFactors for Services {
    async fn second_factor(&self, viewer: &Viewer) -> Answer<SecondFactor> {
        let db = self.db.reader();
        let stored = db::second_factors::find(db, viewer.id).await.map_err(error::db)?;
        let confirmed = stored.filter(|factor| factor.confirmed);
        let left = db::second_factors::recovery_codes_left(db, viewer.id).await.map_err(error::db)?;
        Ok(SecondFactor {
            on: confirmed.is_some(),
            required: self.auth.second_factor_required(),
            recovery_codes_left: left,
            lost: confirmed
                .is_some_and(|f| self.auth.open_second_factor(viewer.id, &f.encrypted_secret).is_err()),
        })
    }

    async fn begin_second_factor(&self, viewer: &Viewer) -> Answer<SecondFactorSetup> {
        self.auth.require_step_up(viewer).await?;
        let secret = totp::new_secret()?;
        let sealed = self.auth.seal_second_factor(viewer.id, &secret)?;
        let mut tx = self.begin().await?;
        if !db::second_factors::begin(&mut tx, viewer.id, &sealed, now_ms()).await.map_err(error::db)? {
            let why = "Your second factor is on already; switch it off first.";
            return Err(AppError::Conflict(why.to_owned()));
        }
        tx.commit().await.map_err(error::db)?;
        setup(viewer, &secret)
    }

    async fn second_factor_setup(&self, viewer: &Viewer) -> Answer<Option<SecondFactorSetup>> {
        match self.auth.require_step_up(viewer).await {
            Ok(()) => {}
            Err(AppError::StepUpRequired) => return Ok(None),
            Err(error) => return Err(error),
        }
        let stored = db::second_factors::find(self.db.reader(), viewer.id).await.map_err(error::db)?;
        let Some(factor) = stored.filter(|factor| !factor.confirmed) else { return Ok(None) };
        // One that cannot be opened is made anew by beginning again.
        let secret = self.auth.open_second_factor(viewer.id, &factor.encrypted_secret).ok();
        secret.map(|secret| setup(viewer, &secret)).transpose()
    }

    async fn confirm_second_factor(&self, viewer: &Viewer, code: &str) -> Answer<RecoveryCodes> {
        let mut tx = self.begin().await?;
        let stored = db::second_factors::find(&mut *tx, viewer.id).await.map_err(error::db)?;
        let Some(factor) = stored.filter(|factor| !factor.confirmed) else {
            let why = "There is no second factor to be confirmed; begin to set one up first.";
            return Err(AppError::Conflict(why.to_owned()));
        };
        let opened = self.auth.open_second_factor(viewer.id, &factor.encrypted_secret);
        let secret = opened
            .map_err(|_| AppError::Conflict("The secret cannot be read any more; begin again.".to_owned()))?;
        let now = now_ms();
        let step = totp::step_of(&secret, &totp::plain(code), now / 1000)?;
        let step = step.ok_or_else(|| {
            let why = "This is not the code that the app should show now. Is the clock of the device right?";
            AppError::invalid("code", why)
        })?;
        db::second_factors::confirm(&mut tx, viewer.id, now).await.map_err(error::db)?;
        db::second_factors::use_step(&mut tx, viewer.id, step).await.map_err(error::db)?;
        let codes = self.give_codes(&mut tx, viewer).await?;
        self.note_factor(&mut tx, viewer, "second_factor_on").await?;
        tx.commit().await.map_err(error::db)?;
        Ok(codes)
    }

    async fn new_recovery_codes(&self, viewer: &Viewer) -> Answer<RecoveryCodes> {
        self.auth.require_step_up(viewer).await?;
        let mut tx = self.begin().await?;
        if !db::second_factors::is_on(&mut *tx, viewer.id).await.map_err(error::db)? {
            return Err(AppError::Conflict("Your second factor is off.".to_owned()));
        }
        let codes = self.give_codes(&mut tx, viewer).await?;
        self.note_factor(&mut tx, viewer, "recovery_codes_made").await?;
        tx.commit().await.map_err(error::db)?;
        Ok(codes)
    }

    async fn remove_second_factor(&self, viewer: &Viewer) -> Answer<()> {
        self.auth.require_step_up(viewer).await?;
        let mut tx = self.begin().await?;
        if !db::second_factors::delete(&mut tx, viewer.id).await.map_err(error::db)? {
            return Err(AppError::NotFound);
        }
        self.note_factor(&mut tx, viewer, "second_factor_off").await?;
        tx.commit().await.map_err(error::db)
    }

    fn show_recovery_codes(&self, codes: Option<&RecoveryCodes>) -> String {
        let value = codes.map(|codes| codes.codes.join("_"));
        self.auth.cookies().shown_once(SHOWN_CODES, "/", value.as_deref())
    }
}
