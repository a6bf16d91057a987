//! The life of a sign-in after its beginning: renewed by refresh tokens, ended by its person or by a stolen token.

use app::error::AppError;
use http::{HeaderMap, header::AUTHORIZATION};
use sqlx::{Sqlite, Transaction};

use super::{Auth, TokenPair, token};
use crate::{
    db::{self, now_ms},
    error,
};

/// For this long after a rotation the token before is still accepted: two tabs may renew at once.
const GRACE_MS: i64 = 10_000;

impl Auth {
    /// Replaces a refresh token. Using one that was replaced before ends the whole sign-in: somebody else has it too.
    ///
    /// Within ten seconds, two tabs that renew with the same token get the same new one.
    ///
    /// # Errors
    /// [`AppError::Unauthorized`].
    pub async fn renew(&self, refresh: &str) -> Result<TokenPair, AppError> {
        let hash = token::hash(refresh);
        let issued = self.0.keys.session_of(refresh);
        let now = now_ms();
        // Looked up first without the right to write, so that guesses keep nobody waiting.
        let known = db::sessions::find_by_refresh(self.0.db.reader(), &hash, now).await.map_err(error::db)?;
        if known.is_none() && issued.is_none() {
            return Err(AppError::Unauthorized);
        }
        let mut tx = self.0.db.begin().await.map_err(error::db)?;
        let Some(session) = db::sessions::find_by_refresh(&mut *tx, &hash, now).await.map_err(error::db)?
        else {
            if let Some(id) = issued {
                self.end_stolen(tx, id.as_str(), now).await?;
            }
            return Err(AppError::Unauthorized);
        };
        if now >= session.created_at + token::SESSION_SECS * 1000 {
            db::sessions::delete(&mut tx, &session.id).await.map_err(error::db)?;
            tx.commit().await.map_err(error::db)?;
            return Err(AppError::Unauthorized);
        }
        if !session.current && now - session.rotated_at > GRACE_MS {
            self.end_stolen(tx, &session.id, now).await?;
            return Err(AppError::Unauthorized);
        }
        let access = self.access_token(session.user, &session.id, now)?;
        if !session.current {
            let successor = self.0.keys.refresh(&session.id, session.generation);
            return Ok(TokenPair { access, refresh: successor.secret });
        }
        let generation = session.generation + 1;
        let next = self.0.keys.refresh(&session.id, generation);
        let ends = (now + token::REFRESH_SECS * 1000).min(session.created_at + token::SESSION_SECS * 1000);
        db::sessions::rotate(&mut tx, &session.id, &next.hash, generation, now, ends)
            .await
            .map_err(error::db)?;
        tx.commit().await.map_err(error::db)?;
        Ok(TokenPair { access, refresh: next.secret })
    }

    /// Ends a sign-in one of whose earlier tokens was used, if it still exists.
    async fn end_stolen(
        &self,
        mut tx: Transaction<'_, Sqlite>,
        session: &str,
        now: i64,
    ) -> Result<(), AppError> {
        if let Some(user) = db::sessions::owner(&mut *tx, session).await.map_err(error::db)? {
            db::sessions::delete(&mut tx, session).await.map_err(error::db)?;
            let name = db::users::find(&mut *tx, user).await.map_err(error::db)?;
            let name = name.map_or_else(String::new, |user| user.username.to_string());
            db::audit::insert(&mut tx, Some(user), &name, "refresh_token_reused", "", now)
                .await
                .map_err(error::db)?;
            tracing::warn!(user = %name, "a replaced refresh token was used; its sign-in ended");
        }
        tx.commit().await.map_err(error::db)
    }

    /// Ends the session that a refresh token belongs to; fine when there is none.
    ///
    /// # Errors
    /// [`AppError::Internal`].
    pub async fn end_by_refresh(&self, refresh: &str) -> Result<(), AppError> {
        let hash = token::hash(refresh);
        let found = db::sessions::find_by_refresh(self.0.db.reader(), &hash, now_ms()).await;
        match found.map_err(error::db)? {
            Some(session) => self.end(&session.id).await,
            None => Ok(()),
        }
    }

    /// Ends the session that a request was authenticated with, whichever token it carries.
    ///
    /// # Errors
    /// [`AppError::Internal`].
    pub async fn end_of_request(&self, headers: &HeaderMap) -> Result<(), AppError> {
        if let Some(claims) = self.claims(headers) {
            self.end(&claims.sid).await?;
        }
        // Where there is a bearer token, cookies are not read: such a request may come from another site.
        match self.0.cookies.refresh(headers).filter(|_| !headers.contains_key(AUTHORIZATION)) {
            Some(refresh) => self.end_by_refresh(refresh).await,
            None => Ok(()),
        }
    }

    async fn end(&self, session: &str) -> Result<(), AppError> {
        let mut tx = self.0.db.begin().await.map_err(error::db)?;
        if let Some(user) = db::sessions::owner(&mut *tx, session).await.map_err(error::db)? {
            db::sessions::delete(&mut tx, session).await.map_err(error::db)?;
            let name = db::users::find(&mut *tx, user).await.map_err(error::db)?;
            let name = name.map_or_else(String::new, |user| user.username.to_string());
            db::audit::insert(&mut tx, Some(user), &name, "signed_out", "", now_ms())
                .await
                .map_err(error::db)?;
        }
        tx.commit().await.map_err(error::db)
    }
}
