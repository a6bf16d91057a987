//! The only place where an [`AuthUser`] or [`AdminUser`] is made: from a request's bearer token or cookie.
//!
//! Also the only place that lets nobody in without a second factor where one is required; [`SettingUpUser`] alone does.

use app::{
    error::AppError,
    model::{Scope, TokenId, Viewer},
};
use axum::extract::{FromRef, FromRequestParts};
use http::{HeaderMap, header::AUTHORIZATION, request::Parts};

use super::{Auth, token::Claims};
use crate::{
    db::{self, now_ms},
    error::{self, Problem},
};

/// What a person proved who they are with.
#[derive(Clone, Debug)]
pub(super) enum Credential {
    /// A sign-in.
    Session,
    /// A personal access token.
    Personal {
        /// Its row.
        id: TokenId,
        /// What it may do.
        scopes: Vec<Scope>,
    },
}

/// A signed-in person, or a script with a token of theirs; having one proves that the session or token existed when the
/// request came, and that the token may do what the request's method does.
#[derive(Clone, Debug)]
pub struct AuthUser {
    viewer: Viewer,
    credential: Credential,
}

impl AuthUser {
    pub(super) fn new(viewer: Viewer, credential: Credential) -> Self {
        Self { viewer, credential }
    }

    /// Refuses a token that may not do this; a sign-in may do everything.
    ///
    /// # Errors
    /// [`AppError::Denied`].
    pub fn require(&self, scope: Scope) -> Result<(), AppError> {
        match &self.credential {
            Credential::Personal { scopes, .. } if !scopes.contains(&scope) => Err(AppError::Denied(
                format!("This token lacks the scope \u{201c}{}\u{201d}.", scope.as_str()),
            )),
            _ => Ok(()),
        }
    }

    /// The person, as services take them.
    pub fn viewer(&self) -> &Viewer {
        &self.viewer
    }
}

/// A person who signed in with a password, for what no personal access token may do.
#[derive(Clone, Debug)]
pub struct SessionUser(AuthUser);

impl SessionUser {
    /// The person, as services take them.
    pub fn viewer(&self) -> &Viewer {
        self.0.viewer()
    }
}

/// A person who signed in with a password and may lack the second factor that this installation requires: only for the few
/// calls with which they set it up.
#[derive(Clone, Debug)]
pub struct SettingUpUser(AuthUser);

impl SettingUpUser {
    /// The person, as services take them.
    pub fn viewer(&self) -> &Viewer {
        self.0.viewer()
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
    /// The person behind a request that carries a session's token; personal ones are for [`Auth::authorize`].
    ///
    /// # Errors
    /// [`AppError::Unauthorized`] without a valid token of a session that still exists;
    /// [`AppError::SecondFactorSetupRequired`] for whoever lacks a second factor that is required.
    pub async fn authenticate(&self, headers: &HeaderMap) -> Result<AuthUser, AppError> {
        let SettingUpUser(user) = self.authenticate_setting_up(headers).await?;
        self.require_second_factor(user.viewer.id).await?;
        Ok(user)
    }

    /// As [`Auth::authenticate`], also for whoever has yet to set up a second factor.
    ///
    /// # Errors
    /// [`AppError::Unauthorized`] without a valid token of a session that still exists.
    pub async fn authenticate_setting_up(&self, headers: &HeaderMap) -> Result<SettingUpUser, AppError> {
        let claims = self.claims(headers).ok_or(AppError::Unauthorized)?;
        let user = claims.user().ok_or(AppError::Unauthorized)?;
        let viewer =
            db::sessions::viewer(self.0.db.reader(), user, &claims.sid, now_ms()).await.map_err(error::db)?;
        let viewer = viewer.ok_or(AppError::Unauthorized)?;
        Ok(SettingUpUser(AuthUser::new(viewer, Credential::Session)))
    }

    /// Whether the session or token of an open socket still exists and opens it; ask every few seconds.
    ///
    /// # Errors
    /// [`AppError::Internal`] if the database fails.
    pub async fn is_alive(&self, user: &AuthUser) -> Result<bool, AppError> {
        let (db, now) = (self.0.db.reader(), now_ms());
        if !self.has_second_factor_if_required(user.viewer.id).await? {
            return Ok(false);
        }
        match &user.credential {
            Credential::Session => {
                let session = user.viewer.session.as_str();
                let viewer = db::sessions::viewer(db, user.viewer.id, session, now).await;
                Ok(viewer.map_err(error::db)?.is_some())
            }
            Credential::Personal { id, .. } => db::tokens::is_valid(db, *id, now).await.map_err(error::db),
        }
    }

    /// Claims of the request's token: the bearer token if there is one, else the cookie.
    pub(super) fn claims(&self, headers: &HeaderMap) -> Option<Claims> {
        let token = if headers.contains_key(AUTHORIZATION) {
            bearer(headers)?
        } else {
            self.0.cookies.access(headers)?
        };
        self.0.keys.check(token)
    }
}

/// The token in a request's `Authorization` header.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

impl<S> FromRequestParts<S> for AuthUser
where
    S: Send + Sync,
    Auth: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let scope = if parts.method.is_safe() { Scope::Read } else { Scope::Write };
        Ok(Auth::from_ref(state).authorize(&parts.headers, scope).await?)
    }
}

impl<S> FromRequestParts<S> for SessionUser
where
    S: Send + Sync,
    Auth: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let user = AuthUser::from_request_parts(parts, state).await?;
        match user.credential {
            Credential::Session => Ok(Self(user)),
            Credential::Personal { .. } => {
                let why = "No personal access token may do this: sign in with your password.";
                Err(AppError::Denied(why.to_owned()).into())
            }
        }
    }
}

impl<S> FromRequestParts<S> for SettingUpUser
where
    S: Send + Sync,
    Auth: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let auth = Auth::from_ref(state);
        // Refused in the words that a personal token gets everywhere.
        if super::personal::of_request(&parts.headers).is_some() {
            return SessionUser::from_request_parts(parts, state).await.map(|SessionUser(user)| Self(user));
        }
        Ok(auth.authenticate_setting_up(&parts.headers).await?)
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
