//! Personal access tokens: a script's way in, for API and sockets alone; pages and their server functions refuse them.
//!
//! Must not know which call needs which scope: the extractors say that.

use app::{
    error::AppError,
    model::{Role, Scope},
};
use http::HeaderMap;

use super::{
    Auth,
    extract::{AuthUser, Credential, bearer},
    token,
};
use crate::{
    db::{self, now_ms},
    error,
};

/// The last use of a token is noted again after this time.
const NOTE_MS: i64 = 60_000;

/// The personal access token that a request carries.
pub(super) fn of_request(headers: &HeaderMap) -> Option<&str> {
    bearer(headers)?.strip_prefix(token::PERSONAL_PREFIX).and(bearer(headers))
}

impl Auth {
    /// The person behind a request that carries a session's token, or a personal one with this scope.
    ///
    /// A personal token without the scope `admin` makes its owner an ordinary user.
    ///
    /// # Errors
    /// [`AppError::Unauthorized`] without a valid token; [`AppError::Denied`] if it lacks the scope;
    /// [`AppError::SecondFactorSetupRequired`] if its owner lacks a second factor that is required.
    pub async fn authorize(&self, headers: &HeaderMap, scope: Scope) -> Result<AuthUser, AppError> {
        let Some(secret) = of_request(headers) else { return self.authenticate(headers).await };
        let now = now_ms();
        let found = db::tokens::bearer(self.0.db.reader(), &token::hash(secret), now).await;
        let found = found.map_err(error::db)?.ok_or(AppError::Unauthorized)?;
        let mut viewer = found.viewer;
        self.require_second_factor(viewer.id).await?;
        if !found.scopes.contains(&Scope::Admin) {
            viewer.role = Role::User;
        }
        if found.last_used_at.is_none_or(|last| now - last >= NOTE_MS) {
            let mut tx = self.0.db.begin().await.map_err(error::db)?;
            db::tokens::used(&mut tx, found.id, now).await.map_err(error::db)?;
            tx.commit().await.map_err(error::db)?;
        }
        let user = AuthUser::new(viewer, Credential::Personal { id: found.id, scopes: found.scopes });
        user.require(scope)?;
        Ok(user)
    }
}
