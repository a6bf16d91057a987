//! Names of sessions, valid by construction, because tmux expands `#()` and splits at `;`, `:` and `.` in names.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::TmuxError;

/// A session's name: 1 to 100 characters of `[a-z0-9-]`, a letter or digit first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SessionName(String);

impl SessionName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `=name`: matches this session and no other that begins like it.
    pub(crate) fn session_target(&self) -> String {
        format!("={}", self.0)
    }

    /// `=name:`: the same where tmux expects a window or pane.
    pub(crate) fn window_target(&self) -> String {
        format!("={}:", self.0)
    }
}

impl FromStr for SessionName {
    type Err = TmuxError;

    fn from_str(text: &str) -> Result<Self, TmuxError> {
        let valid = (1..=100).contains(&text.len())
            && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
            && !text.starts_with('-');
        if valid { Ok(Self(text.to_owned())) } else { Err(TmuxError::InvalidName(text.to_owned())) }
    }
}

impl TryFrom<String> for SessionName {
    type Error = TmuxError;

    fn try_from(text: String) -> Result<Self, TmuxError> {
        text.parse()
    }
}

impl From<SessionName> for String {
    fn from(name: SessionName) -> Self {
        name.0
    }
}

impl fmt::Display for SessionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_harmless_names_are_accepted() {
        for good in ["tom-eshop", "a", "0-1", "tom--x-"] {
            assert_eq!(good.parse::<SessionName>().unwrap().as_str(), good);
        }
        for bad in ["", "-x", "Tom", "a b", "a:b", "a.b", "a;b", "#(id)", "a=b", "é", &"a".repeat(101)] {
            assert!(bad.parse::<SessionName>().is_err(), "{bad:?}");
        }
    }
}
