//! The runner: binds its socket, sorts connections, ends in order.

use std::{
    os::{
        fd::AsFd as _,
        unix::fs::{DirBuilderExt, PermissionsExt},
    },
    path::Path,
    process::ExitCode,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use autocode_tmux::TmuxServer;
use futures::StreamExt;
use rustix::process::{Signal, set_parent_process_death_signal};
use tokio::{
    net::{UnixListener, UnixStream},
    signal::unix::{SignalKind, signal},
    sync::Semaphore,
    time::timeout,
};
use tokio_util::{codec::Framed, sync::CancellationToken, task::TaskTracker};
use tracing::{error, info, warn};

use crate::{
    RunnerArgs, control,
    control::Shared,
    error::RunnerError,
    frame::{Frame, FrameCodec},
    instances::Instances,
    isolation,
    keeper::StopReason,
    protocol::Hello,
    spool::Spool,
    terminal::{self, Terminals},
    viewers::Viewers,
};

/// Most connections at once.
const CONNECTIONS: usize = 64;
/// How long a connection may take to say what it is.
const HELLO_LIMIT: Duration = Duration::from_secs(10);
/// How long nanobots and connections may take to end with the runner.
const END_LIMIT: Duration = Duration::from_secs(5);
/// Exit code after SIGTERM.
const TERMINATED: u8 = 143;

/// When and how the runner ends.
#[derive(Debug, Default)]
pub(crate) struct Exit {
    token: CancellationToken,
    code: AtomicU8,
}

impl Exit {
    /// Ends the runner with this code; the first call counts.
    pub(crate) fn leave(&self, code: u8) {
        if !self.token.is_cancelled() {
            self.code.store(code, Ordering::SeqCst);
            self.token.cancel();
        }
    }

    /// Cancelled when the runner ends.
    pub(crate) fn token(&self) -> &CancellationToken {
        &self.token
    }
}

/// The runner itself: listens on `runner.sock` until `Shutdown` (exit code 0) or SIGTERM (143).
pub async fn serve(args: RunnerArgs) -> ExitCode {
    match run(args).await {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            error!(%error, "the runner cannot work");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: RunnerArgs) -> Result<u8, RunnerError> {
    // Without its supervisor a runner would stand in the way of the next cell.
    set_parent_process_death_signal(Some(Signal::TERM)).map_err(|e| RunnerError::file("parent")(e.into()))?;
    let (run_dir, listen_stdin) = (args.paths.run_dir.clone(), args.listen_stdin);
    let private = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&run_dir);
    private.map_err(RunnerError::file("the run folder"))?;
    let spool = Arc::new(Spool::open(run_dir.join("spool.jsonl")).map_err(RunnerError::file("spool.jsonl"))?);
    let tmux = TmuxServer::new(run_dir.join("tmux.sock"));
    let viewers = Viewers::default();
    let isolation = isolation::measure(args.doors.as_deref(), &args.paths.home);
    info!(level = isolation.facts.level(), "measured the cell");
    let shared = Arc::new(Shared {
        instances: Instances::new(args, spool.clone(), tmux.clone(), viewers.clone()),
        spool,
        tmux,
        viewers,
        isolation,
        exit: Exit::default(),
        tracker: TaskTracker::new(),
    });
    let mut terminate = signal(SignalKind::terminate()).map_err(RunnerError::file("SIGTERM"))?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(RunnerError::file("SIGINT"))?;
    let socket = run_dir.join("runner.sock");
    let listener = if listen_stdin { inherited() } else { bind(&socket) };
    let listener = listener.map_err(RunnerError::file("runner.sock"))?;
    info!("the runner listens");

    tokio::select! {
        () = accept(&shared, listener) => {}
        () = shared.exit.token().cancelled() => {}
        _ = terminate.recv() => shared.exit.leave(TERMINATED),
        _ = interrupt.recv() => shared.exit.leave(TERMINATED),
    }
    let end = async {
        shared.instances.stop_all(StopReason::RunnerEnds).await;
        shared.tracker.close();
        shared.tracker.wait().await;
    };
    if timeout(END_LIMIT, end).await.is_err() {
        warn!("something did not end in time");
    }
    if !listen_stdin {
        std::fs::remove_file(&socket).map_err(RunnerError::file("runner.sock"))?;
    }
    Ok(shared.exit.code.load(Ordering::SeqCst))
}

/// The socket that a service manager opened; it stays when the runner ends, and the next connection starts the cell again.
fn inherited() -> std::io::Result<UnixListener> {
    let listener = std::os::unix::net::UnixListener::from(std::io::stdin().as_fd().try_clone_to_owned()?);
    listener.set_nonblocking(true)?;
    UnixListener::from_std(listener)
}

/// Only one runner has a run folder (its supervisor holds the lock), so a socket that is there is a dead one's.
fn bind(socket: &Path) -> std::io::Result<UnixListener> {
    // Made beside its place, so that nobody meets it before it has its rights.
    let new = socket.with_file_name(".runner.new");
    match std::fs::remove_file(&new) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&new)?;
    // The folder is closed to others; under an account of its own its group is the server's, which connects.
    std::fs::set_permissions(&new, std::fs::Permissions::from_mode(0o660))?;
    std::fs::rename(&new, socket)?;
    Ok(listener)
}

async fn accept(shared: &Arc<Shared>, listener: UnixListener) {
    let slots = Arc::new(Semaphore::new(CONNECTIONS));
    let terminals = Terminals::new(shared.viewers.clone());
    let control = Arc::new(Mutex::new(CancellationToken::new()));
    loop {
        let Ok(slot) = slots.clone().acquire_owned().await else { return };
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Out of file descriptors, most likely: trying again at once would only burn time.
                warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(200)).await;
                continue;
            }
        };
        let (task, terminals, control) = (shared.clone(), terminals.clone(), control.clone());
        shared.tracker.spawn(async move {
            let _slot = slot;
            connection(task, stream, terminals, &control).await;
        });
    }
}

async fn connection(
    shared: Arc<Shared>,
    stream: UnixStream,
    terminals: Terminals,
    control: &Mutex<CancellationToken>,
) {
    let mut wire = Framed::new(stream, FrameCodec::default());
    let exit = shared.exit.token().clone();
    let first = tokio::select! {
        () = exit.cancelled() => return,
        first = timeout(HELLO_LIMIT, wire.next()) => first,
    };
    let Ok(Some(Ok(Frame::Json(json)))) = first else { return warn!("a connection did not say what it is") };
    match serde_json::from_slice(&json) {
        Ok(Hello::Control { version }) => {
            let own = exit.child_token();
            let before = {
                let mut current = control.lock().unwrap_or_else(PoisonError::into_inner);
                std::mem::replace(&mut *current, own.clone())
            };
            before.cancel();
            control::serve(shared, wire, version, own).await;
        }
        Ok(Hello::Terminal { session, cols, rows }) => {
            terminal::limit_buffer(wire.get_ref());
            terminal::serve(shared.tmux.clone(), wire, session, (cols, rows), terminals, exit).await;
        }
        Ok(Hello::History { session, lines }) => {
            terminal::limit_buffer(wire.get_ref());
            terminal::serve_history(shared.tmux.clone(), wire, session, lines, terminals, exit).await;
        }
        Err(error) => warn!(%error, "a connection said something that is not understood"),
    }
}
