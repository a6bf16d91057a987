//! Starting a cell, and finding out whether cells can be sandboxed on this machine.

use std::{
    ffi::{OsStr, OsString},
    fs::{self, DirBuilder, File, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use rustix::fs::OFlags;
use thiserror::Error;
use tokio::{
    process::{Child, Command},
    time::timeout,
};

use crate::{
    CellSpec, SandboxMode, etc,
    profile::{self, BWRAP, SYSTEM_PATH},
};

/// How long the probe may take.
const PROBE_LIMIT: Duration = Duration::from_secs(5);
/// `runner.log` is moved aside when a cell starts and it is longer than this, in bytes.
const LOG_LIMIT: u64 = 5 * 1024 * 1024;
/// The kernel allows 107 bytes for the path of a socket; the longest name below the run folder needs 40.
const RUN_DIR_LIMIT: usize = 67;

/// A started cell.
#[derive(Debug)]
pub struct Cell {
    /// The process that was started: bubblewrap, or the program itself. Dropping it does not end the cell.
    pub child: Child,
    /// Whether it is a sandbox.
    pub sandboxed: bool,
    /// Why it is not, in one sentence for a person.
    pub warning: Option<String>,
}

/// Why a cell could not be started.
#[derive(Debug, Error)]
pub enum CellError {
    /// A sandbox is required, and bubblewrap does not work.
    #[error("a sandbox is required, but bubblewrap does not start: {0}")]
    NoSandbox(String),
    /// The description of the cell cannot work.
    #[error("{0}")]
    Invalid(String),
    /// A folder or file of the cell could not be prepared.
    #[error("{path}: {source}")]
    Prepare {
        /// What was to be prepared.
        path: String,
        /// Why it failed.
        source: io::Error,
    },
    /// The process could not be started.
    #[error("the cell could not be started: {0}")]
    Start(io::Error),
}

/// Starts `autocode` with the given arguments in the user's cell. It outlives this process.
///
/// Creates the two folders (0700) if they are missing.
///
/// # Errors
/// [`CellError`]; in mode `Auto` a missing sandbox is a warning instead.
pub async fn launch(spec: &CellSpec, program_args: &[OsString]) -> Result<Cell, CellError> {
    check(spec)?;
    let warning = match spec.mode {
        SandboxMode::Off => Some("The sandbox is switched off: agents can read whatever the server's user can.".to_owned()),
        SandboxMode::Required => {
            probe().await.map_err(CellError::NoSandbox)?;
            None
        }
        SandboxMode::Auto => probe().await.err().map(|reason| {
            format!("No sandbox: bubblewrap does not start ({reason}). Agents can read whatever the server's user can.")
        }),
    };
    let log = prepare(spec)?;
    let autocode = spec.inside_autocode();
    let mut command;
    if warning.is_some() {
        command = Command::new(&autocode);
        command.env_clear().envs(profile::environment(spec)).current_dir(&spec.home);
    } else {
        let accounts = accounts_folder(&spec.run_dir)?;
        prepared(&accounts, create_private(&accounts))?;
        prepared(&accounts, etc::write_accounts(&accounts, &spec.home))?;
        command = Command::new(BWRAP);
        command.env_clear().env("PATH", SYSTEM_PATH).args(profile::cell_args(spec, &accounts)).arg(&autocode);
    }
    let second = log.try_clone().map_err(CellError::Start)?;
    command.args(program_args).stdin(Stdio::null()).stdout(log).stderr(second).process_group(0);
    let child = command.spawn().map_err(CellError::Start)?;
    Ok(Cell { child, sandboxed: warning.is_none(), warning })
}

/// Whether bubblewrap really starts here with our arguments (within 5 s); the error says what it said.
pub async fn probe() -> Result<(), String> {
    let mut command = Command::new(BWRAP);
    command
        .args(profile::base_args())
        .args(["--remount-ro", "/", "--clearenv", "--", "/usr/bin/true"])
        .env_clear()
        .env("PATH", SYSTEM_PATH)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = match timeout(PROBE_LIMIT, command.output()).await {
        Err(_) => return Err("it did not finish within 5 seconds".to_owned()),
        Ok(Err(error)) if error.kind() == io::ErrorKind::NotFound => {
            return Err("it is not installed".to_owned());
        }
        Ok(Err(error)) => return Err(error.to_string()),
        Ok(Ok(output)) => output,
    };
    if output.status.success() {
        return Ok(());
    }
    let message = String::from_utf8_lossy(&output.stderr);
    Err(message.trim().chars().take(300).collect())
}

fn check(spec: &CellSpec) -> Result<(), CellError> {
    for path in [&spec.home, &spec.run_dir] {
        if !path.is_absolute()
            || path.as_os_str().as_encoded_bytes().iter().any(|b| matches!(b, b':' | b'\n'))
        {
            return Err(CellError::Invalid(format!(
                "{} must be an absolute path without colons and line breaks",
                path.display()
            )));
        }
    }
    if spec.run_dir.as_os_str().len() > RUN_DIR_LIMIT {
        return Err(CellError::Invalid(format!(
            "{} is too long for sockets to lie in it (at most {RUN_DIR_LIMIT} bytes): choose a shorter run folder",
            spec.run_dir.display()
        )));
    }
    let wide = spec.read_only.iter().find(|folder| {
        !folder.is_absolute() || [&spec.home, &spec.run_dir].iter().any(|own| own.starts_with(folder))
    });
    match wide {
        Some(folder) => Err(CellError::Invalid(format!(
            "{} cannot be shared read-only: it is relative or contains the users' own folders",
            folder.display()
        ))),
        None => Ok(()),
    }
}

fn prepare(spec: &CellSpec) -> Result<File, CellError> {
    for path in [&spec.home, &spec.run_dir] {
        prepared(path, create_private(path))?;
    }
    let log = spec.run_dir.join("runner.log");
    if fs::symlink_metadata(&log).is_ok_and(|meta| meta.len() > LOG_LIMIT) {
        prepared(&log, fs::rename(&log, spec.run_dir.join("runner.log.1")))?;
    }
    // The user can write this folder from inside: neither a link nor a pipe put there may lead or hold us.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .custom_flags(flags.bits().cast_signed())
        .open(&log)
        .and_then(|file| {
            if file.metadata()?.is_file() { Ok(file) } else { Err(io::ErrorKind::InvalidInput.into()) }
        });
    prepared(&log, file)
}

/// Beside the run folder, not in it: what lies inside could be swapped by the user for a link to a foreign file,
/// which bubblewrap would then bind.
fn accounts_folder(run_dir: &Path) -> Result<PathBuf, CellError> {
    match (run_dir.parent(), run_dir.file_name()) {
        (Some(parent), Some(name)) => {
            let mut folder = OsString::from(".accounts-");
            folder.push(name);
            Ok(parent.join(folder))
        }
        _ => Err(CellError::Invalid("the run folder must not be the root folder".to_owned())),
    }
}

fn create_private(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

fn prepared<T>(path: &Path, result: io::Result<T>) -> Result<T, CellError> {
    let path: &OsStr = path.as_os_str();
    result.map_err(|source| CellError::Prepare { path: path.to_string_lossy().into_owned(), source })
}
