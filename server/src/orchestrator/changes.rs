//! What changed in a project's files: the runner reads the repository, we bound what it says.

use app::{
    error::AppError,
    model::{Changes, FileChange, FileStatus, Project, Viewer},
};
use autocode_nanobot::checkpoint;
use autocode_runner::protocol::{Answer, Request};
use tracing::error;

use super::{Orchestrator, convert, keeper::Order, unavailable};
use crate::runner_link::LinkError;

/// Most files that a runner may name.
const MAX_FILES: usize = checkpoint::MAX_FILES;

impl Orchestrator {
    /// The changes of the step that ended with `commit`; none for what is not committed yet.
    ///
    /// # Errors
    /// [`AppError::Conflict`] with the runner's reason; [`AppError::Unavailable`] if it does not answer.
    pub async fn changes(
        &self,
        viewer: &Viewer,
        project: &Project,
        commit: Option<String>,
    ) -> Result<Changes, AppError> {
        let folder = self.folder(viewer, project)?;
        let request = Request::Changes { folder, commit };
        match self.order(viewer.id, |reply| Order::Ask { request, launch: true, reply }).await {
            Ok(Answer::Changes { files, more_files }) => {
                Ok(Changes { files: files.into_iter().take(MAX_FILES).map(file).collect(), more_files })
            }
            Ok(other) => {
                error!(user = %viewer.id, answer = ?other, "not the answer about changes");
                Err(unavailable(LinkError::Protocol("not the answer about changes".to_owned())))
            }
            Err(LinkError::Refused(reason)) => Err(AppError::Conflict(reason)),
            Err(error) => Err(unavailable(error)),
        }
    }
}

fn file(file: checkpoint::ChangedFile) -> FileChange {
    FileChange {
        path: convert::bounded(file.path),
        status: match file.status {
            checkpoint::FileStatus::Added => FileStatus::Added,
            checkpoint::FileStatus::Modified => FileStatus::Modified,
            checkpoint::FileStatus::Deleted => FileStatus::Deleted,
        },
        added: file.added,
        removed: file.removed,
        diff: convert::bounded(file.diff),
        cut: file.cut,
    }
}
