//! The process of a coding CLI in its terminal: started through `autocode launch`, found again after a crash, watched.
//!
//! Must not know which CLI it is, nor what its screen means.

use std::path::{Path, PathBuf};

use autocode_tmux::{Pane, PaneInfo};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

use super::{CliError, Presence, exit::ProcessExit, terminal::Terminal};
use crate::{
    launch::LaunchFile,
    network,
    protocol::{NanobotConfig, StartCommand},
    state::write_atomically,
};

/// A process id, and the kernel's start time of that process.
pub type ProcessId = (u32, u64);

/// The CLI's process and its pane.
#[derive(Debug)]
pub struct CliProcess {
    autocode: PathBuf,
    launch: PathBuf,
    terminal: Terminal,
    pane: Option<Pane>,
    id: Option<ProcessId>,
    exit: ProcessExit,
}

impl CliProcess {
    /// Nothing is started; `remembered` is the process that a former nanobot started.
    ///
    /// # Errors
    /// The run's folder cannot be made, or the session's name is none.
    pub fn new(
        config: &NanobotConfig,
        command: &StartCommand,
        remembered: Option<ProcessId>,
    ) -> Result<Self, CliError> {
        private_folder(&command.run_dir)?;
        let workspace = config.project.workspace.clone();
        Ok(Self {
            autocode: command.autocode.clone(),
            launch: command.run_dir.join("launch.json"),
            terminal: Terminal::new(command.tmux_socket.clone(), &config.session, workspace)?,
            pane: None,
            id: remembered,
            exit: ProcessExit::default(),
        })
    }

    /// The process, if it was started.
    pub fn id(&self) -> Option<ProcessId> {
        self.id
    }

    /// Finds the remembered process in its pane; forgets it if it is not there.
    ///
    /// # Errors
    /// tmux fails.
    pub async fn adopt(&mut self) -> Result<bool, CliError> {
        let Some(pane) = self.terminal.pane().await? else { return Ok(false) };
        self.pane = Some(pane.id);
        let ours = !pane.dead && self.lives() && self.id.is_some_and(|(pid, _)| pid == pane.pid);
        if ours {
            self.exit = ProcessExit::watch(pane.pid);
        } else {
            self.id = None;
        }
        Ok(ours)
    }

    /// Starts a program in the pane, ending what runs there.
    ///
    /// # Errors
    /// The launch file cannot be written, or tmux fails.
    pub async fn start(&mut self, launch: &LaunchFile) -> Result<(), CliError> {
        let content = serde_json::to_vec(launch).map_err(|error| {
            CliError::Configuration(format!("the launch file could not be built: {error}"))
        })?;
        write_atomically(&self.launch, &content)
            .map_err(CliError::file("the launch file could not be written"))?;
        let word = |path: &Path| path.to_string_lossy().into_owned();
        let command = vec![word(&self.autocode), "launch".to_owned(), word(&self.launch)];
        let pane = self.terminal.run(command).await?;
        self.pane = Some(pane.id);
        self.id = process_start(pane.pid).map(|start| (pane.pid, start));
        self.exit = ProcessExit::watch(pane.pid);
        Ok(())
    }

    /// Whether the process that was started still runs.
    pub fn lives(&self) -> bool {
        self.id.is_some_and(|(pid, start)| process_start(pid) == Some(start))
    }

    /// Returns once when the process has ended, and never again. Cancel safe.
    pub async fn ended(&mut self) {
        self.exit.ended().await;
    }

    /// Whether the process is there; asks tmux only when it is not.
    ///
    /// # Errors
    /// tmux fails.
    pub async fn presence(&mut self) -> Result<Presence, CliError> {
        if self.pane.is_some() && self.lives() {
            return Ok(Presence::Alive);
        }
        let pane = self.terminal.pane().await?;
        self.pane = pane.as_ref().map(|pane| pane.id);
        // Also a pane with a process that is not the one that was started: it must be replaced.
        Ok(if pane.is_some() { Presence::Dead } else { Presence::Absent })
    }

    /// What tmux knows of the pane, its title among it.
    ///
    /// # Errors
    /// tmux fails.
    pub async fn info(&self) -> Result<Option<PaneInfo>, CliError> {
        Ok(self.terminal.pane().await?)
    }

    /// The pane.
    ///
    /// # Errors
    /// There is none.
    pub fn pane(&self) -> Result<Pane, CliError> {
        self.pane.ok_or(CliError::NotRunning)
    }

    /// The terminal.
    pub fn terminal(&self) -> &Terminal {
        &self.terminal
    }

    /// Removes a launch file that was not read; it may hold a secret.
    ///
    /// # Errors
    /// It is there and cannot be removed.
    pub fn remove_launch_file(&self) -> std::io::Result<()> {
        match std::fs::remove_file(&self.launch) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// Makes a run's folder, readable to nobody else.
///
/// # Errors
/// It cannot be made.
pub fn private_folder(folder: &Path) -> Result<(), CliError> {
    use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};

    let failed = || CliError::file("the run's folder could not be made");
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed())?;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700)).map_err(failed())
}

/// A secret of this run, kept in a file: the same after a restart of the nanobot, because the CLI lives on with it.
///
/// # Errors
/// The file cannot be read or written, or the system has no random numbers.
pub fn run_secret(run_dir: &Path, name: &str) -> std::io::Result<String> {
    let path = run_dir.join(name);
    let known = crate::memory::read(&path)?;
    if known.len() == 64 {
        return Ok(known);
    }
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| std::io::Error::other(error.to_string()))?;
    let secret: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    write_atomically(&path, secret.as_bytes())?;
    Ok(secret)
}

/// SHA-256 over what a running CLI was given to reach its model, in hexadecimal.
pub fn fingerprint(token: &SecretString, gateway_url: &str, model: &str) -> String {
    hash([token.expose_secret(), gateway_url, model])
}

/// SHA-256 over some texts and their borders, in hexadecimal.
pub fn hash<const N: usize>(parts: [&str; N]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The kernel's start time of a process that lives: tells it from a later one with the same id.
pub fn process_start(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    if matches!(state, "Z" | "X") {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

/// What every coding CLI gets of the nanobot's own environment, and nothing else.
pub fn inherited_environment() -> impl Iterator<Item = (String, String)> {
    ["PATH", "LANG", "TZ", "USER", "LOGNAME", "SHELL", "TMPDIR"]
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), std::env::var(name).ok()?)))
        .chain(
            network::environment()
                .filter_map(|(name, value)| Some((name.to_owned(), value.into_string().ok()?))),
        )
}

/// A word for `sh`.
pub fn shell_quote(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}
