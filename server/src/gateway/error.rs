//! Why the gateway itself refuses or fails, in the shapes that model clients understand.
//!
//! Errors of an upstream are no errors here: they pass through as they came.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use serde_json::{Value, json};
use thiserror::Error;

use super::endpoint::ErrorShape;
use crate::outbound::OutboundError;

/// Why a request did not reach a model.
#[derive(Debug, Error)]
pub enum GatewayError {
    /// No instance token, or one that is wrong or expired (401).
    #[error("The instance token is missing, wrong or expired.")]
    Unauthorized,
    /// The user has no key for the provider (401).
    #[error("There is no API key for {0}: add one in AutoCode under Settings.")]
    NoKey(String),
    /// The user's key was sealed with a master key that is gone (401).
    #[error("The API key for {0} cannot be read any more: enter it again in AutoCode under Settings.")]
    KeyLost(String),
    /// No such provider (404).
    #[error("AutoCode knows no provider \u{201c}{0}\u{201d}.")]
    UnknownProvider(String),
    /// The request body is over the limit (413).
    #[error("The request is larger than {0} MiB.")]
    TooLarge(u64),
    /// The upstream cannot be reached, or breaks off before it answers (502).
    #[error("{provider} cannot be reached: {reason}.")]
    Unreachable {
        /// The provider.
        provider: String,
        /// What went wrong.
        reason: String,
    },
    /// A user's own provider is at an address that the server does not connect to (502).
    #[error("{provider} is not asked: {error}")]
    Address {
        /// The provider.
        provider: String,
        /// Why.
        error: OutboundError,
    },
    /// An upstream's base URL is none (500).
    #[error("The base URL for {provider} is not valid: {url}")]
    BaseUrl {
        /// The provider.
        provider: String,
        /// The URL.
        url: String,
    },
    /// The keys cannot be read (500).
    #[error("The stored key cannot be read: {0}")]
    KeyStore(String),
    /// The database fails (500).
    #[error("The database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The embedded demonstration server does not start (500).
    #[error("The demonstration model does not start: {0}")]
    Demo(String),
    /// The HTTP client cannot be made (500).
    #[error("The client for model providers cannot be set up: {0}")]
    Client(#[source] reqwest::Error),
    /// The price table cannot be read (500).
    #[error("The price table cannot be read: {0}")]
    Prices(#[from] toml::de::Error),
}

impl GatewayError {
    /// The HTTP status for this error.
    pub fn status_code(&self) -> StatusCode {
        match self {
            Self::Unauthorized | Self::NoKey(_) | Self::KeyLost(_) => StatusCode::UNAUTHORIZED,
            Self::UnknownProvider(_) => StatusCode::NOT_FOUND,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unreachable { .. } | Self::Address { .. } => StatusCode::BAD_GATEWAY,
            Self::BaseUrl { .. }
            | Self::KeyStore(_)
            | Self::Database(_)
            | Self::Demo(_)
            | Self::Client(_)
            | Self::Prices(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The answer; what went wrong inside goes to the log, not to the caller.
    pub(super) fn into_answer(self, shape: ErrorShape) -> Response {
        let status = self.status_code();
        let message = if status == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::error!(error = %self, "the gateway failed");
            "AutoCode's gateway failed; the server's log says why.".to_owned()
        } else {
            tracing::info!(error = %self, "the gateway refused a request");
            self.to_string()
        };
        (status, Json(self.body(shape, &message))).into_response()
    }

    fn body(&self, shape: ErrorShape, message: &str) -> Value {
        let (anthropic, openai) = match self {
            Self::Unauthorized | Self::NoKey(_) | Self::KeyLost(_) => {
                ("authentication_error", "invalid_api_key")
            }
            Self::UnknownProvider(_) => ("not_found_error", "not_found"),
            Self::TooLarge(_) => ("request_too_large", "request_too_large"),
            _ => ("api_error", "upstream_unreachable"),
        };
        match shape {
            ErrorShape::Anthropic => {
                json!({ "type": "error", "error": { "type": anthropic, "message": message } })
            }
            ErrorShape::Openai => {
                json!({ "error": { "message": message, "type": anthropic, "param": null, "code": openai } })
            }
        }
    }
}
