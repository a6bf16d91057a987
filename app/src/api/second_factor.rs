//! The person's second factor, for the settings page and for the page that wants one to be set up.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use crate::{
    api::{answered, note, posted_without_scripts, set_cookies, setting_up, shown_cookie, signed_in},
    backend::{SHOWN_CODES, SharedBackend},
    model::RecoveryCodes,
};
use crate::{
    codec::Json,
    error::AppError,
    model::{SecondFactor, SecondFactorSetup, UserId},
};

/// The section's content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondFactorView {
    /// Whether it is on.
    pub state: SecondFactor,
    /// What is still to be confirmed.
    pub setup: Option<SecondFactorSetup>,
    /// The recovery codes that a form posted without scripts has just made, shown this once.
    pub fresh: Vec<String>,
}

/// The codes for the page; a browser without scripts gets them with the page that follows.
#[cfg(feature = "ssr")]
fn shown(backend: &SharedBackend, made: RecoveryCodes) -> Result<Vec<String>, AppError> {
    if posted_without_scripts() {
        set_cookies(vec![backend.show_recovery_codes(Some(&made))])?;
    }
    Ok(made.codes)
}

/// The person's second factor.
#[server(prefix = "/fn", endpoint = "load_second_factor", output = Json)]
pub async fn load_second_factor() -> Result<SecondFactorView, AppError> {
    let (backend, viewer) = setting_up().await?;
    let state = answered(backend.second_factor(&viewer).await)?;
    let setup = answered(backend.second_factor_setup(&viewer).await)?;
    let fresh = shown_cookie(SHOWN_CODES);
    if fresh.is_some() {
        set_cookies(vec![backend.show_recovery_codes(None)])?;
    }
    let fresh = fresh.iter().flat_map(|codes| codes.split('_')).map(str::to_owned).collect();
    Ok(SecondFactorView { state, setup, fresh })
}

/// Makes a secret for an app.
#[server(prefix = "/fn", endpoint = "begin_second_factor", output = Json)]
pub async fn begin_second_factor() -> Result<(), AppError> {
    let (backend, viewer) = setting_up().await?;
    answered(backend.begin_second_factor(&viewer).await).map(drop)
}

/// Switches the second factor on with the first code; returns the recovery codes.
#[server(prefix = "/fn", endpoint = "confirm_second_factor", output = Json)]
pub async fn confirm_second_factor(code: String) -> Result<Vec<String>, AppError> {
    let (backend, viewer) = setting_up().await?;
    let made = answered(backend.confirm_second_factor(&viewer, &code).await)?;
    note("The second factor is on.")?;
    shown(&backend, made)
}

/// Replaces the recovery codes.
#[server(prefix = "/fn", endpoint = "new_recovery_codes", output = Json)]
pub async fn new_recovery_codes() -> Result<Vec<String>, AppError> {
    let (backend, viewer) = signed_in().await?;
    let made = answered(backend.new_recovery_codes(&viewer).await)?;
    note("There are new recovery codes; the earlier ones are void.")?;
    shown(&backend, made)
}

/// Switches the second factor off.
#[server(prefix = "/fn", endpoint = "remove_second_factor", output = Json)]
pub async fn remove_second_factor() -> Result<(), AppError> {
    let (backend, viewer) = signed_in().await?;
    answered(backend.remove_second_factor(&viewer).await)?;
    note("The second factor is off.")
}

/// Switches another user's second factor off.
#[server(prefix = "/fn", endpoint = "remove_second_factor_of", output = Json)]
pub async fn remove_second_factor_of(id: UserId) -> Result<(), AppError> {
    let (backend, viewer) = signed_in().await?;
    answered(backend.remove_second_factor_of(&viewer, id).await)?;
    note("The second factor is removed.")
}
