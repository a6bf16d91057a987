//! What a step changed in a project's files; reading it disturbs no instance that works there.
//!
//! Must not know git: the nanobot's crate does.

use std::time::Duration;

use autocode_nanobot::checkpoint;
use tokio::time::timeout;

use crate::{error::RunnerError, instances::Instances, protocol::Answer};

/// How long it may take: a person waits for it.
const LIMIT: Duration = Duration::from_secs(20);

/// The files with their diffs, both bounded.
pub(crate) async fn list(
    instances: &Instances,
    folder: &str,
    commit: Option<&str>,
) -> Result<Answer, RunnerError> {
    let workspace = instances.existing(folder)?;
    let work = timeout(LIMIT, checkpoint::changes(&workspace, commit));
    let changes = work.await.map_err(|_| {
        RunnerError::Refused(format!("Reading the changes took longer than {} seconds.", LIMIT.as_secs()))
    })??;
    Ok(Answer::Changes { files: changes.files, more_files: changes.more_files })
}
