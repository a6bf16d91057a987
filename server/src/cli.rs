//! The command line: one subcommand per role.
//!
//! Must not do anything: it only says what was asked for.

mod unit;

use std::{path::PathBuf, sync::LazyLock};

use clap::{Args, Parser, Subcommand, ValueEnum};
use server::config::ConfigArgs;

pub use unit::{CellArgs, ExamineArgs, GiveUserArgs, RemoveLeftoversArgs};

/// Version and, in a packed release, the revision that it was built from.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let revision = option_env!("AUTOCODE_REVISION").unwrap_or("not a release");
    format!("{} ({revision})", env!("CARGO_PKG_VERSION"))
});

/// Runs AI agents that finish whole software projects unattended.
///
/// Every option can be set in the environment or in a `.env` file of the current folder too.
#[derive(Debug, Parser)]
#[command(name = "autocode", version = VERSION.as_str(), args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// The role; without one, `serve`.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Options of `serve`.
    #[command(flatten)]
    pub config: Box<ConfigArgs>,
}

/// The roles of the program.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the web app, the API and the gateway to the models.
    Serve(Box<ConfigArgs>),
    /// Create an admin; works beside a running server.
    CreateAdmin(CreateAdminArgs),
    /// Write everything, or the database alone, to one file; works beside a running server.
    Backup(BackupArgs),
    /// Bring a backup back, while the server is stopped.
    Restore(RestoreArgs),
    /// Make a new master key and seal all API keys with it, while the server is stopped; agents keep running.
    RotateKey(Box<ConfigArgs>),
    /// End running agents.
    Stop(StopArgs),
    /// Print what was found on this machine and what is missing.
    Doctor(Box<ConfigArgs>),
    /// Build the demonstration project from start to end, without a browser and without a key.
    Demo(Box<ConfigArgs>),
    /// Print what a saved screen of a coding CLI means: its state, then the evidence.
    Screen(ScreenArgs),
    /// Measure the cell in which this runs and print what it keeps apart, as JSON; started by the server.
    #[command(hide = true)]
    Probe(ProbeArgs),
    /// Close files to itself, then become another program; started by the server where bubblewrap does not start.
    #[command(hide = true)]
    Confine(ConfineArgs),
    /// Become a user's cell; started by systemd, which passes the socket that the server connects to.
    #[command(hide = true)]
    Cell(CellArgs),
    /// Give a user's folders to an account of its own; started by root's `autocode-user`.
    #[command(hide = true)]
    GiveUser(GiveUserArgs),
    /// Remove what is left of users who are gone; started by root's `autocode-user`.
    #[command(hide = true)]
    RemoveLeftovers(RemoveLeftoversArgs),
    /// Measure an empty cell and print what it keeps apart, as JSON; started by systemd when the server asks.
    #[command(hide = true)]
    Examine(ExamineArgs),
    /// The server without rights, under root's `serve`.
    #[command(hide = true)]
    Server,
    /// The process inside a user's cell; started by the server.
    #[command(hide = true)]
    Runner(RunnerArgs),
    /// Connect to a host outside through a cell's proxy; started by ssh in a cell.
    #[command(hide = true)]
    Tunnel(TunnelArgs),
    /// One agent at work; started by a runner.
    #[command(hide = true)]
    Nanobot(NanobotArgs),
    /// Passes on a coding CLI's hook; started by the coding CLI.
    #[command(hide = true)]
    Hook {
        /// Say the decision by the exit code: 0 allows, 2 refuses.
        #[arg(long)]
        gate: bool,
    },
    /// Becomes a coding CLI; started in a terminal session.
    #[command(hide = true)]
    Launch {
        /// What to become.
        file: PathBuf,
    },
}

/// Options of `create-admin`.
#[derive(Args, Debug)]
pub struct CreateAdminArgs {
    /// Login name.
    #[arg(long)]
    pub username: String,
    /// Read the password from standard input; there is no other way, so that it never stands in a list of processes.
    #[arg(long, required = true)]
    pub password_stdin: bool,
    /// Where the installation is.
    #[command(flatten)]
    pub config: Box<ConfigArgs>,
}

