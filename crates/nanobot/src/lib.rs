//! Agent runtime: drives a coding CLI in tmux through a project's plan.

pub mod protocol;

use std::{path::PathBuf, process::ExitCode};

pub mod hook;
pub mod launch;

/// `autocode nanobot --workspace PATH`: reads `.nanobot/config.json`, then commands from stdin until its end.
pub async fn run(workspace: PathBuf) -> ExitCode {
    let _ = workspace;
    ExitCode::FAILURE
}
