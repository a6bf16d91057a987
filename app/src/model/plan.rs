//! The implementation plan: what is to be done, and how far each step is.

use serde::{Deserialize, Serialize};

use super::Timestamp;

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
    /// Given up after its attempts were used.
    Failed,
    /// Left out by a person.
    Skipped,
}

/// One step of a plan with its outcome so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Stable within its plan, for example `1` or `parser`; given by position when left empty.
    #[serde(default)]
    pub id: String,
    /// One line.
    pub title: String,
    /// The task as given to the coding CLI; Markdown.
    #[serde(default)]
    pub instructions: String,
    /// Shell command that must exit 0 in the workspace before the step can be complete.
    #[serde(default)]
    pub verify: Option<String>,
    /// Ids of the steps that must be complete first.
    #[serde(default)]
    pub depends_on: Vec<String>,
    /// How far it is.
    #[serde(default)]
    pub status: StepStatus,
    /// Attempts so far, the running one included.
    #[serde(default)]
    pub attempts: u32,
    /// Git commit of the finished step, full hex.
    #[serde(default)]
    pub commit: Option<String>,
    /// End of the last verify command's output.
    #[serde(default)]
    pub verify_output: Option<String>,
    /// When the first attempt began.
    #[serde(default)]
    pub started_at: Option<Timestamp>,
    /// When it ended.
    #[serde(default)]
    pub finished_at: Option<Timestamp>,
}

/// The steps of a project, in order; an empty plan means that the agent proposes one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImplementationPlan {
    /// Steps in order of work.
    pub steps: Vec<Step>,
}

impl ImplementationPlan {
    /// How many steps need no more work.
    pub fn finished(&self) -> usize {
        self.steps.iter().filter(|s| matches!(s.status, StepStatus::Completed | StepStatus::Skipped)).count()
    }
}
