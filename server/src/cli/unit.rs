//! Options of what systemd and root's `autocode-user` start: users' cells as units.

use std::path::PathBuf;

use clap::Args;
use server::config::ConfigArgs;

/// Options of `cell`.
#[derive(Args, Debug)]
pub struct CellArgs {
    /// Whose cell.
    #[arg(long)]
    pub user: app::model::Username,
    /// Where the installation is.
    #[command(flatten)]
    pub config: Box<ConfigArgs>,
}

/// Options of `examine`.
#[derive(Args, Debug)]
pub struct ExamineArgs {
    /// A folder of the account's own, for the cell.
    #[arg(long)]
    pub folder: PathBuf,
    /// Where the installation is.
    #[command(flatten)]
    pub config: Box<ConfigArgs>,
}

/// Options of `give-user`.
#[derive(Args, Debug)]
pub struct GiveUserArgs {
    /// Whose folders.
    #[arg(long)]
    pub user: app::model::Username,
    /// To whom.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1000..))]
    pub uid: u32,
    /// Where the installation is.
    #[command(flatten)]
    pub config: Box<ConfigArgs>,
}

/// Options of `remove-leftovers`.
#[derive(Args, Debug)]
pub struct RemoveLeftoversArgs {
    /// All that the server has set aside of users who were deleted.
    #[arg(long)]
    pub set_aside: bool,
    /// The folders for sockets and accounts of this user.
    #[arg(long, value_name = "USER")]
    pub run_of: Option<app::model::Username>,
    /// The files of this user.
    #[arg(long, value_name = "USER")]
    pub home_of: Option<app::model::Username>,
    /// Where the installation is.
    #[command(flatten)]
    pub config: Box<ConfigArgs>,
}
