//! Keeps one instance's nanobot alive: starts it, passes its lines on, starts it again when it crashes, ends it.
//!
//! Must not know what a nanobot does. Its exit code 0 means that the work is over; everything else is a crash.

use std::{os::unix::fs::DirBuilderExt, path::PathBuf, process::Stdio, sync::Arc, time::Duration};

use autocode_nanobot::{
    network, processes,
    protocol::{Command, StartCommand},
};
use tokio::{
    io::AsyncWriteExt,
    process::{Child, ChildStderr, ChildStdin, ChildStdout},
    sync::{mpsc, watch},
    task::JoinSet,
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{
    RunnerArgs, clock,
    error::RunnerError,
    leftover, process,
    protocol::{RunnerEvent, StartInstance},
    pumps::{pump_events, pump_log},
    spool::Spool,
    viewers::Seat,
};

/// How long a nanobot may take to end when asked, and again after SIGTERM: with its session, it is gone in 5 seconds.
const PATIENCE: [Duration; 2] = [Duration::from_secs(2), Duration::from_millis(500)];
/// How long it may take to read that it is to stop.
const STOP_LIMIT: Duration = Duration::from_millis(200);
/// How long what it wrote last may take to be read.
const DRAIN_LIMIT: Duration = Duration::from_millis(500);
/// How long a nanobot may take to read a command.
const WRITE_LIMIT: Duration = Duration::from_secs(5);
/// So many crashes within this time, and it is not started again.
const CRASHES: usize = 3;
const CRASH_WINDOW: Duration = Duration::from_secs(300);

/// Why an instance is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StopReason {
    /// The server asked: reported as a clean end.
    Asked,
    /// The runner goes: the server finds out by itself and starts the instance again.
    RunnerEnds,
}

/// The keeper of one instance.
pub(crate) struct Keeper {
    id: i64,
    args: RunnerArgs,
    run_dir: PathBuf,
    spool: Arc<Spool>,
    current: watch::Receiver<Arc<StartInstance>>,
    stopping: watch::Receiver<Option<StopReason>>,
    crashes: Vec<Instant>,
}

/// A started nanobot.
pub(crate) struct Process {
    /// Its process id, which is also its group's.
    pub(crate) pid: u32,
    child: Child,
    stdin: ChildStdin,
    stdout: ChildStdout,
    stderr: ChildStderr,
}

enum End {
    Stopped(StopReason),
    Itself(std::io::Result<std::process::ExitStatus>),
}

impl Keeper {
    pub(crate) fn new(
        id: i64,
        args: RunnerArgs,
        run_dir: PathBuf,
        spool: Arc<Spool>,
        current: watch::Receiver<Arc<StartInstance>>,
        stopping: watch::Receiver<Option<StopReason>>,
    ) -> Self {
        Self { id, args, run_dir, spool, current, stopping, crashes: Vec::new() }
    }

    /// Starts the process; its start command is sent by [`Self::keep`].
    pub(crate) fn spawn(&self) -> Result<Process, RunnerError> {
        let mut folder = std::fs::DirBuilder::new();
        folder
            .recursive(true)
            .mode(0o700)
            .create(&self.run_dir)
            .map_err(RunnerError::file("the run folder"))?;
        let start = self.current.borrow().clone();
        let workspace = &start.config.project.workspace;
        let inherited = |key: &str, default: &str| std::env::var_os(key).unwrap_or_else(|| default.into());
        let failed = |source| RunnerError::Start { program: "the nanobot".to_owned(), source };
        let mut child = tokio::process::Command::new(&self.args.autocode)
            .args(["nanobot", "--workspace"])
            .arg(workspace)
            .current_dir(workspace)
            .env_clear()
            .envs(start.environment.iter().filter(|(key, _)| is_harmless(key)))
            .env("PATH", inherited("PATH", "/usr/local/bin:/usr/bin:/bin"))
            .env("HOME", &self.args.paths.home)
            .env("LANG", "C.UTF-8")
            .envs(network::environment())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        let missing = || failed(std::io::Error::other("it has no pipes"));
        let (Some(pid), Some(stdin), Some(stdout), Some(stderr)) =
            (child.id(), child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(missing());
        };
        leftover::note(&self.run_dir, pid, workspace).map_err(RunnerError::file("nanobot.pid"))?;
        info!(instance = self.id, pid, "started a nanobot");
        Ok(Process { pid, child, stdin, stdout, stderr })
    }

    /// Keeps the instance until it is finished, stopped, or crashes too often.
    pub(crate) async fn keep(
        &mut self,
        mut process: Process,
        pid: watch::Sender<u32>,
        mut commands: mpsc::Receiver<Command>,
        mut seat: Seat,
    ) {
        loop {
            let reason = match self.run(process, &mut commands, &mut seat).await {
                End::Stopped(StopReason::RunnerEnds) => return,
                End::Stopped(StopReason::Asked) => {
                    return self.exited(true, "It was stopped.".to_owned()).await;
                }
                End::Itself(Ok(status)) if status.success() => {
                    return self.exited(true, "It has finished.".to_owned()).await;
                }
                End::Itself(status) => format!("The nanobot ended with {}.", process::describe(status)),
            };
            warn!(instance = self.id, "{reason}");
            process = match self.start_again(reason).await {
                Some(process) => process,
                None => return,
            };
            pid.send_replace(process.pid);
        }
    }

