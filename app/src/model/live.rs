//! What the live stream of a page carries.

use serde::{Deserialize, Serialize};

use super::{Diagnosis, LogEntry, Project, ProjectId};

/// One text frame of `/ws/live`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
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
    /// A project is gone.
    ProjectDeleted {
        /// Which one.
        id: ProjectId,
    },
}
