//! API keys as their owner sees them: never the key itself.

use serde::{Deserialize, Serialize};

use super::Timestamp;

/// A provider of models for which a key can be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// Anthropic Messages API.
    Anthropic,
    /// OpenAI API.
    Openai,
    /// Google Gemini through its OpenAI-compatible endpoint.
    Gemini,
    /// OpenRouter.
    Openrouter,
    /// Ollama on its own server; the key is optional there.
    Ollama,
}

impl Provider {
    /// All providers that take a key, in the order in which they are shown.
    pub const ALL: [Self; 5] = [Self::Anthropic, Self::Openai, Self::Gemini, Self::Openrouter, Self::Ollama];

    /// The name in model names, paths and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Anthropic => "anthropic",
            Self::Openai => "openai",
            Self::Gemini => "gemini",
            Self::Openrouter => "openrouter",
            Self::Ollama => "ollama",
        }
    }
}

impl std::str::FromStr for Provider {
    type Err = super::InvalidName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|p| p.as_str() == text)
            .ok_or_else(|| super::InvalidName(format!("There is no provider \u{201c}{text}\u{201d}.")))
    }
}

/// What is shown of a stored key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ApiKeyInfo {
    /// Whose models it opens.
    pub provider: Provider,
    /// The key's last four characters.
    pub last4: String,
    /// When it was stored.
    pub created_at: Timestamp,
    /// It cannot be read any more, because it was sealed with a master key that is gone: it has to be entered again.
    pub enter_again: bool,
}

/// What a provider says to a stored key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum KeyOutcome {
    /// It works.
    Valid,
    /// The provider does not accept it.
    Refused,
    /// There was no answer that says anything about the key.
    Unreachable,
}

/// The result of a request made with a stored key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct KeyTest {
    /// What it says about the key.
    pub outcome: KeyOutcome,
    /// The same for a person, with the reason; never any part of the key.
    pub detail: String,
}
