//! `/account/second-factor`: a person's own second factor; no token may change it.

use app::{
    backend::SharedBackend,
    model::{RecoveryCodes, SecondFactor, SecondFactorSetup},
};
use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Problem, document::tag, extract::Json, idempotency::ShownOnce};
use crate::{
    auth::{SessionUser, SettingUpUser},
    state::AppState,
};

/// Never logged, so without `Debug`.
#[derive(Deserialize, utoipa::ToSchema)]
struct Code {
    /// What the app shows now.
    code: String,
}

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(show, begin, remove))
        .routes(routes!(confirm))
        .routes(routes!(new_recovery_codes))
}

/// Whether signing in asks for a code of yours.
#[utoipa::path(
    get,
    path = "/account/second-factor",
    tag = tag::ACCOUNT,
    operation_id = "show_second_factor",
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = SecondFactor))
)]
async fn show(
    user: SettingUpUser,
    State(backend): State<SharedBackend>,
) -> Result<axum::Json<SecondFactor>, Problem> {
    Ok(axum::Json(backend.second_factor(user.viewer()).await?))
}

/// Makes a secret for an app; signing in asks for its codes once the first one was confirmed.
#[utoipa::path(
    post,
    path = "/account/second-factor",
    tag = tag::ACCOUNT,
    operation_id = "begin_second_factor",
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 201, body = SecondFactorSetup), (status = 409))
)]
async fn begin(
    user: SettingUpUser,
    State(backend): State<SharedBackend>,
) -> Result<(StatusCode, ShownOnce<SecondFactorSetup>), Problem> {
    Ok((StatusCode::CREATED, ShownOnce(backend.begin_second_factor(user.viewer()).await?)))
}

/// Switches the second factor on with the first code; the recovery codes are shown this once.
#[utoipa::path(
    post,
    path = "/account/second-factor/confirm",
    tag = tag::ACCOUNT,
    operation_id = "confirm_second_factor",
    security(("bearer" = []), ("cookie" = [])),
    request_body = Code,
    responses((status = 200, body = RecoveryCodes), (status = 409))
)]
async fn confirm(
    user: SettingUpUser,
    State(backend): State<SharedBackend>,
    Json(body): Json<Code>,
) -> Result<ShownOnce<RecoveryCodes>, Problem> {
    Ok(ShownOnce(backend.confirm_second_factor(user.viewer(), &body.code).await?))
}

/// Replaces your recovery codes; earlier ones are void.
#[utoipa::path(
    post,
    path = "/account/second-factor/recovery-codes",
    tag = tag::ACCOUNT,
    operation_id = "new_recovery_codes",
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 201, body = RecoveryCodes), (status = 409))
)]
async fn new_recovery_codes(
    user: SessionUser,
    State(backend): State<SharedBackend>,
) -> Result<(StatusCode, ShownOnce<RecoveryCodes>), Problem> {
    Ok((StatusCode::CREATED, ShownOnce(backend.new_recovery_codes(user.viewer()).await?)))
}

/// Switches your second factor off; its recovery codes are void.
#[utoipa::path(
    delete,
    path = "/account/second-factor",
    tag = tag::ACCOUNT,
    operation_id = "remove_second_factor",
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 204), (status = 404))
)]
async fn remove(user: SessionUser, State(backend): State<SharedBackend>) -> Result<StatusCode, Problem> {
    backend.remove_second_factor(user.viewer()).await?;
    Ok(StatusCode::NO_CONTENT)
}
