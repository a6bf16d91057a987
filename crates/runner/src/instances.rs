//! The instances that run here: started once each, commanded, stopped. One keeper task per instance does the work.

mod ends;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use autocode_nanobot::protocol::Command;
use autocode_tmux::{SessionName, TmuxServer};
use cap_std::{ambient_authority, fs::Dir};
use tokio::sync::{mpsc, watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    RunnerArgs,
    error::RunnerError,
    keeper::{Keeper, StopReason},
    leftover,
    locks::Locks,
    protocol::StartInstance,
    spool::Spool,
    starting::Starting,
    viewers::Viewers,
    workspace,
};

/// Commands that may wait for a nanobot which is being started again.
const COMMANDS: usize = 16;

fn instance_lock(id: i64) -> String {
    format!("instance {id}")
}

fn folder_lock(folder: &Path) -> String {
    format!("folder {}", folder.display())
}

/// All instances of one runner.
#[derive(Debug)]
pub(crate) struct Instances {
    args: RunnerArgs,
    spool: Arc<Spool>,
    tmux: TmuxServer,
    viewers: Viewers,
    running: Mutex<HashMap<i64, Instance>>,
    /// Starts that are not through.
    starting: Starting,
    /// By instance and by folder: starting, stopping and removing take the same files.
    locks: Locks,
    /// The runner ends: nothing is started any more.
    closed: AtomicBool,
    tracker: TaskTracker,
}

#[derive(Clone, Debug)]
struct Instance {
    pid: watch::Receiver<u32>,
    commands: mpsc::Sender<Command>,
    current: watch::Sender<Arc<StartInstance>>,
    stop: watch::Sender<Option<StopReason>>,
    /// Cancelled when the keeper has ended.
    ended: CancellationToken,
}

/// Removes an instance's run folder, following no link that its processes put in its place.
fn remove_folder(run_dir: &Path) -> std::io::Result<()> {
    let (Some(parent), Some(name)) = (run_dir.parent(), run_dir.file_name()) else { return Ok(()) };
    Dir::open_ambient_dir(parent, ambient_authority())?.remove_dir_all(name)
}

impl Instances {
    pub(crate) fn new(args: RunnerArgs, spool: Arc<Spool>, tmux: TmuxServer, viewers: Viewers) -> Self {
        Self {
            args,
            spool,
            tmux,
            viewers,
            running: Mutex::default(),
            starting: Starting::default(),
            locks: Locks::default(),
            closed: AtomicBool::new(false),
            tracker: TaskTracker::new(),
        }
    }

    fn running(&self) -> MutexGuard<'_, HashMap<i64, Instance>> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.retain(|_, instance| !instance.ended.is_cancelled());
        running
    }

    fn get(&self, id: i64) -> Option<Instance> {
        self.running().get(&id).cloned()
    }

    /// Row ids of the instances that run, ascending.
    pub(crate) fn list(&self) -> Vec<i64> {
        let mut ids: Vec<i64> = self.running().keys().copied().collect();
        ids.sort_unstable();
        ids
    }

    fn run_dir(&self, id: i64) -> PathBuf {
        self.args.paths.run_dir.join(format!("i-{id}"))
    }

    /// Starts a nanobot, or gives a running one its new configuration for its next start; returns its process id.
    pub(crate) async fn start(&self, start: StartInstance) -> Result<u32, RunnerError> {
        let id = start.config.instance_id;
        let beginning = self.starting.begin(id, &start.config.project.workspace);
        let _instance = self.locks.lock(instance_lock(id)).await;
        let _folder = self.locks.lock(folder_lock(&start.config.project.workspace)).await;
        if let Some(instance) = self.get(id) {
            workspace::update_config(&self.args.paths.home, &start)?;
            instance.current.send_replace(Arc::new(start));
            return Ok(*instance.pid.borrow());
        }
        let folder = &start.config.project.workspace;
        let taken =
            self.running().values().any(|other| other.current.borrow().config.project.workspace == *folder);
        if taken {
            return Err(RunnerError::Refused("Another instance works in this project's folder.".to_owned()));
        }
        let session: SessionName = start.config.session.parse()?;
        let run_dir = self.run_dir(id);
        leftover::end(&run_dir).await;
        workspace::prepare(&self.args.paths.home, &start, &beginning.cancel).await?;

        let (current, config) = watch::channel(Arc::new(start));
        let (stop, stopping) = watch::channel(None);
        let (commands, received) = mpsc::channel(COMMANDS);
        let ended = CancellationToken::new();
        if self.closed.load(Ordering::SeqCst) {
            return Err(RunnerError::Refused("The runner is ending.".to_owned()));
        }
        if beginning.cancel.is_cancelled() {
            return Err(RunnerError::Refused("The start was stopped.".to_owned()));
        }
        let mut keeper = Keeper::new(id, self.args.clone(), run_dir, self.spool.clone(), config, stopping);
        let process = keeper.spawn()?;
        let (pid_sender, pid) = watch::channel(process.pid);
        let first = process.pid;
        self.running().insert(id, Instance { pid, commands, current, stop, ended: ended.clone() });
        let seat = self.viewers.seat(session);
        self.tracker.spawn(async move {
            let _ended = ended.drop_guard();
            keeper.keep(process, pid_sender, received, seat).await;
        });
        Ok(first)
    }

    /// Passes a command to a running nanobot.
    pub(crate) fn command(&self, id: i64, command: Command) -> Result<(), RunnerError> {
        if matches!(command, Command::Start(_)) {
            return Err(RunnerError::Refused("A start command belongs to a new process.".to_owned()));
        }
        let instance =
            self.get(id).ok_or_else(|| RunnerError::Refused("This instance does not run.".to_owned()))?;
        let busy = |_| RunnerError::Refused("The instance does not take commands at the moment.".to_owned());
        instance.commands.try_send(command).map_err(busy)
    }

    /// Ends a nanobot and, if asked, its tmux session; returns when both are gone, with all that they started.
    pub(crate) async fn stop(&self, id: i64, end_session: Option<&str>) -> Result<(), RunnerError> {
        self.starting.cancel_instance(id);
        let _instance = self.locks.lock(instance_lock(id)).await;
        let workspace = self.get(id).map(|i| i.current.borrow().config.project.workspace.clone());
        self.stop_one(id, StopReason::Asked).await?;
        match end_session {
            Some(session) => self.end_session(session, workspace.as_deref()).await,
            None => Ok(()),
        }
    }

    async fn stop_one(&self, id: i64, reason: StopReason) -> Result<(), RunnerError> {
        if let Some(instance) = self.get(id) {
            instance.stop.send_replace(Some(reason));
            instance.ended.cancelled().await;
        }
        let run_dir = self.run_dir(id);
        leftover::end(&run_dir).await;
        match remove_folder(&run_dir) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(RunnerError::file("the instance's run folder")(error))
            }
            _ => Ok(()),
        }
    }

    /// Ends all nanobots and waits for them.
    pub(crate) async fn stop_all(&self, reason: StopReason) {
        self.closed.store(true, Ordering::SeqCst);
        self.starting.cancel_all();
        let all: Vec<Instance> = self.running().values().cloned().collect();
        for instance in &all {
            instance.stop.send_replace(Some(reason));
        }
        self.tracker.close();
        self.tracker.wait().await;
    }
}
