//! `/auth`: tokens for API clients.

use app::{
    backend::SharedBackend,
    model::{Credentials, Timestamp},
};
use axum::{Router, extract::State, routing::post};
use http::{HeaderMap, StatusCode};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};

use super::{Problem, extract::Json};
use crate::{
    auth::{Auth, AuthUser, TokenPair, token::ACCESS_SECS},
    state::AppState,
};

/// What a client keeps; never logged, so without `Debug`.
#[derive(Serialize)]
struct Tokens {
    access_token: String,
    token_type: &'static str,
    expires_in: i64,
    refresh_token: String,
}

impl From<TokenPair> for Tokens {
    fn from(pair: TokenPair) -> Self {
        Self {
            access_token: pair.access.expose_secret().to_owned(),
            token_type: "Bearer",
            expires_in: ACCESS_SECS,
            refresh_token: pair.refresh.expose_secret().to_owned(),
        }
    }
}

/// The own password again; never logged, so without `Debug`.
#[derive(Deserialize)]
struct PasswordAgain {
    password: String,
}

/// Until when the password counts.
#[derive(Serialize)]
struct SteppedUp {
    valid_until: Timestamp,
}

#[derive(Deserialize)]
struct Refresh {
    refresh_token: String,
}

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/auth/login", post(login))
        .route("/auth/refresh", post(refresh))
        .route("/auth/logout", post(logout))
        .route("/auth/step-up", post(step_up))
}

async fn login(
    State(auth): State<Auth>,
    headers: HeaderMap,
    Json(credentials): Json<Credentials>,
) -> Result<axum::Json<Tokens>, Problem> {
    Ok(axum::Json(auth.sign_in(&headers, credentials).await?.into()))
}

async fn refresh(State(auth): State<Auth>, Json(body): Json<Refresh>) -> Result<axum::Json<Tokens>, Problem> {
    Ok(axum::Json(auth.renew(&body.refresh_token).await?.into()))
}

/// For what wants the password to have been typed lately in this sign-in.
async fn step_up(
    user: AuthUser,
    State(backend): State<SharedBackend>,
    Json(body): Json<PasswordAgain>,
) -> Result<axum::Json<SteppedUp>, Problem> {
    let valid_until = backend.step_up(user.viewer(), body.password).await?;
    Ok(axum::Json(SteppedUp { valid_until }))
}

async fn logout(State(auth): State<Auth>, Json(body): Json<Refresh>) -> Result<StatusCode, Problem> {
    auth.end_by_refresh(&body.refresh_token).await?;
    Ok(StatusCode::NO_CONTENT)
}
