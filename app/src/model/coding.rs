//! How an agent works: with which coding CLI, and who decides what that may do.

use serde::{Deserialize, Serialize};

/// A coding CLI that can be driven.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CodingCli {
    /// Claude Code.
    #[default]
    Claude,
    /// Codex CLI.
    Codex,
    /// opencode.
    Opencode,
    /// Any program with a prompt in a terminal.
    Generic {
        /// Shell words that start it; the first is the program.
        command: String,
    },
}

impl CodingCli {
    /// The kinds that a form offers, by wire name, with what a person calls them.
    pub const KINDS: [(&str, &str); 4] = [
        ("claude", "Claude Code"),
        ("codex", "Codex CLI"),
        ("opencode", "opencode"),
        ("generic", "Another command"),
    ];

    /// The CLI that a form names; none if there is no such kind. The command matters for `generic` alone.
    pub fn from_form(kind: &str, command: &str) -> Option<Self> {
        Some(match kind {
            "claude" => Self::Claude,
            "codex" => Self::Codex,
            "opencode" => Self::Opencode,
            "generic" => Self::Generic { command: command.trim().to_owned() },
            _ => return None,
        })
    }

    /// The kind as it is stored and sent.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Claude => "claude",
            Self::Codex => "codex",
            Self::Opencode => "opencode",
            Self::Generic { .. } => "generic",
        }
    }

    /// What a person reads: the name, or the command.
    pub fn label(&self) -> &str {
        match self {
            Self::Claude => "Claude Code",
            Self::Codex => "Codex CLI",
            Self::Opencode => "opencode",
            Self::Generic { command } => command,
        }
    }

    /// The command of another program; empty for the known ones.
    pub fn command(&self) -> &str {
        match self {
            Self::Generic { command } => command,
            _ => "",
        }
    }
}

/// Who decides what the coding CLI may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ApprovalPolicy {
    /// Everything is allowed: the sandbox is the limit.
    #[default]
    Auto,
    /// The agent's model, by rules that deny what leaves the workspace or touches secrets.
    AskModel,
    /// The project's owner.
    AskMe,
}

impl ApprovalPolicy {
    /// All policies, for forms.
    pub const ALL: [Self; 3] = [Self::Auto, Self::AskModel, Self::AskMe];

    /// The policy as it is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::AskModel => "ask_model",
            Self::AskMe => "ask_me",
        }
    }

    /// The policy of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|policy| policy.as_str() == text)
    }

    /// What a person reads.
    pub fn label(self) -> &'static str {
        match self {
            Self::Auto => "Allow everything inside the sandbox",
            Self::AskModel => "Let the model decide",
            Self::AskMe => "Ask me",
        }
    }

    /// What it means, in one sentence.
    pub fn explanation(self) -> &'static str {
        match self {
            Self::Auto => "Nothing waits: the agent reaches only its own files, whatever it runs.",
            Self::AskModel => {
                "Fixed rules deny what leaves the workspace or touches secrets; the model allows or denies the rest and says why."
            }
            Self::AskMe => "The work pauses at each request until you allow or deny it.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_name_every_cli_and_policy() {
        for (kind, label) in CodingCli::KINDS {
            let cli = CodingCli::from_form(kind, " aider --yes ").unwrap();
            assert_eq!(cli.kind(), kind);
            assert_eq!(cli.label(), if kind == "generic" { "aider --yes" } else { label });
        }
        assert_eq!(CodingCli::from_form("vim", ""), None);
        for policy in ApprovalPolicy::ALL {
            assert_eq!(ApprovalPolicy::parse(policy.as_str()), Some(policy));
        }
        assert_eq!(ApprovalPolicy::parse(""), None);
    }

    #[test]
    fn the_wire_has_the_kind_inside() {
        let generic = CodingCli::Generic { command: "aider".to_owned() };
        assert_eq!(serde_json::to_string(&generic).unwrap(), r#"{"kind":"generic","command":"aider"}"#);
        assert_eq!(serde_json::from_str::<CodingCli>(r#"{"kind":"claude"}"#).unwrap(), CodingCli::Claude);
    }
}
