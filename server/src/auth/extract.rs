//! The only place where an [`AuthUser`] or [`AdminUser`] is made: from a request's bearer token or cookie.

use app::{error::AppError, model::Viewer};
use axum::extract::{FromRef, FromRequestParts};
use http::{HeaderMap, header::AUTHORIZATION, request::Parts};

use super::{Auth, token::Claims};
use crate::{
    db::{self, now_ms},
    error::{self, Problem},
};

/// A signed-in person; having one proves that the session existed when the request came.
#[derive(Clone, Debug)]
pub struct AuthUser {
    viewer: Viewer,
}

impl AuthUser {
    /// The person, as services take them.
    pub fn viewer(&self) -> &Viewer {
        &self.viewer
    }
}

/// A signed-in admin.
#[derive(Clone, Debug)]
pub struct AdminUser(AuthUser);

impl AdminUser {
    /// The person, as services take them.
    pub fn viewer(&self) -> &Viewer {
        self.0.viewer()
    }
}

impl Auth {
    /// The person behind a request.
    ///
    /// # Errors
    /// [`AppError::Unauthorized`] without a valid token of a session that still exists.
    pub async fn authenticate(&self, headers: &HeaderMap) -> Result<AuthUser, AppError> {
        let claims = self.claims(headers).ok_or(AppError::Unauthorized)?;
        let user = claims.user().ok_or(AppError::Unauthorized)?;
        let viewer =
            db::sessions::viewer(self.0.db.reader(), user, &claims.sid, now_ms()).await.map_err(error::db)?;
        Ok(AuthUser { viewer: viewer.ok_or(AppError::Unauthorized)? })
    }

    /// Whether the session of an open socket still exists; ask every few seconds.
    ///
    /// # Errors
    /// [`AppError::Internal`] if the database fails.
    pub async fn is_alive(&self, user: &AuthUser) -> Result<bool, AppError> {
        let session = user.viewer.session.as_str();
        let viewer = db::sessions::viewer(self.0.db.reader(), user.viewer.id, session, now_ms());
        Ok(viewer.await.map_err(error::db)?.is_some())
    }

    /// Claims of the request's token: the bearer token if there is one, else the cookie.
    pub(super) fn claims(&self, headers: &HeaderMap) -> Option<Claims> {
        let token = match headers.get(AUTHORIZATION) {
            Some(value) => bearer(value.to_str().ok()?)?,
            None => self.0.cookies.access(headers)?,
        };
        self.0.keys.check(token)
    }
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

impl<S> FromRequestParts<S> for AuthUser
where
    S: Send + Sync,
    Auth: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Ok(Auth::from_ref(state).authenticate(&parts.headers).await?)
    }
}

impl<S> FromRequestParts<S> for AdminUser
where
    S: Send + Sync,
    Auth: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let user = AuthUser::from_request_parts(parts, state).await?;
        if !user.viewer.is_admin() {
            tracing::warn!(user = %user.viewer.username, path = parts.uri.path(), "a call for admins was refused");
            return Err(AppError::Forbidden.into());
        }
        Ok(Self(user))
    }
}
