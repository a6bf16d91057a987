//! Ending all that belongs to a project: session, what ran in it, what instances of before left.
//!
//! Must not take longer than a person waits: each part has its own limit.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use autocode_nanobot::processes;
use autocode_tmux::{SessionName, TmuxError};
use tokio::{sync::OwnedMutexGuard, time::timeout};

use super::{Instances, folder_lock};
use crate::{error::RunnerError, keeper::StopReason, leftover, workspace};

/// How long ending a tmux session may take.
const TMUX_LIMIT: Duration = Duration::from_secs(1);
/// How long what ran in it may take to end by itself.
const SWEEP: Duration = Duration::from_millis(500);

/// A project's folder that nobody works in.
pub(crate) struct StillFolder {
    /// Where it is.
    pub(crate) path: PathBuf,
    _lock: OwnedMutexGuard<()>,
}

impl Instances {
    /// Ends a session, and whatever a CLI or a check left running in its workspace.
    pub(super) async fn end_session(
        &self,
        session: &str,
        workspace: Option<&Path>,
    ) -> Result<(), RunnerError> {
        let session: SessionName = session.parse()?;
        let look = async {
            // The CLI knows which workspace it works in, also when its instance is long over.
            let pane = self.tmux.pane(&session).await?;
            let of_cli = pane.and_then(|pane| processes::mark_of(pane.pid, processes::WORKSPACE));
            Ok::<_, TmuxError>((of_cli, self.tmux.kill_session(&session).await?))
        };
        let ended = timeout(TMUX_LIMIT, look).await;
        let of_cli =
            ended.as_ref().ok().and_then(|ended| ended.as_ref().ok()).and_then(|(of_cli, ())| of_cli.clone());
        let is_here = |of: &Path| Some(of) == workspace || Some(of) == of_cli.as_deref();
        if workspace.is_some() || of_cli.is_some() {
            processes::end_marked(processes::WORKSPACE, is_here, SWEEP).await;
        }
        match ended {
            Ok(ended) => Ok(ended.map(drop)?),
            Err(_) => Err(RunnerError::Refused(
                "The terminal session does not answer; what ran in it was ended.".to_owned(),
            )),
        }
    }

    /// Ends whatever works on a project, then removes its folder.
    pub(crate) async fn remove_project(&self, slug: &str, session: &str) -> Result<(), RunnerError> {
        let folder = self.args.paths.home.join("projects").join(slug);
        self.starting.cancel_folder(&folder);
        let _folder = self.locks.lock(folder_lock(&folder)).await;
        let of_project: Vec<i64> = {
            let running = self.running();
            let here = running.iter().filter(|(_, i)| i.current.borrow().config.project.workspace == folder);
            here.map(|(id, _)| *id).collect()
        };
        for id in of_project {
            self.stop_one(id, StopReason::Asked).await?;
        }
        self.end_left_behind(&folder).await?;
        self.end_session(session, Some(&folder)).await?;
        let (home, slug) = (self.args.paths.home.clone(), slug.to_owned());
        let removed = tokio::task::spawn_blocking(move || workspace::remove(&home, &slug)).await;
        removed.map_err(|error| RunnerError::Refused(error.to_string()))?
    }

    /// The folder of a project as it is on the disk.
    pub(crate) fn existing(&self, folder: &str) -> Result<PathBuf, RunnerError> {
        workspace::existing(&self.args.paths.home, folder)
    }

    /// A project's folder in which nothing works and nothing can begin to while the answer is held.
    pub(crate) async fn still_folder(&self, folder: &str, session: &str) -> Result<StillFolder, RunnerError> {
        let path = self.existing(folder)?;
        let lock = self.locks.lock(folder_lock(&path)).await;
        if self.running().values().any(|i| i.current.borrow().config.project.workspace == path) {
            return Err(RunnerError::Refused(
                "The agent is working in this project: stop it first.".to_owned(),
            ));
        }
        // A nanobot that outlived its runner may still be at work here.
        self.end_left_behind(&path).await?;
        self.end_session(session, Some(&path)).await?;
        Ok(StillFolder { path, _lock: lock })
    }

    /// Ends nanobots that worked in a folder for an earlier runner, and removes what instances of before left.
    async fn end_left_behind(&self, folder: &Path) -> Result<(), RunnerError> {
        let entries =
            std::fs::read_dir(&self.args.paths.run_dir).map_err(RunnerError::file("the run folder"))?;
        let running: Vec<PathBuf> = self.list().into_iter().map(|id| self.run_dir(id)).collect();
        for run_dir in entries.flatten().map(|entry| entry.path()) {
            if leftover::workspace(&run_dir).as_deref() == Some(folder) && !running.contains(&run_dir) {
                leftover::end(&run_dir).await;
                std::fs::remove_dir_all(&run_dir)
                    .map_err(RunnerError::file("the run folder of an earlier instance"))?;
            }
        }
        Ok(())
    }

    /// Ends what CLIs and checks of any project left running; for the end of the whole cell.
    pub(crate) async fn end_strays(&self) {
        let projects = self.args.paths.home.join("projects");
        processes::end_marked(processes::WORKSPACE, |of| of.starts_with(&projects), SWEEP).await;
    }
}
