//! `/auth`: tokens for API clients.

use app::model::Credentials;
use axum::{Router, extract::State, routing::post};
use http::{HeaderMap, StatusCode};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};

use super::{Problem, extract::Json};
use crate::{
    auth::{Auth, Renewal, TokenPair, token::ACCESS_SECS},
    state::AppState,
};

/// What a client keeps; never logged, so without `Debug`.
#[derive(Serialize)]
struct Tokens {
    access_token: String,
    token_type: &'static str,
    expires_in: i64,
    refresh_token: Option<String>,
}

impl From<TokenPair> for Tokens {
    fn from(pair: TokenPair) -> Self {
        Self {
            access_token: pair.access.expose_secret().to_owned(),
            token_type: "Bearer",
            expires_in: ACCESS_SECS,
            refresh_token: pair.refresh.map(|token| token.expose_secret().to_owned()),
        }
    }
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
}

async fn login(
    State(auth): State<Auth>,
    headers: HeaderMap,
    Json(credentials): Json<Credentials>,
) -> Result<axum::Json<Tokens>, Problem> {
    Ok(axum::Json(auth.sign_in(&headers, credentials).await?.into()))
}

async fn refresh(State(auth): State<Auth>, Json(body): Json<Refresh>) -> Result<axum::Json<Tokens>, Problem> {
    Ok(axum::Json(auth.renew(&body.refresh_token, Renewal::Client).await?.into()))
}

async fn logout(State(auth): State<Auth>, Json(body): Json<Refresh>) -> Result<StatusCode, Problem> {
    auth.end_by_refresh(&body.refresh_token).await?;
    Ok(StatusCode::NO_CONTENT)
}
