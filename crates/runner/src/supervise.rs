//! First process of a cell: keeps one runner alive, so that what the runner started outlives its crashes.
//!
//! Must stay so simple that it does not crash itself: with it the whole cell ends, tmux included.

use std::{
    fs::{File, OpenOptions},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    process::{ExitCode, ExitStatus, Stdio},
    time::Duration,
};

use rustix::{
    fs::{FlockOperation, flock},
    process::{Pid, Signal, kill_process},
};
use tokio::{
    process::{Child, Command},
    signal::unix::{SignalKind, signal},
    time::{Instant, sleep, timeout},
};
use tracing::{error, warn};

use crate::{RunnerArgs, error::RunnerError, forward::Forward, process};

/// Exit code if another cell has the run folder.
const TAKEN: u8 = 75;
/// Exit code after SIGTERM.
const TERMINATED: u8 = 143;
/// How long a cell that is just ending may take to let go of the run folder.
const LOCK_LIMIT: Duration = Duration::from_secs(5);
/// So many crashes within this time, and the cell ends.
const CRASHES: usize = 3;
const CRASH_WINDOW: Duration = Duration::from_secs(60);
/// How long the runner may take to end.
const END_LIMIT: Duration = Duration::from_secs(8);

/// First process of a cell: keeps a runner alive (so that tmux outlives it) until it is told to shut down.
///
/// Exit codes: 0 after `Shutdown`, 75 if another cell has the run folder, 143 after SIGTERM, 1 if the runner keeps
/// crashing.
pub async fn supervise(args: RunnerArgs) -> ExitCode {
    let lock = match lock(&args).await {
        Ok(Some(lock)) => lock,
        Ok(None) => {
            error!("another cell already uses {}", args.paths.run_dir.display());
            eprintln!("autocode runner: another cell already uses {}", args.paths.run_dir.display());
            return ExitCode::from(TAKEN);
        }
        Err(error) => {
            error!(%error, "the cell cannot start");
            eprintln!("autocode runner: {error}");
            return ExitCode::FAILURE;
        }
    };
    let _doors = match Forward::open(&args) {
        Ok(forward) => forward,
        Err(error) => {
            error!(%error, "the cell cannot start");
            eprintln!("autocode runner: {error}");
            return ExitCode::FAILURE;
        }
    };
    let code = match keep(&args).await {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            error!(%error, "the cell ends");
            ExitCode::FAILURE
        }
    };
    drop(lock);
    code
}

/// The lock that makes this the only cell of its run folder; held while the file is open.
async fn lock(args: &RunnerArgs) -> Result<Option<File>, RunnerError> {
    let run_dir = &args.paths.run_dir;
    let private = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(run_dir);
    private.map_err(RunnerError::file(run_dir.display().to_string()))?;
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(run_dir.join("cell.lock"));
    let file = file.map_err(RunnerError::file("cell.lock"))?;
    let deadline = Instant::now() + LOCK_LIMIT;
    loop {
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(Some(file)),
            Err(rustix::io::Errno::WOULDBLOCK) if Instant::now() < deadline => {
                sleep(Duration::from_millis(50)).await;
            }
            Err(rustix::io::Errno::WOULDBLOCK) => return Ok(None),
            Err(error) => return Err(RunnerError::file("cell.lock")(error.into())),
        }
    }
}

async fn keep(args: &RunnerArgs) -> Result<u8, RunnerError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(RunnerError::file("SIGTERM"))?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(RunnerError::file("SIGINT"))?;
    let mut crashes: Vec<Instant> = Vec::new();
    loop {
        let mut child = start(args)?;
        let status = tokio::select! {
            status = child.wait() => status,
            _ = terminate.recv() => return end(child).await,
            _ = interrupt.recv() => return end(child).await,
        };
        if status.as_ref().is_ok_and(ExitStatus::success) {
            return Ok(0);
        }
        let reason = process::describe(status);
        let now = Instant::now();
        crashes.retain(|crash| now.duration_since(*crash) < CRASH_WINDOW);
        crashes.push(now);
        if crashes.len() >= CRASHES {
            error!(reason, "the runner crashed {CRASHES} times within a minute; the cell ends");
            return Ok(1);
        }
        warn!(reason, "the runner ended and is started again");
        tokio::select! {
            () = sleep(Duration::from_millis(200 << crashes.len())) => {}
            _ = terminate.recv() => return Ok(TERMINATED),
            _ = interrupt.recv() => return Ok(TERMINATED),
        }
    }
}

fn start(args: &RunnerArgs) -> Result<Child, RunnerError> {
    let mut command = Command::new(&args.autocode);
    command
        .args(["runner", "--serve", "--home"])
        .arg(&args.paths.home)
        .arg("--run-dir")
        .arg(&args.paths.run_dir)
        .arg("--claude")
        .arg(&args.programs.claude)
        .arg("--codex")
        .arg(&args.programs.codex)
        .arg("--opencode")
        .arg(&args.programs.opencode)
        .arg("--autocode")
        .arg(&args.autocode)
        .stdin(if args.listen_stdin { Stdio::inherit() } else { Stdio::null() });
    if args.listen_stdin {
        command.arg("--listen-stdin");
    }
    if let Some(doors) = &args.doors {
        command.arg("--doors").arg(doors);
    }
    command.spawn().map_err(|source| RunnerError::Start { program: "the runner".to_owned(), source })
}

async fn end(mut child: Child) -> Result<u8, RunnerError> {
    let pid = child.id().and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw);
    if let Some(pid) = pid
        && let Err(error) = kill_process(pid, Signal::TERM)
    {
        warn!(%error, "the runner could not be signalled");
    }
    if timeout(END_LIMIT, child.wait()).await.is_err() {
        warn!("the runner did not end in time and is killed");
        child.kill().await.map_err(RunnerError::file("the runner"))?;
    }
    Ok(TERMINATED)
}
