//! A user's cell: launch and probe.

use std::path::PathBuf;

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
    /// The Claude Code program; its real file is bound read-only.
    pub claude: PathBuf,
    /// Further folders to bind read-only at the same path (toolchains).
    pub read_only: Vec<PathBuf>,
    /// Whether bubblewrap is used.
    pub mode: SandboxMode,
}
