//! The installation, for the admin page.

use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::{
    api::{answered, note, signed_in},
    model::{AuditQuery, Page},
};
use crate::{
    codec::Json,
    error::AppError,
    model::{AccountLink, AuditEntry, AuditId, IsolationReport, LinkId, NewLink, Role, UserId},
};

/// Whether the admin page is for this person; it is refused to others as a whole, with the status that says so.
#[server(prefix = "/fn", endpoint = "admin_page", output = Json)]
pub async fn admin_page() -> Result<(), AppError> {
    let (_, viewer) = signed_in().await?;
    answered(if viewer.is_admin() { Ok(()) } else { Err(AppError::Forbidden) })
}

/// Links that are open.
#[server(prefix = "/fn", endpoint = "load_links", output = Json)]
pub async fn load_links() -> Result<Vec<AccountLink>, AppError> {
    let (backend, viewer) = signed_in().await?;
    answered(backend.links(&viewer, Page::ALL).await)
}

/// Makes an invitation.
#[server(prefix = "/fn", endpoint = "create_invite", output = Json)]
pub async fn create_invite() -> Result<NewLink, AppError> {
    let (backend, viewer) = signed_in().await?;
    let made = answered(backend.create_invite(&viewer).await)?;
    note(&format!("The link is shown only now; hand it over yourself: {}", made.link))?;
    Ok(made)
}

/// Makes a link with which a user sets a new password.
#[server(prefix = "/fn", endpoint = "create_reset", output = Json)]
pub async fn create_reset(id: UserId) -> Result<NewLink, AppError> {
    let (backend, viewer) = signed_in().await?;
    let made = answered(backend.create_reset(&viewer, id).await)?;
    note(&format!("The link is shown only now; hand it over yourself: {}", made.link))?;
    Ok(made)
}

/// Makes a link void.
#[server(prefix = "/fn", endpoint = "delete_link", output = Json)]
pub async fn delete_link(id: LinkId) -> Result<(), AppError> {
    let (backend, viewer) = signed_in().await?;
    answered(backend.delete_link(&viewer, id).await)?;
    note("The link is void.")
}

/// Makes a user an admin or an admin a user.
#[server(prefix = "/fn", endpoint = "set_role", output = Json)]
pub async fn set_role(id: UserId, role: Role) -> Result<(), AppError> {
    let (backend, viewer) = signed_in().await?;
    answered(backend.set_role(&viewer, id, role).await)?;
    note("The role is changed.")
}

/// Ends every session of another user.
#[server(prefix = "/fn", endpoint = "end_sessions_of", output = Json)]
pub async fn end_sessions_of(id: UserId) -> Result<(), AppError> {
    let (backend, viewer) = signed_in().await?;
    answered(backend.end_sessions_of(&viewer, id).await)?;
    note("The user is signed out everywhere.")
}

/// A page of security events, those before one or the newest.
#[server(prefix = "/fn", endpoint = "load_audit", output = Json)]
pub async fn load_audit(before: Option<AuditId>) -> Result<Vec<AuditEntry>, AppError> {
    let (backend, viewer) = signed_in().await?;
    answered(backend.audit(&viewer, AuditQuery { before, limit: None }).await)
}

/// How well users are kept apart.
#[server(prefix = "/fn", endpoint = "load_isolation", output = Json)]
pub async fn load_isolation() -> Result<IsolationReport, AppError> {
    let (backend, viewer) = signed_in().await?;
    answered(backend.isolation(&viewer).await)
}

/// Lets agents start although the isolation has become weaker.
#[server(prefix = "/fn", endpoint = "accept_isolation", output = Json)]
pub async fn accept_isolation(level: u8) -> Result<IsolationReport, AppError> {
    let (backend, viewer) = signed_in().await?;
    answered(backend.accept_isolation(&viewer, level).await)
}
