//! The calls that pass through.
//!
//! Must not know upstreams.

use http::HeaderMap;

/// A call of a provider's API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    /// Anthropic Messages.
    Messages,
    /// Anthropic's token count, which is free.
    CountTokens,
    /// OpenAI Chat Completions.
    Chat,
    /// OpenAI Responses.
    Responses,
    /// The list of models.
    Models,
    /// What OpenRouter says about a key.
    Key,
}

/// How errors of the gateway's own look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ErrorShape {
    /// `{"type":"error","error":{…}}`
    Anthropic,
    /// `{"error":{…}}`
    Openai,
}

impl Endpoint {
    /// Path behind `v1/`.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Messages => "messages",
            Self::CountTokens => "messages/count_tokens",
            Self::Chat => "chat/completions",
            Self::Responses => "responses",
            Self::Models => "models",
            Self::Key => "key",
        }
    }

    /// Whether a model works, so that there is something to count.
    pub(super) fn runs_a_model(self) -> bool {
        matches!(self, Self::Messages | Self::Chat | Self::Responses)
    }

    /// The shape of errors that this caller understands.
    pub(super) fn error_shape(self, headers: &HeaderMap) -> ErrorShape {
        match self {
            Self::Messages | Self::CountTokens => ErrorShape::Anthropic,
            Self::Models if headers.contains_key("anthropic-version") => ErrorShape::Anthropic,
            Self::Chat | Self::Responses | Self::Models | Self::Key => ErrorShape::Openai,
        }
    }
}
