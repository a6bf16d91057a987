//! A user's cell: the isolated place in which that user's runner, tmux, nanobots and coding CLIs live.
//!
//! Must not know what runs inside beyond its command line, and must hand it nothing but paths: no environment, no
//! secret, no file descriptor. Paths are the same inside and outside, so that a cell without a sandbox (where
//! bubblewrap cannot start) runs the very same command.

mod canary;
mod cell;
mod etc;
mod facts;
mod landlock;
mod limits;
mod measure;
mod profile;
mod try_out;

pub use canary::{CHALLENGE_FILE, Canaries, Challenge};
pub use cell::{Cell, CellError, examine, launch};
pub use facts::{Fact, Facts};
pub use landlock::confine;
pub use limits::{Group, Limits};
pub use measure::measure;
pub use try_out::{Abilities, probe, try_out};

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Port on a private network's 127.0.0.1 that leads to the gateway.
pub const GATEWAY_PORT: u16 = 47_470;
/// Port on a private network's 127.0.0.1 of the HTTP proxy that leads outside.
pub const PROXY_PORT: u16 = 47_471;
/// Socket in the doors folder behind [`GATEWAY_PORT`].
pub const GATEWAY_SOCKET: &str = "gateway.sock";
/// Socket in the doors folder behind [`PROXY_PORT`].
pub const PROXY_SOCKET: &str = "proxy.sock";

/// Whether cells use bubblewrap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SandboxMode {
    /// Bubblewrap where it works, else nothing with a warning.
    #[default]
    Auto,
    /// Bubblewrap, or no start at all.
    Required,
    /// Never bubblewrap, as where it does not start: Landlock alone, where the kernel has it.
    Landlock,
    /// None.
    Off,
}

/// What a cell's network is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Network {
    /// The machine's own.
    #[default]
    Host,
    /// A loopback of its own and nothing else; the sockets in the doors folder are the only ways out.
    Private,
}

/// A user id that only one cell has; starting such a cell takes root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// User and group id of the cell's processes.
    pub uid: u32,
}

/// What a cell is made of.
#[derive(Clone, Debug)]
pub struct CellSpec {
    /// The user's HOME, read-write at the same path inside.
    pub home: PathBuf,
    /// The user's run folder, read-write at the same path inside; `runner.log` in it takes stdout and stderr.
    pub run_dir: PathBuf,
    /// The folder with the sockets that lead out and the probe's challenge, read-only at the same path inside.
    pub doors: Option<PathBuf>,
    /// The `autocode` binary, read-only inside.
    pub autocode: PathBuf,
    /// The coding CLIs' programs; the packages of those that are there are bound read-only.
    pub programs: Vec<PathBuf>,
    /// Further folders to bind read-only at the same path (toolchains); a `bin` folder in one is put on PATH.
    pub read_only: Vec<PathBuf>,
    /// Whether bubblewrap is used.
    pub mode: SandboxMode,
    /// Its network, where bubblewrap works.
    pub network: Network,
    /// An account of its own; none means this process's.
    pub account: Option<Account>,
    /// The control group to start in.
    pub group: Option<Group>,
    /// Bytes of the largest file that its processes can write.
    pub largest_file: Option<u64>,
    /// Whether the program gets this process's standard input: the listening socket that a service manager opened.
    pub pass_stdin: bool,
}

impl CellSpec {
    /// A cell of only these two folders and this program, with bubblewrap where it works, on the machine's network.
    pub fn new(home: PathBuf, run_dir: PathBuf, autocode: PathBuf) -> Self {
        Self {
            home,
            run_dir,
            doors: None,
            autocode,
            programs: Vec::new(),
            read_only: Vec::new(),
            mode: SandboxMode::Auto,
            network: Network::Host,
            account: None,
            group: None,
            largest_file: None,
            pass_stdin: false,
        }
    }

    /// Path of the `autocode` binary for use inside the cell: its real file, symlinks resolved.
    pub fn inside_autocode(&self) -> PathBuf {
        real(&self.autocode)
    }
}

/// Path of a program for use inside a cell: its real file, symlinks resolved, or the path itself if there is nothing (the
/// user of it then gets the plain "not found").
pub fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}
