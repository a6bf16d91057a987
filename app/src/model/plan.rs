//! The implementation plan: what is to be done, and how far each step is.

use serde::{Deserialize, Serialize};

use super::Timestamp;

/// How far a step is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
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
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
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
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ImplementationPlan {
    /// Steps in order of work.
    pub steps: Vec<Step>,
}

impl ImplementationPlan {
    /// How many steps need no more work.
    pub fn finished(&self) -> usize {
        self.steps.iter().filter(|s| s.needs_no_work()).count()
    }

    /// Position of the step that is under way, or else of the first that needs work; the number of steps if none does.
    pub fn current(&self) -> usize {
        let running = self.steps.iter().position(|s| s.status == StepStatus::Running);
        let open = || self.steps.iter().position(|s| !s.needs_no_work());
        running.or_else(open).unwrap_or(self.steps.len())
    }
}

impl Step {
    /// Whether it is done or left out.
    pub fn needs_no_work(&self) -> bool {
        matches!(self.status, StepStatus::Completed | StepStatus::Skipped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_current_step_is_the_one_under_way_or_the_first_that_needs_work() {
        use StepStatus::{Completed, Failed, Pending, Running, Skipped};
        let current = |states: &[StepStatus]| {
            let steps = states.iter().map(|&status| Step { status, ..Step::default() }).collect();
            ImplementationPlan { steps }.current()
        };
        assert_eq!(current(&[]), 0);
        assert_eq!(current(&[Completed, Skipped]), 2);
        assert_eq!(current(&[Skipped, Failed, Pending]), 1);
        assert_eq!(current(&[Pending, Completed, Running]), 2);
    }
}
