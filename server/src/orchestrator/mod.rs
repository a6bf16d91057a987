//! Desired state of every run, and who keeps it: one keeper task per user with something to run.
//!
//! The database says what should run; keepers make it so and write down what happens. Must not know HTTP, pages or how
//! a model is called. A killed server loses nothing: the next one reads the same rows and adopts what still runs.

mod accounts;
mod admission;
mod cell;
mod changes;
mod commands;
mod convert;
mod ingest;
mod isolation;
mod keeper;
mod spec;
mod start;
mod stop_all;
mod undo;

use std::{
    collections::{HashMap, HashSet},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use app::{
    error::AppError,
    model::{IsolationReport, LiveEvent, Project, ProjectId, StartAnswer, UserId, Username, Viewer},
};
use autocode_runner::protocol::{Answer, Isolation, Request};
use tokio::sync::{mpsc, oneshot};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::error;

use crate::{
    cells::{Cells, doors::Doors},
    config::Config,
    db::{self, Db},
    gateway::token::InstanceTokens,
    live::LiveHub,
    metrics::Metrics,
    runner_link::LinkError,
};
use admission::Admission;
use keeper::{Keeper, Order, Reply};

pub use cell::socket as runner_socket;
pub use stop_all::{pause_all, stop_all};
pub use undo::Replaced;

/// How long a caller waits for a keeper, which may have to start a cell first.
const ORDER_LIMIT: Duration = Duration::from_secs(75);
/// Orders that may wait at one keeper.
const ORDER_QUEUE: usize = 32;

/// Starts, stops and supervises the runs of all users; clones share it.
#[derive(Clone)]
pub struct Orchestrator {
    shared: Arc<Shared>,
    keepers: Arc<Mutex<Keepers>>,
    tracker: TaskTracker,
}

/// How instances reach the models.
pub struct GatewayAccess {
    /// Where (`http://127.0.0.1:3000/gateway`), for cells that are on the machine's network.
    pub url: String,
    /// With what.
    pub tokens: InstanceTokens,
}

/// What every keeper uses.
pub(crate) struct Shared {
    db: Db,
    config: Arc<Config>,
    live: LiveHub,
    metrics: Metrics,
    gateway: GatewayAccess,
    cells: Cells,
    doors: Doors,
    admission: Admission,
    /// What each user's cell measured when it started.
    isolation: Mutex<HashMap<UserId, Isolation>>,
    /// The last measurement of an empty cell.
    empty_cell: tokio::sync::Mutex<Option<IsolationReport>>,
    shutdown: CancellationToken,
}

/// Who keeps whose runs.
#[derive(Default)]
struct Keepers {
    by_user: HashMap<UserId, KeeperHandle>,
    /// Users who are removed: a request of theirs that was under way must not start a cell again.
    removed: HashSet<UserId>,
}

#[derive(Clone)]
struct KeeperHandle {
    orders: mpsc::Sender<Order>,
    cancel: CancellationToken,
}

impl Orchestrator {
    /// An orchestrator without any keeper yet. Its tasks end with `shutdown`.
    pub fn new(
        db: Db,
        config: Arc<Config>,
        live: LiveHub,
        metrics: Metrics,
        gateway: GatewayAccess,
        (cells, doors): (Cells, Doors),
        shutdown: CancellationToken,
    ) -> Self {
        let shared = Shared {
            admission: Admission::default(),
            cells,
            config,
            db,
            doors,
            empty_cell: tokio::sync::Mutex::default(),
            gateway,
            isolation: Mutex::default(),
            live,
            metrics,
            shutdown,
        };
        Self { shared: Arc::new(shared), keepers: Arc::default(), tracker: TaskTracker::new() }
    }

    /// Takes up all that should run; called once when the server starts.
    pub async fn adopt(&self) {
        self.take_up_cells().await;
        self.tracker.spawn(self.clone().keep_admitting());
        match db::runs::users_with_running(self.shared.db.reader()).await {
            Ok(users) => {
                for user in users {
                    if let Err(error) = self.keeper(user).await {
                        error!(%user, %error, "a user's runs cannot be adopted");
                    }
                }
            }
            Err(error) => error!(%error, "the runs to adopt cannot be read"),
        }
    }

    /// Ends all keepers and waits for them; what they keep goes on running.
    pub async fn shutdown(&self) {
        self.shared.shutdown.cancel();
        self.tracker.close();
        self.tracker.wait().await;
    }

    /// Ends what runs for a project and removes its workspace.
    ///
    /// # Errors
    /// [`AppError::Unavailable`] if the user's cell cannot do it; then nothing was removed.
    pub async fn remove_project(&self, viewer: &Viewer, project: &Project) -> Result<(), AppError> {
        if project.running {
            self.stop(viewer, project.id).await?;
        }
        let (folder, session) = (self.folder(viewer, project)?, project.tmux_session.clone());
        self.ask(viewer.id, Request::RemoveProject { folder, session }, true).await.map(drop)
    }

    /// The folder of a project, relative to its user's `projects/`.
    fn folder(&self, viewer: &Viewer, project: &Project) -> Result<String, AppError> {
        let projects = self.shared.config.user_home(&viewer.username).join("projects");
        let folder = Path::new(&project.workspace_path).strip_prefix(&projects).map_err(|error| {
            error!(project = %project.id, %error, "a workspace lies outside its user's projects");
            AppError::Internal
        })?;
        Ok(folder.display().to_string())
    }

    /// Ends a user's cell with all that runs in it, and this user's keeper.
    ///
    /// # Errors
    /// [`AppError::Unavailable`] if the cell does not end.
    pub async fn remove_user(&self, user: UserId, username: &Username) -> Result<(), AppError> {
        let handle = {
            let mut keepers = self.keepers.lock().unwrap_or_else(PoisonError::into_inner);
            keepers.removed.insert(user);
            keepers.by_user.remove(&user)
        };
        if let Some(handle) = handle {
            handle.cancel.cancel();
            handle.orders.closed().await;
        }
        let run_dir = self.shared.config.user_run_dir(username);
        cell::end(&run_dir, &self.tracker).await.map_err(unavailable)?;
        self.shared.doors.close(username);
        self.shared.cells.remove(username).await.map_err(|error| {
            error!(%username, %error, "the files of a removed user cannot be removed");
            AppError::Internal
        })?;
        cell::remove_run_dir(&self.shared.config.run_dir, username).await.map_err(|error| {
            error!(%username, %error, "the run folder of a removed user cannot be removed");
            AppError::Internal
        })
    }

    /// Asks a user's runner; `launch` starts a cell where none is.
    async fn ask(&self, user: UserId, request: Request, launch: bool) -> Result<Answer, AppError> {
        self.order(user, |reply| Order::Ask { request, launch, reply }).await.map_err(unavailable)
    }

    /// Orders something of a user's keeper, starting it if needed, and waits for the answer.
    async fn order(&self, user: UserId, order: impl FnOnce(Reply) -> Order) -> Result<Answer, LinkError> {
        let keeper = self.keeper(user).await.map_err(|error| {
            error!(%user, %error, "the database failed");
            LinkError::Closed
        })?;
        let (reply, answer) = oneshot::channel();
        let exchange = async {
            keeper.orders.send(order(reply)).await.map_err(|_| LinkError::Closed)?;
            answer.await.map_err(|_| LinkError::Closed)?
        };
        let limit = tokio::time::timeout(ORDER_LIMIT, exchange);
        limit.await.map_err(|_| LinkError::Timeout(ORDER_LIMIT))?
    }

    async fn keeper(&self, user: UserId) -> Result<KeeperHandle, sqlx::Error> {
        if let Some(handle) = self.keepers.lock().unwrap_or_else(PoisonError::into_inner).by_user.get(&user) {
            return Ok(handle.clone());
        }
        let username = db::runs::username(self.shared.db.reader(), user).await?;
        let mut keepers = self.keepers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(handle) = keepers.by_user.get(&user) {
            return Ok(handle.clone());
        }
        if keepers.removed.contains(&user) {
            return Err(sqlx::Error::RowNotFound);
        }
        let (orders, receiver) = mpsc::channel(ORDER_QUEUE);
        let cancel = self.shared.shutdown.child_token();
        let keeper = Keeper::new(self.shared.clone(), user, username, self.tracker.clone(), cancel.clone());
        self.tracker.spawn(keeper.run(receiver));
        let handle = KeeperHandle { orders, cancel };
        keepers.by_user.insert(user, handle.clone());
        Ok(handle)
    }
}

impl Shared {
    async fn project(&self, user: UserId, id: ProjectId) -> Result<Project, AppError> {
        let found = db::projects::find(self.db.reader(), user, id).await.map_err(internal)?;
        let mut project = found.ok_or(AppError::NotFound)?;
        project.isolation_warning = self.isolation_warning(user);
        project.isolation = self.isolation_of(user);
        Ok(project)
    }

    /// Tells open pages how a project stands now.
    async fn publish(&self, user: UserId, id: ProjectId) {
        match self.project(user, id).await {
            Ok(project) => self.live.publish(user, LiveEvent::Project { project: Box::new(project) }),
            Err(AppError::NotFound) => self.live.publish(user, LiveEvent::ProjectDeleted { id }),
            Err(error) => error!(%user, project = %id, %error, "a changed project cannot be read"),
        }
    }
}

fn internal(error: sqlx::Error) -> AppError {
    error!(%error, "the database failed");
    AppError::Internal
}

fn unavailable(error: LinkError) -> AppError {
    AppError::Unavailable(format!("The agents' runner cannot do this now: {error}."))
}

/// The answer that start, stop and restart give.
type Started = Result<StartAnswer, AppError>;
