//! The one error that crosses from the services to a page, a server function or a REST answer.
//!
//! Must not carry internals: what went wrong inside is logged where it happened.

use leptos::prelude::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::codec::JsonText;

/// A problem with one field of a form or body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct FieldError {
    /// Name of the field as in the JSON body.
    pub field: String,
    /// What is wrong with it, for the person who filled it in.
    pub message: String,
}

/// Why a request was refused or failed.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppError {
    /// No valid sign-in (401).
    #[error("Sign in first.")]
    Unauthorized,
    /// Wrong username or password (401).
    #[error("Wrong username or password.")]
    BadCredentials,
    /// The password is right, and a code is wanted with it (401); in words, whether there was none or a wrong one.
    #[error("{0}")]
    SecondFactorRequired(String),
    /// Signed in, but the installation wants a second factor to be set up first (403).
    #[error("Set up a second factor first: this installation requires one.")]
    SecondFactorSetupRequired,
    /// Signed in, but the thing is for admins (403).
    #[error("Only an admin may do this.")]
    Forbidden,
    /// Signed in, but not in a way that allows this (403).
    #[error("{0}")]
    Denied(String),
    /// The password has to be typed again before this (403).
    #[error("Type your password again to do this.")]
    StepUpRequired,
    /// There is no such thing, or it is another user's (404).
    #[error("Not found.")]
    NotFound,
    /// It contradicts what is there (409).
    #[error("{0}")]
    Conflict(String),
    /// It is no longer what the writer saw (412); the detail is its version now.
    #[error("It was changed meanwhile; read it again before you change it.")]
    Outdated(String),
    /// The input is not acceptable (422).
    #[error("{}", .0.iter().map(|e| e.message.as_str()).collect::<Vec<_>>().join(" "))]
    Invalid(Vec<FieldError>),
    /// Too many attempts (429).
    #[error("Too many attempts; try again in {0} seconds.")]
    TooManyRequests(u64),
    /// The runner, the model or another part does not answer now (503).
    #[error("{0}")]
    Unavailable(String),
    /// A fault of ours; the log knows more (500).
    #[error("Something went wrong on the server; its log says what.")]
    Internal,
}

impl AppError {
    /// A problem with a single field.
    pub fn invalid(field: &str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError { field: field.to_owned(), message: message.into() }])
    }

    /// The HTTP status for this error.
    pub fn status_code(&self) -> u16 {
        match self {
            Self::Unauthorized | Self::BadCredentials | Self::SecondFactorRequired(_) => 401,
            Self::Forbidden | Self::Denied(_) | Self::StepUpRequired | Self::SecondFactorSetupRequired => 403,
            Self::NotFound => 404,
            Self::Conflict(_) => 409,
            Self::Outdated(_) => 412,
            Self::Invalid(_) => 422,
            Self::TooManyRequests(_) => 429,
            Self::Internal => 500,
            Self::Unavailable(_) => 503,
        }
    }
}

impl FromServerFnError for AppError {
    type Encoder = JsonText;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Request(_) | ServerFnErrorErr::Response(_) => {
                Self::Unavailable("The server cannot be reached.".to_owned())
            }
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) => unreadable(),
            // In the browser this is an answer that cannot be read; on the server, a request.
            ServerFnErrorErr::Deserialization(_) if cfg!(feature = "ssr") => unreadable(),
            _ => Self::Internal,
        }
    }
}

/// The refusal of a call whose arguments are not what its function takes. What is wrong with them is not told: the reason
/// quotes the input, which after a form post without scripts would stand in the page's address.
fn unreadable() -> AppError {
    let error = AppError::invalid("", "The fields of this request cannot be read.");
    // Functions give their own refusals a status; this one comes from the framework, before the function.
    #[cfg(feature = "ssr")]
    crate::api::give_status(&error);
    error
}
