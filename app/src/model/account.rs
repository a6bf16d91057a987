//! What a person sees and sets of their own account: sign-ins, password, notifications.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{InvalidName, Timestamp};

/// Id of a sign-in; random, and no secret: a token belongs to it, not the other way round.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "ssr", schema(pattern = "^[A-Za-z0-9_-]{1,64}$"))]
pub struct SessionId(String);

impl SessionId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SessionId {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if (1..=64).contains(&text.len()) && text.chars().all(plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidName("This is no id of a sign-in.".to_owned()))
        }
    }
}

impl TryFrom<String> for SessionId {
    type Error = InvalidName;

    fn try_from(text: String) -> Result<Self, InvalidName> {
        text.parse()
    }
}

impl From<SessionId> for String {
    fn from(id: SessionId) -> Self {
        id.0
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One sign-in of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Browser and system in a few words, for example `Firefox on Windows`.
    pub device: String,
    /// When the person signed in.
    pub created_at: Timestamp,
    /// When it was renewed last, which happens every 15 minutes of use.
    pub last_used_at: Timestamp,
    /// Whether the request that asks belongs to it.
    pub current: bool,
}

/// A new password and the proof that it is the person who asks.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct PasswordChange {
    /// The password until now, as typed.
    pub current: String,
    /// The one from now on, as typed.
    pub password: String,
}

/// Never prints the passwords.
impl fmt::Debug for PasswordChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordChange").finish_non_exhaustive()
    }
}

/// What a person's open pages announce by a notification of the browser.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Notifications {
    /// A project begins to wait for a person.
    #[serde(default)]
    pub needs_help: bool,
    /// A project is completed.
    #[serde(default)]
    pub completed: bool,
}
