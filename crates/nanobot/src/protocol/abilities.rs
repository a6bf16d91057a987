//! What an agent's model speaks and what its coding CLI may do.
//!
//! Must not know any CLI: each driver takes the abilities away in its own way.

use serde::{Deserialize, Serialize};

/// The API that a model's provider speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WireFormat {
    /// OpenAI's.
    Openai,
    /// Anthropic's Messages.
    Anthropic,
}

/// What a coding CLI may do besides reading files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Abilities {
    /// Create and change files.
    pub edit_files: bool,
    /// Run commands.
    pub run_commands: bool,
    /// Fetch pages and search.
    pub use_web: bool,
    /// Start agents of its own.
    pub use_helpers: bool,
}

/// Every name that a list of tools may have for them; the first can be taken from nobody.
const NAMES: [&str; 5] = ["read_files", "edit_files", "run_commands", "use_web", "use_helpers"];

impl Abilities {
    /// All of them.
    pub const ALL: Self = Self { edit_files: true, run_commands: true, use_web: true, use_helpers: true };

    /// Those that an agent's list of tools names; all where it names none.
    pub fn of(tools: &[String]) -> Self {
        if !tools.iter().any(|tool| NAMES.contains(&tool.as_str())) {
            return Self::ALL;
        }
        let has = |name: &str| tools.iter().any(|tool| tool == name);
        Self {
            edit_files: has("edit_files"),
            run_commands: has("run_commands"),
            use_web: has("use_web"),
            use_helpers: has("use_helpers"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_without_our_names_takes_nothing_away() {
        let of =
            |tools: &[&str]| Abilities::of(&tools.iter().map(|tool| (*tool).to_owned()).collect::<Vec<_>>());
        assert_eq!([of(&[]), of(&["git"])], [Abilities::ALL; 2]);
        let none = Abilities { edit_files: false, run_commands: false, use_web: false, use_helpers: false };
        assert_eq!(of(&["read_files"]), none);
        assert_eq!(of(&["run_commands", "git"]), Abilities { run_commands: true, ..none });
    }
}
