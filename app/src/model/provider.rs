//! Model servers of a user's own: a name, an address and the API that it speaks.

use serde::{Deserialize, Serialize};

use super::{ProviderName, Timestamp};

/// The API that a model server speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum WireFormat {
    /// OpenAI's: Chat Completions, and Responses where the server has it.
    #[default]
    Openai,
    /// Anthropic's Messages.
    Anthropic,
}

impl WireFormat {
    /// Value and text of each, as a form offers them.
    pub const OPTIONS: [(&'static str, &'static str); 2] =
        [("openai", "OpenAI (Chat Completions)"), ("anthropic", "Anthropic (Messages)")];

    /// As it is sent and stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Openai => "openai",
            Self::Anthropic => "anthropic",
        }
    }

    /// What people call it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Openai => "OpenAI",
            Self::Anthropic => "Anthropic",
        }
    }

    /// The format of this name; none for any other.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Openai, Self::Anthropic].into_iter().find(|wire| wire.as_str() == text)
    }
}

/// A model server as it is stored, without its key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct CustomProvider {
    /// The part before the slash in names of its models.
    pub name: ProviderName,
    /// Where it answers: `https://models.example.org/v1`.
    pub base_url: String,
    /// The API that it speaks.
    pub wire_format: WireFormat,
    /// The last four characters of its key; none where there is no key.
    pub last4: Option<String>,
    /// When it was added.
    pub created_at: Timestamp,
    /// Its key cannot be read any more, because it was sealed with a master key that is gone: it has to be entered again.
    #[serde(default)]
    pub enter_again: bool,
}

/// What a person writes about a model server.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct CustomProviderDraft {
    /// `https://` and host, with a path where the server wants one. For OpenAI's API the calls follow it at once, as
    /// in `OPENAI_BASE_URL`; without any path `/v1` is put between. For Anthropic's, `/v1/messages` follows.
    pub base_url: String,
    /// The API that it speaks.
    #[serde(default)]
    pub wire_format: WireFormat,
    /// Its key; none keeps the one that is stored, an empty text removes it.
    #[serde(default)]
    pub key: Option<String>,
}

/// Never prints the key.
impl std::fmt::Debug for CustomProviderDraft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CustomProviderDraft").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

/// Where the server may connect to on behalf of what users write down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct OutboundPolicy {
    /// Whether model servers and MCP servers may be on this machine or in its private network, and answer without TLS.
    pub private_addresses: bool,
}
