//! What an agent's coding CLI may do, as its owner chooses it.

/// One ability. The names are part of the contract with nanobots, which take the ones away that are not chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentTool {
    /// Look at files; cannot be taken away.
    ReadFiles,
    /// Write files.
    EditFiles,
    /// Run commands.
    RunCommands,
    /// Fetch pages and search.
    UseWeb,
    /// Start helpers of its own.
    UseHelpers,
}

impl AgentTool {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 5] =
        [Self::ReadFiles, Self::EditFiles, Self::RunCommands, Self::UseWeb, Self::UseHelpers];

    /// As it is sent and stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReadFiles => "read_files",
            Self::EditFiles => "edit_files",
            Self::RunCommands => "run_commands",
            Self::UseWeb => "use_web",
            Self::UseHelpers => "use_helpers",
        }
    }

    /// What people call it.
    pub fn label(self) -> &'static str {
        match self {
            Self::ReadFiles => "Read files",
            Self::EditFiles => "Edit files",
            Self::RunCommands => "Run commands",
            Self::UseWeb => "Use the web",
            Self::UseHelpers => "Start helpers",
        }
    }

    /// What it is for, and what is lost without it.
    pub fn explanation(self) -> &'static str {
        match self {
            Self::ReadFiles => "Looks at and searches the workspace. Every agent can.",
            Self::EditFiles => {
                "Creates and changes files of the workspace. Without it an agent can only report."
            }
            Self::RunCommands => {
                "Builds, tests, git and everything else in a shell, inside the sandbox. The checks of the plan run all the same."
            }
            Self::UseWeb => "Reads pages and searches, for documentation and examples.",
            Self::UseHelpers => {
                "Lets the coding CLI hand parts of a step to agents of its own, which cost tokens too."
            }
        }
    }

    /// Whether a list of names allows it: a list without any of these names allows all.
    pub fn is_allowed(self, names: &[String]) -> bool {
        let known = |name: &String| Self::ALL.iter().any(|tool| tool.as_str() == name);
        self == Self::ReadFiles || !names.iter().any(known) || names.iter().any(|name| name == self.as_str())
    }

    /// The list that allows these and no others; names that are none of ours are kept.
    pub fn list(chosen: &[Self], kept: &[String]) -> Vec<String> {
        let foreign = kept.iter().filter(|name| Self::ALL.iter().all(|tool| tool.as_str() != *name)).cloned();
        let chosen = |tool: &Self| *tool == Self::ReadFiles || chosen.contains(tool);
        if Self::ALL.iter().all(chosen) {
            return foreign.collect();
        }
        let own = Self::ALL.into_iter().filter(chosen).map(|tool| tool.as_str().to_owned());
        own.chain(foreign).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_allows_what_it_names_and_none_at_all_allows_everything() {
        let all = |names: &[&str]| {
            let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
            AgentTool::ALL.map(|tool| tool.is_allowed(&names))
        };
        assert_eq!(all(&[]), [true; 5]);
        assert_eq!(all(&["git"]), [true; 5]);
        assert_eq!(all(&["edit_files", "git"]), [true, true, false, false, false]);
        assert_eq!(all(&["read_files"]), [true, false, false, false, false]);
    }

    #[test]
    fn a_choice_becomes_a_list_and_keeps_other_names() {
        let kept = ["git".to_owned(), "use_web".to_owned()];
        assert_eq!(AgentTool::list(&AgentTool::ALL, &kept), ["git"]);
        assert_eq!(AgentTool::list(&[AgentTool::EditFiles], &kept), ["read_files", "edit_files", "git"]);
        assert_eq!(AgentTool::list(&[], &[]), ["read_files"]);
    }
}
