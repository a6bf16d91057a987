//! Users, for the admin page.

use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::{
    api::{answered, note, signed_in},
    model::{Credentials, Page},
};
use crate::{
    codec::Json,
    error::AppError,
    model::{UserId, UserSummary},
};

/// All users with their counts.
#[server(prefix = "/fn", endpoint = "load_users", output = Json)]
pub async fn load_users() -> Result<Vec<UserSummary>, AppError> {
    let (backend, viewer) = signed_in().await?;
    answered(backend.users(&viewer, Page::ALL).await)
}

/// Creates a user.
#[server(prefix = "/fn", endpoint = "create_user", output = Json)]
pub async fn create_user(username: String, password: String) -> Result<(), AppError> {
    let (backend, viewer) = signed_in().await?;
    let user = answered(backend.create_user(&viewer, Credentials { username, password }).await)?;
    note(&format!("The account {} is created.", user.username))
}

/// Deletes a user whose name was typed as confirmation.
#[server(prefix = "/fn", endpoint = "delete_user", output = Json)]
pub async fn delete_user(id: UserId, confirmation: String) -> Result<(), AppError> {
    let (backend, viewer) = signed_in().await?;
    answered(backend.delete_user(&viewer, id, Some(&confirmation)).await)?;
    note(&format!("The account {confirmation} is deleted."))
}
