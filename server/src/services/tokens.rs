//! Personal access tokens of a user: made, shown once, listed, revoked.

use app::{
    backend::{Answer, SHOWN_TOKEN, Tokens},
    error::AppError,
    model::{NewToken, PersonalToken, Scope, Timestamp, TokenDraft, TokenId, Viewer},
};
use async_trait::async_trait;
use secrecy::ExposeSecret as _;

use super::{Services, check::Check};
use crate::{
    auth::token,
    db::{self, now_ms, tokens::NewRow},
    error,
};

/// Tokens that one user may have.
const MAX_TOKENS: i64 = 50;
const DAY_MS: i64 = 24 * 3600 * 1000;

#[async_trait]
impl Tokens for Services {
    async fn tokens(&self, viewer: &Viewer) -> Answer<Vec<PersonalToken>> {
        db::tokens::list(self.db.reader(), viewer.id).await.map_err(error::db)
    }

    async fn create_token(&self, viewer: &Viewer, draft: TokenDraft) -> Answer<NewToken> {
        self.auth.require_step_up(viewer).await?;
        let mut scopes = draft.scopes;
        scopes.sort_unstable();
        scopes.dedup();
        let mut check = Check::default();
        check.name("name", &draft.name);
        check.that(!scopes.is_empty(), "scopes", "Choose what the token may do.");
        let admin = !scopes.contains(&Scope::Admin) || viewer.is_admin();
        check.that(admin, "scopes", "Only an admin can make a token for what only admins may do.");
        let days = draft.expires_in_days;
        check.that(
            days.is_none_or(|days| (1..=366).contains(&days)),
            "expires_in_days",
            "Choose 1 to 366 days.",
        );
        check.done()?;
        self.auth.require_step_up(viewer).await?;
        let token = token::personal()
            .map_err(|e| error::internal("the operating system gives no random numbers", e))?;
        let now = now_ms();
        let name = draft.name.trim();
        let expires_at = days.map(|days| now + i64::from(days) * DAY_MS);
        let new = NewRow { name, hash: &token.hash, scopes: &scopes, expires_at };
        let mut tx = self.begin().await?;
        if db::tokens::count(&mut *tx, viewer.id).await.map_err(error::db)? >= MAX_TOKENS {
            let why = format!("You have {MAX_TOKENS} tokens; revoke some of them first.");
            return Err(AppError::Conflict(why));
        }
        let id = db::tokens::insert(&mut tx, viewer.id, &new, now).await.map_err(error::db)?;
        let actor = viewer.username.as_str();
        db::audit::insert(&mut tx, Some(viewer.id), actor, "token_created", name, now)
            .await
            .map_err(error::db)?;
        tx.commit().await.map_err(error::db)?;
        Ok(NewToken {
            token: token.secret.expose_secret().to_owned(),
            stored: PersonalToken {
                id,
                name: name.to_owned(),
                scopes,
                created_at: Timestamp::from_millis(now),
                expires_at: expires_at.map(Timestamp::from_millis),
                last_used_at: None,
            },
        })
    }

    fn show_token(&self, token: Option<&str>) -> String {
        self.auth.cookies().shown_once(SHOWN_TOKEN, "/settings", token)
    }

    async fn delete_token(&self, viewer: &Viewer, id: TokenId) -> Answer<()> {
        let mut tx = self.begin().await?;
        let name = db::tokens::delete(&mut tx, viewer.id, id).await.map_err(error::db)?;
        let name = name.ok_or(AppError::NotFound)?;
        let actor = viewer.username.as_str();
        db::audit::insert(&mut tx, Some(viewer.id), actor, "token_revoked", &name, now_ms())
            .await
            .map_err(error::db)?;
        tx.commit().await.map_err(error::db)
    }
}