    async fn start_again(&mut self, mut reason: String) -> Option<Process> {
        loop {
            let now = Instant::now();
            self.crashes.retain(|crash| now.duration_since(*crash) < CRASH_WINDOW);
            self.crashes.push(now);
            if self.crashes.len() >= CRASHES {
                self.exited(false, format!("{reason} It crashed {CRASHES} times within 5 minutes.")).await;
                return None;
            }
            self.report(RunnerEvent::Restarting { at: clock::now(), reason }).await;
            let pause = Duration::from_secs(1 << self.crashes.len().saturating_sub(1).min(4));
            let mut stopping = self.stopping.clone();
            let stopped = tokio::select! {
                reason = stop_reason(&mut stopping) => Some(reason),
                () = sleep(pause) => None,
            };
            if let Some(stopped) = stopped {
                if stopped == StopReason::Asked {
                    self.exited(true, "It was stopped.".to_owned()).await;
                }
                return None;
            }
            match self.spawn() {
                Ok(process) => return Some(process),
                Err(error) => reason = error.to_string(),
            }
        }
    }

    async fn exited(&self, clean: bool, reason: String) {
        self.report(RunnerEvent::Exited { at: clock::now(), clean, reason }).await;
    }

    async fn report(&self, event: RunnerEvent) {
        self.spool.push(self.id, event, &self.leaving()).await;
    }

    /// A token that is cancelled when waiting for the disk makes no sense any more.
    fn leaving(&self) -> CancellationToken {
        let token = CancellationToken::new();
        if self.stopping.borrow().is_some() {
            token.cancel();
        }
        token
    }

    async fn run(&self, process: Process, commands: &mut mpsc::Receiver<Command>, seat: &mut Seat) -> End {
        let Process { pid, mut child, mut stdin, stdout, stderr } = process;
        let draining = CancellationToken::new();
        let mut pumps = JoinSet::new();
        pumps.spawn(pump_events(self.id, stdout, self.spool.clone(), seat.hands(), draining.clone()));
        pumps.spawn(pump_log(stderr, self.run_dir.join("nanobot.log")));
        let mut stopping = self.stopping.clone();
        self.send(&mut stdin, &self.start_command()).await;
        seat.begin_anew();
        let end = loop {
            let command = tokio::select! {
                status = child.wait() => break End::Itself(status),
                command = commands.recv() => command,
                command = seat.next_command() => Some(command),
                reason = stop_reason(&mut stopping) => break End::Stopped(reason),
            };
            let Some(command) = command else { break End::Stopped(StopReason::Asked) };
            tokio::select! {
                () = self.send(&mut stdin, &command) => {}
                reason = stop_reason(&mut stopping) => break End::Stopped(reason),
            }
        };
        if let End::Stopped(_) = end {
            // The end of its input tells it to stop as well, if it does not read.
            timeout(STOP_LIMIT, self.send(&mut stdin, &Command::Stop)).await.ok();
        }
        drop(stdin);
        let status = process::end(&mut child, pid, PATIENCE).await;
        info!(instance = self.id, pid, "a nanobot ended: {}", process::describe(status));
        // One that was killed leaves its check running.
        let workspace = self.current.borrow().config.project.workspace.clone();
        processes::end_marked(processes::VERIFY, |of| of == workspace, Duration::ZERO).await;
        // What it wrote last is still in the pipe; something it started may hold the pipe open for ever.
        let drained = timeout(DRAIN_LIMIT, async { while pumps.join_next().await.is_some() {} }).await;
        if drained.is_err() {
            draining.cancel();
            pumps.shutdown().await;
        }
        end
    }

    fn start_command(&self) -> Command {
        let start = self.current.borrow().clone();
        Command::Start(StartCommand {
            gateway_token: start.gateway_token.clone(),
            run_dir: self.run_dir.clone(),
            tmux_socket: self.args.paths.run_dir.join("tmux.sock"),
            autocode: self.args.autocode.clone(),
            cli_program: self.args.programs.of(&start.config.agent.coding_cli),
        })
    }

    async fn send(&self, stdin: &mut ChildStdin, command: &Command) {
        let write = async {
            let mut line = serde_json::to_vec(command)?;
            line.push(b'\n');
            stdin.write_all(&line).await?;
            stdin.flush().await
        };
        let problem = match timeout(WRITE_LIMIT, write).await {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.to_string(),
            Err(_) => "it does not read".to_owned(),
        };
        // It ends or hangs; the loop above notices the one, the person who asked the other.
        warn!(instance = self.id, problem, "a nanobot did not take a command");
    }
}

/// Waits until the instance is to end.
async fn stop_reason(stopping: &mut watch::Receiver<Option<StopReason>>) -> StopReason {
    let reason = stopping.wait_for(Option::is_some).await;
    // Whoever could ask is gone: so is the runner.
    reason.ok().and_then(|reason| *reason).unwrap_or(StopReason::RunnerEnds)
}

/// Variables that change which code runs are not the server's to set.
fn is_harmless(key: &str) -> bool {
    let name =
        key.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_') && !key.is_empty();
    name && !key.starts_with("LD_") && !key.starts_with("GIT_") && !["PATH", "HOME", "LANG"].contains(&key)
}
