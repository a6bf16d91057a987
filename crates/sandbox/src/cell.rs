//! Starting a cell.

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
    CellSpec, Facts, Network, SandboxMode, etc,
    profile::{self, BWRAP, SYSTEM_PATH},
    try_out,
};

/// Writes its own process id into the files before `--` and becomes the command after it.
const ENTER: &str = "while [ \"$1\" != -- ]; do echo $$ >\"$1\" || exit 71; shift; done; shift; exec \"$@\"";
/// What a shell counts the size of files in, as POSIX has it.
const ULIMIT_BLOCK: u64 = 512;
/// How long a probe may take.
const EXAMINATION_LIMIT: Duration = Duration::from_secs(10);
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
    /// The network that it got.
    pub network: Network,
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
    /// The probe said nothing intelligible.
    #[error("the cell's probe failed: {0}")]
    Probe(String),
    /// The process could not be started.
    #[error("the cell could not be started: {0}")]
    Start(io::Error),
}

/// A command that becomes a process of the cell, and what the cell will be.
struct Assembled {
    command: Command,
    network: Network,
    warning: Option<String>,
}

/// Starts `autocode` with the given arguments in the user's cell. It outlives this process.
///
/// Creates the two folders (0700) if they are missing; with an account of its own they must be there, prepared.
///
/// # Errors
/// [`CellError`]; in mode `Auto` a missing sandbox is a warning instead.
pub async fn launch(spec: &CellSpec, program_args: &[OsString]) -> Result<Cell, CellError> {
    check(spec)?;
    let Assembled { mut command, network, warning } = assemble(spec).await?;
    let log = log_file(&spec.run_dir)?;
    command.args(program_args);
    if network == Network::Private {
        command.arg("--forward");
    }
    let second = log.try_clone().map_err(CellError::Start)?;
    let stdin = if spec.pass_stdin { Stdio::inherit() } else { Stdio::null() };
    command.stdin(stdin).stdout(log).stderr(second).process_group(0);
    let child = command.spawn().map_err(CellError::Start)?;
    Ok(Cell { child, sandboxed: warning.is_none(), network, warning })
}

/// Starts a cell in which nothing but the probe runs, and says what it found; needs a doors folder with a challenge.
///
/// # Errors
/// [`CellError`] if the cell does not start or its probe says nothing intelligible within 10 seconds.
pub async fn examine(spec: &CellSpec) -> Result<Facts, CellError> {
    check(spec)?;
    let Assembled { mut command, .. } = assemble(spec).await?;
    command.arg("probe").arg("--home").arg(&spec.home);
    if let Some(doors) = &spec.doors {
        command.arg("--doors").arg(doors);
    }
    command.stdin(Stdio::null()).kill_on_drop(true);
    let output = match timeout(EXAMINATION_LIMIT, command.output()).await {
        Ok(output) => output.map_err(CellError::Start)?,
        Err(_) => return Err(CellError::Probe("it did not end within 10 seconds".to_owned())),
    };
    serde_json::from_slice(&output.stdout).map_err(|_| {
        let said = String::from_utf8_lossy(&output.stderr);
        CellError::Probe(format!("{}: {}", output.status, said.trim().chars().take(300).collect::<String>()))
    })
}

/// Everything up to the arguments of `autocode`; makes the folders.
async fn assemble(spec: &CellSpec) -> Result<Assembled, CellError> {
    let tried = match spec.mode {
        SandboxMode::Off => {
            Err("The sandbox is switched off: agents can read whatever the server's user can.".to_owned())
        }
        SandboxMode::Landlock => Err("Bubblewrap is not used: Landlock alone closes other files.".to_owned()),
        SandboxMode::Required | SandboxMode::Auto => match try_out(spec.account.is_some()).await {
            Err(reason) if spec.mode == SandboxMode::Required => return Err(CellError::NoSandbox(reason)),
            tried => tried.map_err(|reason| {
                format!(
                    "Bubblewrap does not start ({reason}). Landlock alone, where the kernel has it, closes other files."
                )
            }),
        },
    };
    for path in [&spec.home, &spec.run_dir] {
        prepared(path, create_private(path))?;
    }
    let mut words: Vec<OsString> = Vec::new();
    let mut command = Command::new("/bin/sh");
    let (network, warning) = match tried {
        Ok(able) => {
            let network = if able.network == Network::Private { spec.network } else { Network::Host };
            let accounts = accounts_folder(&spec.run_dir)?;
            prepared(&accounts, create_private(&accounts))?;
            let uid = spec.account.map_or(1000, |account| account.uid);
            let autocode = spec.inside_autocode();
            let tunnel = (network == Network::Private).then_some(autocode.as_path());
            prepared(&accounts, etc::write_own(&accounts, &spec.home, uid, tunnel))?;
            words.push(BWRAP.into());
            words.extend(profile::cell_args(spec, &accounts, network));
            command.env_clear().env("PATH", SYSTEM_PATH);
            (network, None)
        }
        Err(warning) => {
            words.extend(spec.account.into_iter().flat_map(|account| profile::become_account(account.uid)));
            if spec.mode != SandboxMode::Off {
                words.extend(profile::confine_args(spec));
            }
            command.env_clear().envs(profile::environment(spec, Network::Host)).current_dir(&spec.home);
            (Network::Host, Some(warning))
        }
    };
    words.push(spec.inside_autocode().into());
    // A shell enters the control groups before anything of the cell is there that could stay outside.
    let limit = spec.largest_file.map(|bytes| format!("ulimit -f {} || exit 72; ", bytes / ULIMIT_BLOCK));
    command
        .args(["-c", &format!("{}{ENTER}", limit.unwrap_or_default()), "sh"])
        .args(spec.group.iter().flat_map(|group| group.entrances()))
        .arg("--")
        .args(words);
    Ok(Assembled { command, network, warning })
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

fn log_file(run_dir: &Path) -> Result<File, CellError> {
    let log = run_dir.join("runner.log");
    if fs::symlink_metadata(&log).is_ok_and(|meta| meta.len() > LOG_LIMIT) {
        prepared(&log, fs::rename(&log, run_dir.join("runner.log.1")))?;
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
