//! Going back to an earlier step, and bringing forward again: files and plan are the runner's, what is recorded is ours.

use app::{
    error::AppError,
    model::{ImplementationPlan, Project, Viewer},
};
use autocode_nanobot::protocol::Step;
use autocode_runner::protocol::{Answer, Request};
use tracing::error;

use super::{Orchestrator, convert, keeper::Order, unavailable};
use crate::runner_link::LinkError;

/// Longest name that a runner may give to what it put aside, in bytes.
const MAX_REFERENCE: usize = 200;

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
    /// [`AppError::Conflict`] with the runner's reason; [`AppError::Unavailable`] if it does not answer.
    pub async fn undo(
        &self,
        viewer: &Viewer,
        project: &Project,
        to_step: Option<String>,
    ) -> Result<Replaced, AppError> {
        let (folder, session, plan) = self.place(viewer, project)?;
        let to_step = to_step.unwrap_or_default();
        self.replace(viewer, Request::Undo { folder, session, plan, to_step }).await
    }

    /// Brings back what an undo put aside.
    ///
    /// # Errors
    /// As [`Orchestrator::undo`].
    pub async fn redo(
        &self,
        viewer: &Viewer,
        project: &Project,
        reference: String,
    ) -> Result<Replaced, AppError> {
        let (folder, session, plan) = self.place(viewer, project)?;
        self.replace(viewer, Request::Redo { folder, session, plan, undo_id: reference }).await
    }

    fn place(&self, viewer: &Viewer, project: &Project) -> Result<(String, String, Vec<Step>), AppError> {
        let steps = project.implementation_plan.steps.iter().cloned().map(convert::step_to_nanobot);
        Ok((self.folder(viewer, project)?, project.tmux_session.clone(), steps.collect()))
    }

    async fn replace(&self, viewer: &Viewer, request: Request) -> Result<Replaced, AppError> {
        match self.order(viewer.id, |reply| Order::Ask { request, launch: true, reply }).await {
            Ok(Answer::Plan { steps, undo_id }) if undo_id.len() <= MAX_REFERENCE => {
                let steps = steps.into_iter().map(convert::step_from_nanobot).collect();
                Ok(Replaced { plan: ImplementationPlan { steps }, reference: undo_id })
            }
            Ok(other) => {
                error!(user = %viewer.id, answer = ?other, "not the answer to an undo");
                Err(unavailable(LinkError::Protocol("not the answer to an undo".to_owned())))
            }
            Err(LinkError::Refused(reason)) => Err(AppError::Conflict(reason)),
            Err(error) => Err(unavailable(error)),
        }
    }
}
