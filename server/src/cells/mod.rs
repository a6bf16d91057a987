//! Users' cells as the server knows them: what they are made of, and who starts them.
//!
//! Started by an ordinary account, the server starts cells itself, under that account, unless a service manager does: then
//! connecting to a user's socket starts the cell. Started by root, it runs without rights and asks the root process above
//! it, which gives each cell an account of its own.

mod client;
pub mod doors;
pub mod protocol;
pub mod unit;

use std::{ffi::OsString, path::PathBuf};

use app::model::Username;
use autocode_sandbox::{Account, CellSpec, Facts, Group, examine, launch, real};
use cap_std::{
    ambient_authority,
    fs::{Dir, MetadataExt as _},
};
use sha2::{Digest as _, Sha256};
use tokio::process::Child;
use tracing::warn;

use crate::config::Config;
pub use client::{Connected, Launcher, LauncherError};
use protocol::{CellUser, Order, Reply};

/// Who starts cells; clones share it.
#[derive(Clone, Default)]
pub enum Cells {
    /// This process, under its own account.
    #[default]
    Own,
    /// The root process above, each under an account of its own.
    Launcher(Launcher),
}

/// A cell that was just started.
pub struct Started {
    /// Its first process, if it is a child of this one.
    pub child: Option<Child>,
    /// What it lacks, in one sentence.
    pub warning: Option<String>,
}

impl Cells {
    /// Whether each cell has an account of its own.
    pub fn have_accounts(&self) -> bool {
        matches!(self, Self::Launcher(_))
    }

    /// Makes a user's folders theirs; nothing to do where all cells have the server's account.
    ///
    /// # Errors
    /// [`LauncherError`].
    pub async fn prepare(&self, username: &Username, uid: Option<u32>) -> Result<(), LauncherError> {
        match (self, uid) {
            (Self::Launcher(launcher), Some(uid)) => {
                let user = CellUser { username: username.clone(), uid };
                launcher.order(Order::Prepare(user)).await.map(drop)
            }
            _ => Ok(()),
        }
    }

    /// Starts a user's cell; its doors are open.
    ///
    /// # Errors
    /// A sentence for a person.
    pub async fn start(
        &self,
        config: &Config,
        username: &Username,
        uid: Option<u32>,
    ) -> Result<Started, String> {
        match (self, uid) {
            (Self::Launcher(launcher), Some(uid)) => {
                let user = CellUser { username: username.clone(), uid };
                match launcher.order(Order::Start(user)).await {
                    Ok(Reply::Started { warning }) => Ok(Started { child: None, warning }),
                    Ok(other) => Err(LauncherError::Unexpected(Box::new(other)).to_string()),
                    Err(error) => Err(error.to_string()),
                }
            }
            _ => {
                if Dir::open_ambient_dir(config.users_dir(), ambient_authority())
                    .and_then(|users| belongs_to_another(&users, username.as_str()))
                    .is_ok_and(|foreign| foreign)
                {
                    return Err(format!(
                        "the files of {username} are of an account of its own, and its unit does not listen: `systemctl \
                         status autocode-cell@{username}.socket` says why"
                    ));
                }
                let group = delegated_group(config, username.as_str());
                let spec = CellSpec { group, ..spec(config, username.as_str()) };
                let cell = launch(&spec, &arguments(&spec, config)).await.map_err(|e| e.to_string())?;
                Ok(Started { child: Some(cell.child), warning: cell.warning })
            }
        }
    }

    /// Removes what only root can remove of a user whose cell has ended.
    ///
    /// # Errors
    /// [`LauncherError`].
    pub async fn remove(&self, username: &Username) -> Result<(), LauncherError> {
        match self {
            Self::Own => Ok(()),
            Self::Launcher(launcher) => {
                launcher.order(Order::Remove { username: username.clone() }).await.map(drop)
            }
        }
    }

    /// What a user's files take, where the server itself cannot look: bytes, and whether that is all.
    ///
    /// # Errors
    /// [`LauncherError`].
    pub async fn measure(&self, username: &Username) -> Result<Option<(u64, bool)>, LauncherError> {
        let Self::Launcher(launcher) = self else { return Ok(None) };
        match launcher.order(Order::Measure { username: username.clone() }).await? {
            Reply::Measured { bytes, complete } => Ok(Some((bytes, complete))),
            other => Err(LauncherError::Unexpected(Box::new(other))),
        }
    }

