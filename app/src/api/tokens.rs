//! Personal access tokens, for the settings page.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use crate::{
    api::{answered, note, posted_without_scripts, set_cookies, shown_cookie, signed_in},
    backend::SHOWN_TOKEN,
    model::{Scope, TokenDraft},
};
use crate::{
    codec::Json,
    error::AppError,
    model::{PersonalToken, TokenId},
};

/// The section's content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenList {
    /// What is stored.
    pub tokens: Vec<PersonalToken>,
    /// The token that a form posted without scripts has just made, shown this once.
    pub fresh: Option<String>,
    /// Whether the person is an admin, who can make tokens for that.
    pub admin: bool,
}

/// The person's tokens.
#[server(prefix = "/fn", endpoint = "load_tokens", output = Json)]
pub async fn load_tokens() -> Result<TokenList, AppError> {
    let (backend, viewer) = signed_in().await?;
    let tokens = answered(backend.tokens(&viewer).await)?;
    let fresh = shown_cookie(SHOWN_TOKEN);
    if fresh.is_some() {
        set_cookies(vec![backend.show_token(None)])?;
    }
    Ok(TokenList { tokens, fresh, admin: viewer.is_admin() })
}

/// Makes a token and shows it; `days` is blank for one without end. A box that is not ticked sends nothing.
#[server(prefix = "/fn", endpoint = "create_token", output = Json)]
pub async fn create_token(
    name: String,
    #[server(default)] read: bool,
    #[server(default)] write: bool,
    #[server(default)] admin: bool,
    #[server(default)] days: String,
) -> Result<String, AppError> {
    let (backend, viewer) = signed_in().await?;
    let wanted = [(read, Scope::Read), (write, Scope::Write), (admin, Scope::Admin)];
    let scopes = wanted.into_iter().filter_map(|(ticked, scope)| ticked.then_some(scope)).collect();
    let expires_in_days = match days.trim() {
        "" => None,
        days => Some(answered(
            days.parse().map_err(|_| AppError::invalid("expires_in_days", "Choose a number of days.")),
        )?),
    };
    let draft = TokenDraft { name, scopes, expires_in_days };
    let token = answered(backend.create_token(&viewer, draft).await)?.token;
    if posted_without_scripts() {
        // The answer to a plain form is the page again, which shows the token from this.
        set_cookies(vec![backend.show_token(Some(&token))])?;
    }
    Ok(token)
}

/// Revokes a token.
#[server(prefix = "/fn", endpoint = "revoke_token", output = Json)]
pub async fn revoke_token(id: TokenId) -> Result<(), AppError> {
    let (backend, viewer) = signed_in().await?;
    answered(backend.delete_token(&viewer, id).await)?;
    note("The token is revoked.")
}
