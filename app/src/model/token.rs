//! Personal access tokens: what a script signs in with instead of a password.

use serde::{Deserialize, Serialize};

use super::{Timestamp, TokenId};

/// What a token may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Read what its owner can see.
    Read,
    /// Create, change, start and delete what is its owner's.
    Write,
    /// What only admins may; of use to an admin alone, together with `read` or `write`.
    Admin,
}

impl Scope {
    /// All scopes, for forms.
    pub const ALL: [Self; 3] = [Self::Read, Self::Write, Self::Admin];

    /// The scope as it is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }

    /// The scope of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }
}

/// What a person says about a token to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TokenDraft {
    /// What it is for: 1 to 80 characters, unique among the person's tokens.
    #[cfg_attr(feature = "ssr", schema(min_length = 1, max_length = 80))]
    pub name: String,
    /// What it may do, at least one.
    #[cfg_attr(feature = "ssr", schema(min_items = 1))]
    pub scopes: Vec<Scope>,
    /// Days until it ends, 1 to 366; none means until it is revoked.
    #[serde(default)]
    #[cfg_attr(feature = "ssr", schema(minimum = 1, maximum = 366))]
    pub expires_in_days: Option<u32>,
}

/// A stored token, without the token itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct PersonalToken {
    /// Row id.
    pub id: TokenId,
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends; none means when it is revoked.
    pub expires_at: Option<Timestamp>,
    /// When it was used last, to the minute; none if never.
    pub last_used_at: Option<Timestamp>,
}

/// A token that was just made; shown this once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct NewToken {
    /// The token, to be sent as `Authorization: Bearer`.
    pub token: String,
    /// What is stored of it.
    #[serde(flatten)]
    pub stored: PersonalToken,
}

/// Never prints the token.
impl std::fmt::Debug for NewToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewToken").field("stored", &self.stored).finish_non_exhaustive()
    }
}