    /// Starts a cell that belongs to nobody, as users' cells are started, and says what its probe found.
    pub async fn examine(&self, config: &Config) -> Facts {
        let examined = match self {
            Self::Own => match unit::examine(config).await {
                Some(examined) => examined,
                None => examine_empty(config, None, delegated_group(config, "nobody")).await,
            },
            Self::Launcher(launcher) => match launcher.order(Order::Examine).await {
                Ok(Reply::Examined(facts)) => Ok(*facts),
                Ok(other) => Err(LauncherError::Unexpected(Box::new(other)).to_string()),
                Err(error) => Err(error.to_string()),
            },
        };
        examined.unwrap_or_else(|error| {
            warn!(error, "a cell could not be examined");
            Facts::unknown(&format!("No cell could be examined: {error}."))
        })
    }
}

/// Whether something in a folder is of another account than this process's, which cannot remove it: a user's, whose cell
/// a service manager starts. What is not there is nobody's; root is hindered by nobody.
///
/// # Errors
/// Those of the file system.
pub fn belongs_to_another(folder: &Dir, name: &str) -> std::io::Result<bool> {
    let own = rustix::process::geteuid();
    match folder.symlink_metadata(name) {
        Ok(meta) => Ok(!own.is_root() && meta.uid() != own.as_raw()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// What a user's cell is made of, under the server's account and without limits.
pub fn spec(config: &Config, username: &str) -> CellSpec {
    let home = config.users_dir().join(username);
    CellSpec {
        doors: Some(doors::folder(&config.run_dir, username)),
        programs: vec![config.claude.clone(), config.codex.clone(), config.opencode.clone()],
        read_only: config.sandbox_ro.clone(),
        mode: config.sandbox,
        network: config.isolation.network,
        // What the watch over the whole would see too late.
        largest_file: config.isolation.disk,
        ..CellSpec::new(home, config.run_dir.join(username), config.binary.clone())
    }
}

/// The control group of a user's cell, with the limits set.
///
/// # Errors
/// Those of the file system: where no control groups can be made there are no limits.
pub fn group(config: &Config, name: &str) -> std::io::Result<Group> {
    // Another installation on this machine may have a user of the same name.
    let installation = Sha256::digest(config.data_dir.as_os_str().as_encoded_bytes());
    let installation: String = installation.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    Group::prepare(&format!("autocode-{installation}-{name}"), &config.isolation.limits)
}

/// As [`group`], where a service manager has handed this server's control group over to it; root has its own process
/// for cells.
fn delegated_group(config: &Config, name: &str) -> Option<Group> {
    let ours = !rustix::process::geteuid().is_root() && Group::own().is_some();
    ours.then(|| group(config, name).ok()).flatten()
}

/// The arguments of a cell's first process.
pub fn arguments(spec: &CellSpec, config: &Config) -> Vec<OsString> {
    let options: [(&str, PathBuf); 6] = [
        ("--home", spec.home.clone()),
        ("--run-dir", spec.run_dir.clone()),
        ("--claude", real(&config.claude)),
        ("--codex", real(&config.codex)),
        ("--opencode", real(&config.opencode)),
        ("--autocode", spec.inside_autocode()),
    ];
    let doors = spec.doors.clone().map(|doors| ("--doors", doors));
    let options = options.into_iter().chain(doors);
    [OsString::from("runner")]
        .into_iter()
        .chain(options.flat_map(|(flag, path)| [flag.into(), path.into()]))
        .collect()
}

/// Folder of the cell that belongs to nobody.
pub fn probe_folder(config: &Config) -> PathBuf {
    config.run_dir.join(".probe")
}

/// Starts a cell in which nothing but the probe runs, with bait laid out by this process.
///
/// # Errors
/// A sentence for a person.
pub async fn examine_empty(
    config: &Config,
    account: Option<Account>,
    group: Option<Group>,
) -> Result<Facts, String> {
    let folder = probe_folder(config);
    let canaries = doors::canaries(config).map_err(|e| format!("no bait can be laid out ({e})"))?;
    let doors = folder.join("doors");
    doors::make_folder(&doors, &canaries).map_err(|e| format!("{}: {e}", doors.display()))?;
    let spec = CellSpec {
        home: folder.join("home"),
        run_dir: folder.join("run"),
        doors: Some(doors),
        account,
        group,
        ..spec(config, "nobody")
    };
    examine(&spec).await.map_err(|e| e.to_string())
}
