//! What the live stream of a page carries.

use serde::{Deserialize, Serialize};

use super::{Diagnosis, LogEntry, Project, ProjectId, UsageSummary};

/// One text frame of `/ws/live`: an object with one key, the kind.
///
/// A `type` among the fields would be nicer to read, but serde then has to keep each frame aside until it has found it, with
/// code for that of every type in here, which every first visit would load.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LiveEvent {
    /// A project as it is now; replaces what the page had.
    Project {
        /// The whole project.
        project: Box<Project>,
    },
    /// A new log line of the project that the page asked for.
    Log {
        /// The line.
        entry: LogEntry,
    },
    /// What the control loop sees now, of the project that the page asked for.
    Diagnosis {
        /// Whose loop.
        project: ProjectId,
        /// What it sees.
        diagnosis: Box<Diagnosis>,
    },
    /// A new decision of any agent, for the page that asked for them.
    Decision {
        /// The log line.
        entry: LogEntry,
    },
    /// Tokens and cost since midnight UTC, for the page that asked for decisions.
    Usage {
        /// The sums.
        today: UsageSummary,
    },
    /// Every project was sent: what the page has besides these is gone.
    Complete {
        /// All projects of the person.
        ids: Vec<ProjectId>,
    },
    /// The connection stands, and began; or nothing happened for a while.
    Alive {
        /// Of the site that this server has; a page of another one is out of date.
        version: String,
    },
    /// A project is gone.
    ProjectDeleted {
        /// Which one.
        id: ProjectId,
    },
}
