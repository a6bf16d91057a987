//! A user's cell: the isolated place in which that user's runner, tmux, nanobots and coding CLIs live.
//!
//! Must not know what runs inside beyond its command line, and must hand it nothing but paths: no environment, no
//! secret, no file descriptor. Paths are the same inside and outside, so that a cell without a sandbox (where
//! bubblewrap cannot start) runs the very same command.

mod cell;
mod etc;
mod profile;

pub use cell::{Cell, CellError, launch, probe};

use std::path::{Path, PathBuf};

/// Whether cells use bubblewrap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SandboxMode {
    /// Bubblewrap where it works, else nothing with a warning.
    #[default]
    Auto,
    /// Bubblewrap, or no start at all.
    Required,
    /// None.
    Off,
}

/// What a cell is made of.
#[derive(Clone, Debug)]
pub struct CellSpec {
    /// The user's HOME, read-write at the same path inside.
    pub home: PathBuf,
    /// The user's run folder, read-write at the same path inside; `runner.log` in it takes stdout and stderr.
    pub run_dir: PathBuf,
    /// The `autocode` binary, read-only inside.
    pub autocode: PathBuf,
    /// The coding CLIs' programs; the packages of those that are there are bound read-only.
    pub programs: Vec<PathBuf>,
    /// Further folders to bind read-only at the same path (toolchains); a `bin` folder in one is put on PATH.
    pub read_only: Vec<PathBuf>,
    /// Whether bubblewrap is used.
    pub mode: SandboxMode,
}

impl CellSpec {
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
