//! The tabs of a project's page, as they stand in its URL.

use serde::{Deserialize, Serialize};

/// One tab.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProjectTab {
    /// What matters now; the page without a tab in its URL.
    #[default]
    Overview,
    /// The coding CLI's terminal.
    Terminal,
    /// The log.
    Logs,
    /// The goal, to be edited.
    Description,
    /// How it is to be built, to be edited.
    Architecture,
    /// The plan, to be edited.
    Plan,
    /// Files and diff of each step.
    Changes,
    /// Tokens and cost of each step.
    Usage,
}

impl ProjectTab {
    /// All tabs, in order.
    pub const ALL: [Self; 8] = [
        Self::Overview,
        Self::Terminal,
        Self::Logs,
        Self::Description,
        Self::Architecture,
        Self::Plan,
        Self::Changes,
        Self::Usage,
    ];

    /// What people call it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Terminal => "Terminal",
            Self::Logs => "Logs",
            Self::Description => "Description",
            Self::Architecture => "Architecture",
            Self::Plan => "Plan",
            Self::Changes => "Changes",
            Self::Usage => "Usage",
        }
    }

    /// Its part of the path; empty for the overview.
    pub fn segment(self) -> &'static str {
        match self {
            Self::Overview => "",
            Self::Terminal => "terminal",
            Self::Logs => "logs",
            Self::Description => "description",
            Self::Architecture => "architecture",
            Self::Plan => "plan",
            Self::Changes => "changes",
            Self::Usage => "usage",
        }
    }

    /// The tab of a part of the path; none if there is no such tab.
    pub fn parse(segment: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tab| tab.segment() == segment)
    }
}
