//! The process inside a user's cell: files, git, tmux, terminals, spool, nanobots.

pub mod frame;
pub mod protocol;

use std::process::ExitCode;

use protocol::RunnerPaths;

/// What `autocode runner` is started with.
#[derive(Clone, Debug)]
pub struct RunnerArgs {
    /// The user's folders.
    pub paths: RunnerPaths,
    /// The `autocode` binary as seen from inside the cell.
    pub autocode: std::path::PathBuf,
    /// The Claude Code program as seen from inside the cell.
    pub claude: std::path::PathBuf,
}

/// First process of a cell: keeps a runner alive (so that tmux outlives it) until it is told to shut down.
pub async fn supervise(args: RunnerArgs) -> ExitCode {
    let _ = args;
    ExitCode::FAILURE
}

/// The runner itself: listens on `runner.sock` until `Shutdown` or SIGTERM.
pub async fn serve(args: RunnerArgs) -> ExitCode {
    let _ = args;
    ExitCode::FAILURE
}
