//! The password again: some actions want it to have been typed in this very sign-in, and lately.
//!
//! Signing in counts, renewing does not. Must not know which actions those are; services say so.

use app::{
    error::AppError,
    model::{Timestamp, Viewer},
};
use secrecy::SecretString;

use super::Auth;
use crate::{
    db::{self, now_ms},
    error,
};

impl Auth {
    /// Refuses a sign-in in which the password was not typed lately.
    ///
    /// # Errors
    /// [`AppError::StepUpRequired`].
    pub async fn require_step_up(&self, viewer: &Viewer) -> Result<(), AppError> {
        let session = viewer.session.as_str();
        let confirmed = db::step_up::confirmed_at(self.0.db.reader(), viewer.id, session);
        let since = now_ms() - confirmed.await.map_err(error::db)?.unwrap_or(0);
        // A time to come is no confirmation either: the clock was set back.
        if (0..self.0.step_up_ms).contains(&since) { Ok(()) } else { Err(AppError::StepUpRequired) }
    }

    /// Takes the password again for the viewer's sign-in; returns until when it counts.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for a wrong one; [`AppError::TooManyRequests`] after several.
    pub async fn step_up(&self, viewer: &Viewer, typed: SecretString) -> Result<Timestamp, AppError> {
        if !self.is_own_password(viewer, typed).await? {
            return Err(AppError::invalid("password", "This is not your password."));
        }
        let now = now_ms();
        let (session, name) = (viewer.session.as_str(), viewer.username.as_str());
        let mut tx = self.0.db.begin().await.map_err(error::db)?;
        if !db::step_up::confirm(&mut tx, viewer.id, session, now).await.map_err(error::db)? {
            return Err(AppError::Unauthorized);
        }
        db::audit::insert(&mut tx, Some(viewer.id), name, "step_up", "", now).await.map_err(error::db)?;
        tx.commit().await.map_err(error::db)?;
        Ok(Timestamp::from_millis(now + self.0.step_up_ms))
    }
}
