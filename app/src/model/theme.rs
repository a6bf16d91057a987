//! Light or dark, as a person chose it for one browser.

use serde::{Deserialize, Serialize};

/// Colours of the pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the operating system says.
    #[default]
    System,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// All themes, in the order in which they are offered.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// The name in forms, in the cookie and in the document's `data-theme`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The theme of this name; the system's for any other.
    pub fn parse(text: &str) -> Self {
        Self::ALL.into_iter().find(|theme| theme.as_str() == text).unwrap_or_default()
    }

    /// The theme in the value of a `Cookie` header.
    pub fn from_cookies(header: &str) -> Self {
        let value = header.split(';').find_map(|pair| pair.trim().strip_prefix("theme="));
        value.map(Self::parse).unwrap_or_default()
    }

    /// `Set-Cookie` value that keeps the theme for a year.
    pub fn cookie(self) -> String {
        format!("theme={}; HttpOnly; SameSite=Lax; Path=/; Max-Age=31536000", self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_comes_back_as_the_theme() {
        let header = |theme: Theme| format!("a=1; {}", theme.cookie().split(';').next().unwrap_or_default());
        assert_eq!(Theme::ALL.map(|theme| Theme::from_cookies(&header(theme))), Theme::ALL);
        let others = ["", "theme=<b>", "xtheme=dark", "theme"].map(Theme::from_cookies);
        assert_eq!(others, [Theme::System; 4]);
    }
}
