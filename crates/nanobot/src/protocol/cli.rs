//! The coding CLIs that can be driven, and where their programs are.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// A coding CLI that can be driven.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CliKind {
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

/// Where the coding CLIs' programs are, as seen by a nanobot; a path without a file behind it means that it is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CliPrograms {
    /// Claude Code.
    pub claude: PathBuf,
    /// Codex CLI.
    pub codex: PathBuf,
    /// opencode.
    pub opencode: PathBuf,
}

impl CliPrograms {
    /// The program of a coding CLI; empty for one whose command says it.
    pub fn of(&self, kind: &CliKind) -> PathBuf {
        match kind {
            CliKind::Claude => self.claude.clone(),
            CliKind::Codex => self.codex.clone(),
            CliKind::Opencode => self.opencode.clone(),
            CliKind::Generic { .. } => PathBuf::new(),
        }
    }
}
