//! Going back to an earlier step, and bringing forward again: files and plan are the runner's, what is recorded is ours.

use app::{
    error::AppError,
    model::{ImplementationPlan, Project, Viewer},
};

use super::Orchestrator;

/// What the runner did.
#[derive(Clone, Debug)]
pub struct Replaced {
    /// The plan as it is now.
    pub plan: ImplementationPlan,
    /// Brings back what was there before.
    pub reference: String,
}

impl Orchestrator {
    /// Takes a project that does not run back to where it was after a step; none means before the first.
    ///
    /// # Errors
    /// [`AppError::Unavailable`]: this runner cannot do it.
    pub async fn undo(
        &self,
        viewer: &Viewer,
        project: &Project,
        _to_step: Option<String>,
    ) -> Result<Replaced, AppError> {
        self.folder(viewer, project)?;
        Err(AppError::Unavailable("The agents' runner cannot go back.".to_owned()))
    }

    /// Brings back what an undo put aside.
    ///
    /// # Errors
    /// As [`Orchestrator::undo`].
    pub async fn redo(
        &self,
        viewer: &Viewer,
        project: &Project,
        _reference: String,
    ) -> Result<Replaced, AppError> {
        self.undo(viewer, project, None).await
    }
}
