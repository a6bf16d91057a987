//! Going back to a checkpoint of a project, and taking that back, while nobody works there.
//!
//! Must not know what a checkpoint is: the nanobot's crate does.

use autocode_nanobot::{checkpoint, protocol::Step};

use crate::{error::RunnerError, instances::Instances, protocol::Answer};

/// What is to be done to a project's files and plan.
pub(crate) enum Change {
    /// Go back to a step's checkpoint.
    Undo { plan: Vec<Step>, to_step: String },
    /// Bring a kept state back.
    Redo { plan: Vec<Step>, undo_id: String },
}

/// Changes files and plan with nothing running there: no instance, no session, no nanobot of an earlier runner.
pub(crate) async fn change(
    instances: &Instances,
    folder: &str,
    session: &str,
    change: Change,
) -> Result<Answer, RunnerError> {
    let workspace = instances.still_folder(folder, session).await?;
    let done = match change {
        Change::Undo { plan, to_step } => checkpoint::undo(&workspace.path, &plan, &to_step).await?,
        Change::Redo { plan, undo_id } => checkpoint::redo(&workspace.path, &plan, &undo_id).await?,
    };
    Ok(Answer::Plan { steps: done.plan, undo_id: done.undo_id })
}

/// What can be brought back.
pub(crate) async fn list(instances: &Instances, folder: &str) -> Result<Answer, RunnerError> {
    let workspace = instances.existing(folder)?;
    Ok(Answer::Undos { undos: checkpoint::undos(&workspace).await? })
}
