//! What is told to a running instance: a new plan, new texts, a person's answer.

use app::{
    error::AppError,
    model::{ProjectId, Viewer},
};
use autocode_nanobot::protocol::{Command, ContextUpdate};
use autocode_runner::protocol::Request;

use super::{Orchestrator, convert, internal};
use crate::db;

impl Orchestrator {
    /// Sends a changed plan to the running instance, which picks its next step from it; fine when none runs.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for a foreign project; [`AppError::Unavailable`] if the runner does not answer.
    pub async fn update_plan(&self, viewer: &Viewer, project: ProjectId) -> Result<(), AppError> {
        let row = self.shared.project(viewer.id, project).await?;
        let steps = row.implementation_plan.steps.into_iter().map(convert::step_to_nanobot).collect();
        self.command(viewer, project, Command::UpdatePlan { steps }).await.map(drop)
    }

    /// Tells the running instance what its owner changed in the texts of project and agent; fine when none runs.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for a foreign project; [`AppError::Unavailable`] if the runner does not answer.
    pub async fn update_context(&self, viewer: &Viewer, project: ProjectId) -> Result<(), AppError> {
        let row = self.shared.project(viewer.id, project).await?;
        let agent =
            db::agents::find(self.shared.db.reader(), viewer.id, row.agent_id).await.map_err(internal)?;
        let agent = agent.ok_or(AppError::NotFound)?;
        let update = ContextUpdate {
            project_name: row.name,
            description: row.description,
            architecture: row.architecture,
            agent_name: agent.draft.name,
            identity: agent.draft.identity,
            global_rules: agent.draft.global_rules,
        };
        self.command(viewer, project, Command::UpdateContext(Box::new(update))).await.map(drop)
    }

    /// Gives a person's answer to the open question.
    ///
    /// # Errors
    /// [`AppError::Conflict`] if nothing is asked or nothing runs that could hear it.
    pub async fn answer(&self, viewer: &Viewer, project: ProjectId, text: String) -> Result<(), AppError> {
        let row = self.shared.project(viewer.id, project).await?;
        if row.question.is_none() {
            return Err(AppError::Conflict("The agent has no open question.".to_owned()));
        }
        if self.command(viewer, project, Command::Answer { text }).await? {
            return Ok(());
        }
        Err(AppError::Conflict("The agent is not running: start the project, then answer.".to_owned()))
    }

    /// Passes a command to the instance of a project; tells whether one runs.
    async fn command(&self, viewer: &Viewer, project: ProjectId, command: Command) -> Result<bool, AppError> {
        let wanted = db::runs::running(self.shared.db.reader(), viewer.id).await.map_err(internal)?;
        let Some(instance) = wanted.into_iter().find(|w| w.project == project) else { return Ok(false) };
        self.ask(viewer.id, Request::Command { instance_id: instance.id.0, command }, false).await?;
        Ok(true)
    }
}
