//! The one error of this crate. Must not carry secrets: arguments are left out, only the command's name is kept.

use thiserror::Error;

/// Why a tmux command did not do what was asked.
#[derive(Debug, Error)]
pub enum TmuxError {
    /// tmux could not be started or talked to.
    #[error("tmux could not be run: {0}")]
    Io(#[from] std::io::Error),
    /// tmux did not answer within the time limit; the client was killed.
    #[error("tmux {command} did not answer in time")]
    TimedOut {
        /// The tmux command.
        command: String,
    },
    /// tmux refused.
    #[error("tmux {command} failed: {message}")]
    Failed {
        /// The tmux command.
        command: String,
        /// What tmux said.
        message: String,
    },
    /// tmux answered something that cannot be understood.
    #[error("tmux {command} answered unexpectedly: {answer}")]
    Unexpected {
        /// The tmux command.
        command: String,
        /// The start of its answer.
        answer: String,
    },
    /// The session or pane is not there (or no server runs).
    #[error("there is no such tmux session or pane")]
    NotFound,
    /// A session name with other characters than tmux may be trusted with.
    #[error("\u{201c}{0}\u{201d} is not a session name: 1 to 100 lower-case letters, digits and hyphens")]
    InvalidName(String),
    /// An argument that cannot be handed to tmux.
    #[error("{0}")]
    InvalidArgument(&'static str),
}
