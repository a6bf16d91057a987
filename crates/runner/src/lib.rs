//! The process inside a user's cell: files, git, tmux, terminals, spool, nanobots.
//!
//! Must not know users, the database or model keys. What it tells the server is a claim; what it is told is obeyed.

mod changes;
mod clock;
mod clone;
mod control;
mod error;
mod forward;
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
mod tunnel;
mod undo;
mod viewers;
mod workspace;

pub use serve::serve;
pub use supervise::supervise;
pub use tunnel::tunnel;

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
    /// Folder with the sockets that lead out of the cell and the challenge for its probe.
    pub doors: Option<std::path::PathBuf>,
    /// Whether the cell has a network of its own, from which ports have to lead to those sockets.
    pub forward: bool,
    /// Whether standard input is the listening socket, opened by a service manager, instead of one to be made.
    pub listen_stdin: bool,
}
