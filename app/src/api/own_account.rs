//! A person's own account, for the settings page, and the pages behind one-time links.

use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::{
    api::{answered, headers, note, send_to, set_cookies, setting_up, signed_in},
    backend::backend,
    model::{Credentials, Page, PasswordChange},
};
use crate::{
    codec::Json,
    error::AppError,
    model::{Notifications, Session, SessionId},
};

/// The person's sign-ins.
#[server(prefix = "/fn", endpoint = "load_sessions", output = Json)]
pub async fn load_sessions() -> Result<Vec<Session>, AppError> {
    let (backend, viewer) = signed_in().await?;
    answered(backend.sessions(&viewer, Page::ALL).await)
}

/// Ends one sign-in.
#[server(prefix = "/fn", endpoint = "end_session", output = Json)]
pub async fn end_session(id: SessionId) -> Result<(), AppError> {
    let (backend, viewer) = signed_in().await?;
    answered(backend.end_session(&viewer, &id).await)?;
    note("That session is signed out.")
}

/// Ends all other sign-ins.
#[server(prefix = "/fn", endpoint = "end_other_sessions", output = Json)]
pub async fn end_other_sessions() -> Result<(), AppError> {
    let (backend, viewer) = signed_in().await?;
    answered(backend.end_other_sessions(&viewer).await)?;
    note("All other sessions are signed out.")
}

/// Replaces the password.
#[server(prefix = "/fn", endpoint = "change_password", output = Json)]
pub async fn change_password(current: String, password: String) -> Result<(), AppError> {
    let (backend, viewer) = signed_in().await?;
    answered(backend.change_password(&viewer, PasswordChange { current, password }).await)?;
    note("The password is changed.")
}

/// Takes the password again, for what wants it to have been typed lately.
#[server(prefix = "/fn", endpoint = "step_up", output = Json)]
pub async fn step_up(password: String) -> Result<(), AppError> {
    let (backend, viewer) = setting_up().await?;
    answered(backend.step_up(&viewer, password).await)?;
    note("Your password is confirmed.")
}

/// What the person wants to be told.
#[server(prefix = "/fn", endpoint = "load_notifications", output = Json)]
pub async fn load_notifications() -> Result<Notifications, AppError> {
    let (backend, viewer) = signed_in().await?;
    answered(backend.notifications(&viewer).await)
}

/// Replaces what the person wants to be told; a box that is not ticked sends nothing.
#[server(prefix = "/fn", endpoint = "set_notifications", output = Json)]
pub async fn set_notifications(
    #[server(default)] needs_help: bool,
    #[server(default)] completed: bool,
) -> Result<(), AppError> {
    let (backend, viewer) = signed_in().await?;
    answered(backend.set_notifications(&viewer, Notifications { needs_help, completed }).await)?;
    note("The notifications are saved.")
}

/// Uses an invitation and signs the new person in.
#[server(prefix = "/fn", endpoint = "accept_invite", output = Json)]
pub async fn accept_invite(token: String, username: String, password: String) -> Result<(), AppError> {
    let (backend, headers) = (backend()?, headers()?);
    let credentials = Credentials { username, password };
    answered(backend.accept_invite(&headers, &token, credentials.clone()).await)?;
    set_cookies(answered(backend.login(&headers, credentials.into()).await)?)?;
    send_to("/");
    Ok(())
}

/// Uses a reset link and signs the person in, or lets them do it where it takes a code.
#[server(prefix = "/fn", endpoint = "reset_password", output = Json)]
pub async fn reset_password(token: String, password: String) -> Result<(), AppError> {
    let (backend, headers) = (backend()?, headers()?);
    let user = answered(backend.reset_password(&headers, &token, password.clone()).await)?;
    let credentials = Credentials { username: user.username.to_string(), password };
    match backend.login(&headers, credentials.into()).await {
        // A link replaces the password, not the second factor.
        Err(AppError::SecondFactorRequired(_)) => send_to("/login"),
        signed_in => {
            set_cookies(answered(signed_in)?)?;
            send_to("/");
        }
    }
    Ok(())
}
