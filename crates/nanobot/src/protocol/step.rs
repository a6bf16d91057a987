//! One step of a plan, as it travels.

use serde::{Deserialize, Serialize};

/// How far a step is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepStatus {
    /// Not begun.
    #[default]
    Pending,
    /// Being worked on.
    Running,
    /// Verified, evaluated and committed.
    Completed,
    /// Given up.
    Failed,
    /// Left out by a person.
    Skipped,
}

/// One step of the plan with its outcome so far; times are milliseconds since the Unix epoch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Step {
    /// Stable within the plan.
    pub id: String,
    /// One line.
    pub title: String,
    /// The task for the coding CLI.
    pub instructions: String,
    /// Shell command that must exit 0.
    pub verify: Option<String>,
    /// Ids of steps that must be complete first.
    pub depends_on: Vec<String>,
    /// How far it is.
    pub status: StepStatus,
    /// Attempts so far.
    pub attempts: u32,
    /// Commit of the finished step.
    pub commit: Option<String>,
    /// End of the last verify output.
    pub verify_output: Option<String>,
    /// When the first attempt began.
    pub started_at: Option<i64>,
    /// When it ended.
    pub finished_at: Option<i64>,
}
