//! A person's own account: sign-ins, password, notifications, and the links that lead to an account.

use app::{
    backend::{Answer, OwnAccount},
    error::AppError,
    model::{Credentials, Notifications, Page, PasswordChange, Session, SessionId, Timestamp, User, Viewer},
};
use async_trait::async_trait;
use http::HeaderMap;
use secrecy::SecretString;

use super::{Services, check::Check, device::device};
use crate::{
    db::{self, now_ms},
    error,
};

#[async_trait]
impl OwnAccount for Services {
    async fn sessions(&self, viewer: &Viewer, page: Page<SessionId>) -> Answer<Vec<Session>> {
        let own = db::sessions::list(self.db.reader(), viewer.id, &page, now_ms()).await;
        let own = own.map_err(error::db)?;
        let mut sessions: Vec<_> = own
            .into_iter()
            .map(|own| Session {
                device: device(&own.user_agent),
                current: own.id == viewer.session,
                id: own.id,
                created_at: own.created_at,
                last_used_at: own.rotated_at,
            })
            .collect();
        // A part of the list keeps its order, by which the next part is found.
        if page == Page::ALL {
            sessions.sort_by_key(|session| !session.current);
        }
        Ok(sessions)
    }

    async fn end_session(&self, viewer: &Viewer, id: &SessionId) -> Answer<()> {
        self.auth.require_step_up(viewer).await?;
        let mut tx = self.begin().await?;
        if !db::sessions::delete_own(&mut tx, viewer.id, id).await.map_err(error::db)? {
            return Err(AppError::NotFound);
        }
        let name = viewer.username.as_str();
        db::audit::insert(&mut tx, Some(viewer.id), name, "session_ended", "", now_ms())
            .await
            .map_err(error::db)?;
        tx.commit().await.map_err(error::db)
    }

    async fn end_other_sessions(&self, viewer: &Viewer) -> Answer<()> {
        self.auth.require_step_up(viewer).await?;
        let mut tx = self.begin().await?;
        let ended = db::sessions::delete_others(&mut tx, viewer.id, &viewer.session).await;
        let (name, ended) = (viewer.username.as_str(), ended.map_err(error::db)?.to_string());
        db::audit::insert(&mut tx, Some(viewer.id), name, "other_sessions_ended", &ended, now_ms())
            .await
            .map_err(error::db)?;
        tx.commit().await.map_err(error::db)
    }

    async fn change_password(&self, viewer: &Viewer, change: PasswordChange) -> Answer<()> {
        let PasswordChange { current, password } = change;
        let mut check = Check::default();
        check.password(&password, viewer.username.as_str());
        check.done()?;
        if !self.auth.is_own_password(viewer, SecretString::from(current)).await? {
            return Err(AppError::invalid("current", "This is not your current password."));
        }
        let hash = self.auth.passwords().hash(SecretString::from(password)).await?;
        let (name, now) = (viewer.username.as_str(), now_ms());
        let mut tx = self.begin().await?;
        db::users::set_password(&mut tx, viewer.id, &hash).await.map_err(error::db)?;
        // Open sockets ask for their session every few seconds and end with it.
        db::sessions::delete_others(&mut tx, viewer.id, &viewer.session).await.map_err(error::db)?;
        db::tokens::delete_of_user(&mut tx, viewer.id).await.map_err(error::db)?;
        db::audit::insert(&mut tx, Some(viewer.id), name, "password_changed", "", now)
            .await
            .map_err(error::db)?;
        tx.commit().await.map_err(error::db)
    }

    async fn step_up(&self, viewer: &Viewer, password: String) -> Answer<Timestamp> {
        self.auth.step_up(viewer, SecretString::from(password)).await
    }

    async fn notifications(&self, viewer: &Viewer) -> Answer<Notifications> {
        let wanted = db::users::notifications(self.db.reader(), viewer.id).await.map_err(error::db)?;
        wanted.ok_or(AppError::NotFound)
    }

    async fn set_notifications(&self, viewer: &Viewer, wanted: Notifications) -> Answer<()> {
        let mut tx = self.begin().await?;
        db::users::set_notifications(&mut tx, viewer.id, wanted).await.map_err(error::db)?;
        tx.commit().await.map_err(error::db)
    }

    async fn accept_invite(
        &self,
        headers: &HeaderMap,
        token: &str,
        credentials: Credentials,
    ) -> Answer<User> {
        self.use_invite(headers, token, credentials).await
    }

    async fn reset_password(&self, headers: &HeaderMap, token: &str, password: String) -> Answer<User> {
        self.use_reset(headers, token, password).await
    }
}
