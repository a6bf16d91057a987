//! The process inside a user's cell: files, git, tmux, terminals, spool, nanobots.
//!
//! Must not know users, the database or model keys. What it tells the server is a claim; what it is told is obeyed.

mod changes;
mod clock;
mod clone;
mod control;
mod error;
pub mod frame;
mod git;
mod instances;
mod isolation;
mod keeper;
mod leftover;
mod lines;
mod locks;
mod process;
pub mod protocol;
mod pumps;
mod serve;
mod spool;
mod starting;
mod supervise;
mod terminal;
mod undo;
mod viewers;
mod workspace;

pub use serve::serve;
pub use supervise::supervise;

use protocol::RunnerPaths;

/// What `autocode runner` is started with.
#[derive(Clone, Debug)]
pub struct RunnerArgs {
    /// The user's folders.
    pub paths: RunnerPaths,
    /// The `autocode` binary as seen from inside the cell.
    pub autocode: std::path::PathBuf,
    /// The coding CLIs' programs as seen from inside the cell.
    pub programs: autocode_nanobot::protocol::CliPrograms,
}
