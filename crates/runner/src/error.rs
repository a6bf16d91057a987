//! The one error of this crate; its text goes to the server as `Answer::Failed` and is meant for a person.

use autocode_nanobot::checkpoint::GitError;
use autocode_tmux::TmuxError;
use thiserror::Error;

/// Why a request could not be done.
#[derive(Debug, Error)]
pub(crate) enum RunnerError {
    /// What was asked does not make sense here.
    #[error("{0}")]
    Refused(String),
    /// A file or folder.
    #[error("{what}: {source}")]
    File { what: String, source: std::io::Error },
    /// git said no.
    #[error("git {command} failed: {message}")]
    Git { command: String, message: String },
    /// A checkpoint could not be made or gone back to.
    #[error(transparent)]
    Checkpoint(#[from] GitError),
    /// tmux said no.
    #[error(transparent)]
    Tmux(#[from] TmuxError),
    /// The process could not be started.
    #[error("{program} could not be started: {source}")]
    Start { program: String, source: std::io::Error },
}

impl RunnerError {
    /// For `map_err`: names the file or step that failed.
    pub(crate) fn file(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |source| Self::File { what, source }
    }
}