/// Options of `backup`.
#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("key").required(true))]
pub struct BackupArgs {
    /// File to write, or a folder, where the file gets a name with the time.
    pub to: PathBuf,
    /// Put the master key in: whoever has the file can read the API keys.
    #[arg(long, group = "key")]
    pub with_master_key: bool,
    /// Leave the master key out: without a copy of it kept elsewhere, API keys have to be entered again after a restore.
    #[arg(long, group = "key")]
    pub without_master_key: bool,
    /// Only the database, without users' files and master key.
    #[arg(long, group = "key")]
    pub database_only: bool,
    /// Where the installation is.
    #[command(flatten)]
    pub config: Box<ConfigArgs>,
}

/// Options of `restore`.
#[derive(Args, Debug)]
pub struct RestoreArgs {
    /// The backup.
    pub from: PathBuf,
    /// Move what is in the data folder aside.
    #[arg(long)]
    pub force: bool,
    /// Where the installation shall be.
    #[command(flatten)]
    pub config: Box<ConfigArgs>,
}

/// Options of `stop`.
#[derive(Args, Debug)]
pub struct StopArgs {
    /// All agents of all users.
    #[arg(long, required = true)]
    pub all: bool,
    /// Where the installation is.
    #[command(flatten)]
    pub config: Box<ConfigArgs>,
}

/// Options of `screen`.
#[derive(Args, Debug)]
pub struct ScreenArgs {
    /// The coding CLI that drew the screen.
    #[arg(long, value_enum)]
    pub cli: ScreenCli,
    /// The program in that pane had ended when the screen was saved.
    #[arg(long)]
    pub dead: bool,
    /// Output of `tmux capture-pane -p`, with or without `-e`; `-` reads standard input.
    pub file: PathBuf,
}

/// A coding CLI whose screens are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ScreenCli {
    /// Claude Code.
    Claude,
    /// Codex CLI.
    Codex,
    /// opencode.
    Opencode,
}

/// Options of `runner`.
#[derive(Args, Debug)]
pub struct RunnerArgs {
    /// The user's HOME.
    #[arg(long)]
    pub home: PathBuf,
    /// The user's folder for sockets and run files.
    #[arg(long)]
    pub run_dir: PathBuf,
    /// The Claude Code program.
    #[arg(long)]
    pub claude: PathBuf,
    /// The Codex CLI program.
    #[arg(long, default_value = "")]
    pub codex: PathBuf,
    /// The opencode program.
    #[arg(long, default_value = "")]
    pub opencode: PathBuf,
    /// This program, as seen from inside the cell.
    #[arg(long)]
    pub autocode: PathBuf,
    /// The folder with the sockets that lead out of the cell.
    #[arg(long)]
    pub doors: Option<PathBuf>,
    /// The cell has a network of its own: ports lead to those sockets.
    #[arg(long)]
    pub forward: bool,
    /// Standard input is the listening socket.
    #[arg(long)]
    pub listen_stdin: bool,
    /// Be the runner itself, not the process that keeps it alive.
    #[arg(long)]
    pub serve: bool,
}

/// Options of `probe`.
#[derive(Args, Debug)]
pub struct ProbeArgs {
    /// The user's HOME.
    #[arg(long)]
    pub home: PathBuf,
    /// The folder with what is to be tried.
    #[arg(long)]
    pub doors: PathBuf,
}

/// Options of `confine`.
#[derive(Args, Debug)]
pub struct ConfineArgs {
    /// What may be read.
    #[arg(long)]
    pub read: Vec<PathBuf>,
    /// What may be written; the last gets a folder for temporary files.
    #[arg(long)]
    pub write: Vec<PathBuf>,
    /// The program and its arguments.
    #[arg(last = true, required = true)]
    pub command: Vec<PathBuf>,
}

/// Options of `tunnel`.
#[derive(Args, Debug)]
pub struct TunnelArgs {
    /// Name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
}

/// Options of `nanobot`.
#[derive(Args, Debug)]
pub struct NanobotArgs {
    /// The project's folder.
    #[arg(long)]
    pub workspace: PathBuf,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn serve_is_what_happens_without_a_role() {
        let cli = Cli::try_parse_from(["autocode", "--data-dir", "/d"]).unwrap();
        assert_eq!((cli.command.is_none(), cli.config.data_dir), (true, PathBuf::from("/d")));
        let cli = Cli::try_parse_from(["autocode", "doctor", "--data-dir", "/d"]).unwrap();
        assert!(matches!(cli.command, Some(Command::Doctor(config)) if config.data_dir.as_os_str() == "/d"));
    }
}
