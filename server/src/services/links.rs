//! One-time links: an admin makes one and hands it over, somebody uses it once.
//!
//! The token is shown at that moment only; what is stored is its hash. Expected by the pages `/invite` and `/reset` behind
//! `#`, so that it is in no URL that a server or proxy logs.

use app::{
    backend::Answer,
    error::AppError,
    model::{Credentials, NewLink, Role, Timestamp, User, UserId, Viewer},
};
use http::HeaderMap;
use secrecy::{ExposeSecret as _, SecretString};

use super::{Services, accounts::new_account, check::Check};
use crate::{
    auth::{
        limiter::Attempt,
        token::{RefreshToken, hash},
    },
    db::{self, now_ms},
    error,
};

/// How long a link is good for.
const LIFETIME_MS: i64 = 72 * 3600 * 1000;
/// Invitations that may be open at once.
const MAX_OPEN: i64 = 100;

fn not_valid() -> AppError {
    AppError::invalid(
        "token",
        "This link is not valid: it was used already, or it is too old. Ask for a new one.",
    )
}

impl Services {
    /// Makes a link; for a user it resets the password, for nobody it invites.
    pub(super) async fn new_link(&self, viewer: &Viewer, user: Option<&User>) -> Answer<NewLink> {
        let token = RefreshToken::random()
            .map_err(|e| error::internal("the operating system gives no random numbers", e))?;
        let now = now_ms();
        let ends = now + LIFETIME_MS;
        let (actor, id) = (viewer.username.as_str(), user.map(|user| user.id));
        let (page, action) = match user {
            Some(_) => ("reset", "reset_link_created"),
            None => ("invite", "invite_created"),
        };
        let mut tx = self.begin().await?;
        let open = db::links::count_invites(&mut *tx, now).await.map_err(error::db)?;
        if user.is_none() && open >= MAX_OPEN {
            let why = "There are too many open invitations; remove some of them first.";
            return Err(AppError::Conflict(why.to_owned()));
        }
        db::links::insert(&mut tx, &token.hash, id, actor, now, ends).await.map_err(error::db)?;
        let whose = user.map_or("", |user| user.username.as_str());
        db::audit::insert(&mut tx, id, actor, action, whose, now).await.map_err(error::db)?;
        tx.commit().await.map_err(error::db)?;
        let base = self.config.public_url.as_deref().unwrap_or_default();
        let link = format!("{base}/{page}#{}", token.secret.expose_secret());
        let username = user.map(|user| user.username.clone());
        Ok(NewLink { link, username, expires_at: Timestamp::from_millis(ends) })
    }

    /// Creates the account that an invitation is for.
    pub(super) async fn use_invite(
        &self,
        headers: &HeaderMap,
        token: &str,
        credentials: Credentials,
    ) -> Answer<User> {
        let attempt = self.auth.begin_attempt(Attempt::Link, "#invite", headers)?;
        let token = hash(token.trim());
        if !db::links::is_invite(self.db.reader(), &token, now_ms()).await.map_err(error::db)? {
            return Err(not_valid());
        }
        self.auth.attempt_succeeded(&attempt);
        let (username, password) = new_account(credentials)?;
        let hash = self.auth.passwords().hash(password).await?;
        let mut tx = self.begin().await?;
        if !db::links::take(&mut tx, &token, now_ms()).await.map_err(error::db)? {
            return Err(not_valid());
        }
        let name = username.as_str();
        let id = self.auth.create_account(&mut tx, &username, &hash, Role::User, name).await?;
        db::audit::insert(&mut tx, Some(id), name, "invite_used", "", now_ms()).await.map_err(error::db)?;
        self.folders.create(&username).await?;
        tx.commit().await.map_err(error::db)?;
        self.account(id).await
    }

    /// Replaces the password of the user whom a reset link is for, and ends all of the user's sign-ins.
    pub(super) async fn use_reset(&self, headers: &HeaderMap, token: &str, password: String) -> Answer<User> {
        let attempt = self.auth.begin_attempt(Attempt::Link, "#reset", headers)?;
        let token = hash(token.trim());
        let user = db::links::reset_user(self.db.reader(), &token, now_ms()).await.map_err(error::db)?;
        let id = user.ok_or_else(not_valid)?;
        self.auth.attempt_succeeded(&attempt);
        let user = self.account(id).await?;
        let mut check = Check::default();
        check.password(&password, user.username.as_str());
        check.done()?;
        let hash = self.auth.passwords().hash(SecretString::from(password)).await?;
        let mut tx = self.begin().await?;
        if !db::links::take(&mut tx, &token, now_ms()).await.map_err(error::db)? {
            return Err(not_valid());
        }
        db::users::set_password(&mut tx, id, &hash).await.map_err(error::db)?;
        db::sessions::delete_of_user(&mut tx, id).await.map_err(error::db)?;
        db::tokens::delete_of_user(&mut tx, id).await.map_err(error::db)?;
        let name = user.username.as_str();
        db::audit::insert(&mut tx, Some(id), name, "password_reset", "", now_ms())
            .await
            .map_err(error::db)?;
        tx.commit().await.map_err(error::db)?;
        Ok(user)
    }

    /// An account by its id.
    pub(super) async fn account(&self, id: UserId) -> Answer<User> {
        db::users::find(self.db.reader(), id).await.map_err(error::db)?.ok_or(AppError::NotFound)
    }
}
