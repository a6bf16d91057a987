//! `/auth`: tokens for API clients.

use app::{
    backend::SharedBackend,
    model::{SignIn, Timestamp},
};
use axum::extract::State;
use http::{HeaderMap, StatusCode};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Problem, document::tag, extract::Json};
use crate::{
    auth::{Auth, SettingUpUser, TokenPair, token::ACCESS_SECS},
    state::AppState,
};

/// What a client keeps; never logged, so without `Debug`.
#[derive(Serialize, utoipa::ToSchema)]
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
#[derive(Deserialize, utoipa::ToSchema)]
struct PasswordAgain {
    password: String,
}

/// Until when the password counts.
#[derive(Serialize, utoipa::ToSchema)]
struct SteppedUp {
    valid_until: Timestamp,
}

#[derive(Deserialize, utoipa::ToSchema)]
struct Refresh {
    refresh_token: String,
}

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(login))
        .routes(routes!(refresh))
        .routes(routes!(logout))
        .routes(routes!(step_up))
}

/// Signs in with username and password, and with a code for those who have a second factor.
///
/// A right password without a right code is refused with the type `urn:autocode:problem:second_factor_required`.
#[utoipa::path(
    post,
    path = "/auth/login",
    tag = tag::SIGN_IN,
    request_body = SignIn,
    security(()),
    responses(
        (status = 200, body = Tokens),
        (status = 401),
        (status = 429)
    )
)]
async fn login(
    State(auth): State<Auth>,
    headers: HeaderMap,
    Json(sign_in): Json<SignIn>,
) -> Result<axum::Json<Tokens>, Problem> {
    Ok(axum::Json(auth.sign_in(&headers, sign_in).await?.into()))
}

/// Replaces a refresh token, which is good for one use.
///
/// Using one that was replaced before ends the whole sign-in.
#[utoipa::path(
    post,
    path = "/auth/refresh",
    tag = tag::SIGN_IN,
    request_body = Refresh,
    security(()),
    responses((status = 200, body = Tokens), (status = 401))
)]
async fn refresh(State(auth): State<Auth>, Json(body): Json<Refresh>) -> Result<axum::Json<Tokens>, Problem> {
    Ok(axum::Json(auth.renew(&body.refresh_token).await?.into()))
}

/// For what wants the password to have been typed lately in this sign-in.
#[utoipa::path(
    post,
    path = "/auth/step-up",
    tag = tag::ACCOUNT,
    operation_id = "step_up",
    security(("bearer" = []), ("cookie" = [])),
    request_body = PasswordAgain,
    responses((status = 200, body = SteppedUp), (status = 429))
)]
async fn step_up(
    user: SettingUpUser,
    State(backend): State<SharedBackend>,
    Json(body): Json<PasswordAgain>,
) -> Result<axum::Json<SteppedUp>, Problem> {
    let valid_until = backend.step_up(user.viewer(), body.password).await?;
    Ok(axum::Json(SteppedUp { valid_until }))
}

/// Ends the sign-in that a refresh token belongs to; fine when there is none.
#[utoipa::path(
    post,
    path = "/auth/logout",
    tag = tag::SIGN_IN,
    request_body = Refresh,
    security(()),
    responses((status = 204))
)]
async fn logout(State(auth): State<Auth>, Json(body): Json<Refresh>) -> Result<StatusCode, Problem> {
    auth.end_by_refresh(&body.refresh_token).await?;
    Ok(StatusCode::NO_CONTENT)
}
