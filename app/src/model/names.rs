//! Names that end up in paths, tmux targets and URLs: valid by construction.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Why a name was refused, in words for the person who typed it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct InvalidName(pub String);

/// Names that would collide with a route, a system account, a path of ours or an actor in the record of events.
const RESERVED: [&str; 13] = [
    "admin",
    "api",
    "autocode",
    "create-admin",
    "daemon",
    "data",
    "nobody",
    "root",
    "run",
    "setup",
    "system",
    "users",
    "ws",
];

/// Providers that everybody has.
const BUILT_IN: [&str; 6] = ["anthropic", "demo", "gemini", "ollama", "openai", "openrouter"];

/// A lower-case identifier, `[a-z][a-z0-9-]{1,31}`.
fn check_identifier(kind: &str, text: &str) -> Result<(), InvalidName> {
    let valid = (2..=32).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if valid {
        return Ok(());
    }
    Err(InvalidName(format!(
        "A {kind} has 2 to 32 characters: a lower-case letter first, then lower-case letters, digits and hyphens."
    )))
}

macro_rules! name {
    ($(#[$doc:meta])+ $name:ident, $check:expr) => {
        $(#[$doc])+
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidName;

            fn from_str(text: &str) -> Result<Self, InvalidName> {
                let check: fn(&str) -> Result<(), InvalidName> = $check;
                check(text)?;
                Ok(Self(text.to_owned()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidName;

            fn try_from(text: String) -> Result<Self, InvalidName> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name! {
    /// A user's login name; also the folder name of their data and the first part of their tmux sessions.
    Username, |text| {
        check_identifier("username", text)?;
        if RESERVED.contains(&text) {
            return Err(InvalidName(format!("\u{201c}{text}\u{201d} is reserved; choose another username.")));
        }
        Ok(())
    }
}

name! {
    /// A project's folder name, unique for its user; made from the project's name.
    Slug, |text| check_identifier("slug", text)
}

name! {
    /// The name of a model server of a user's own: none that a provider known to everybody has.
    ProviderName, |text| {
        check_identifier("provider\u{2019}s name", text)?;
        if BUILT_IN.contains(&text) {
            return Err(InvalidName(format!("\u{201c}{text}\u{201d} is built in; choose another name.")));
        }
        Ok(())
    }
}

name! {
    /// `provider/model`, for example `anthropic/claude-sonnet-4-5`.
    ModelName, |text| {
        let valid = text.len() <= 200
            && text.chars().all(|c| c.is_ascii_graphic())
            && text.split_once('/').is_some_and(|(provider, model)| {
                check_identifier("provider", provider).is_ok() && !model.is_empty()
            });
        if valid { Ok(()) } else {
            Err(InvalidName("A model is written provider/model, for example anthropic/claude-sonnet-4-5.".into()))
        }
    }
}

impl Slug {
    /// The slug for a project's name: ASCII letters and digits kept, the rest hyphens, cut to 32 characters.
    pub fn from_name(name: &str) -> Self {
        let mut slug = String::new();
        for c in name.to_lowercase().chars() {
            if c.is_ascii_lowercase() || (c.is_ascii_digit() && !slug.is_empty()) {
                slug.push(c);
            } else if !slug.is_empty() && !slug.ends_with('-') {
                slug.push('-');
            }
        }
        slug.truncate(32);
        let slug = slug.trim_end_matches('-');
        Self(if slug.len() < 2 { "project".to_owned() } else { slug.to_owned() })
    }

    /// This slug with `-n` at its end, for the n-th project of the same name.
    pub fn numbered(&self, n: u32) -> Self {
        let suffix = format!("-{n}");
        let mut base = self.0.clone();
        base.truncate(32 - suffix.len());
        Self(format!("{}{suffix}", base.trim_end_matches('-')))
    }
}

impl ModelName {
    /// The part before the slash: which upstream serves the model.
    pub fn provider(&self) -> &str {
        self.0.split_once('/').map_or("", |(provider, _)| provider)
    }

    /// The part behind the slash: the model's name at its provider.
    pub fn model(&self) -> &str {
        self.0.split_once('/').map_or("", |(_, model)| model)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usernames_are_plain_identifiers() {
        for good in ["tom", "tomas-eshop", "a1", "a--b", "a-", &"a".repeat(32)] {
            assert_eq!(good.parse::<Username>().unwrap().as_str(), good);
        }
        for bad in [
            "",
            "t",
            "Tom",
            "1a",
            "-a",
            "a_b",
            "a/b",
            "..",
            "a.b",
            "a b",
            "root",
            "create-admin",
            "ünal",
            "аdmin",
            "tom\n",
            "tom\0",
            "\u{202e}tom",
            "#(id)",
            "$(id)",
            "`id`",
            "a;id",
            &"a".repeat(33),
        ] {
            assert!(bad.parse::<Username>().is_err(), "{bad} was accepted");
        }
    }

    #[test]
    fn a_provider_of_ones_own_has_a_name_of_its_own() {
        assert!("my-server".parse::<ProviderName>().is_ok());
        for bad in ["openai", "demo", "My", "a/b", ""] {
            assert!(bad.parse::<ProviderName>().is_err(), "{bad} was accepted");
        }
    }

    #[test]
    fn slugs_come_from_any_name() {
        let slugs = ["My Shop!", "  42 ways", "日本", "a", "Über #() `x`", &"long ".repeat(20)]
            .map(|name| Slug::from_name(name).to_string());
        assert_eq!(
            slugs,
            ["my-shop", "ways", "project", "project", "ber-x", "long-long-long-long-long-long-lo"]
        );
        for slug in slugs {
            assert!(slug.parse::<Slug>().is_ok(), "{slug} is no slug");
        }
        assert_eq!(Slug::from_name(&"x".repeat(40)).numbered(12).as_str().len(), 32);
    }

    #[test]
    fn model_names_split_at_the_first_slash() {
        let name: ModelName = "openrouter/qwen/qwen3".parse().unwrap();
        assert_eq!((name.provider(), name.model()), ("openrouter", "qwen/qwen3"));
        assert!("gpt-5".parse::<ModelName>().is_err());
        assert!("/x".parse::<ModelName>().is_err());
        assert!("demo/".parse::<ModelName>().is_err());
    }
}
