//! Carrying out the server's orders, each checked: a server that was taken over gets no more than cells.

use std::{ops::RangeInclusive, sync::Arc, time::Duration};

use app::model::Username;
use autocode_sandbox::{Account, CellSpec, Group, launch};
use cap_std::{ambient_authority, fs::Dir};
use tokio::time::{Instant, sleep};
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

use super::{
    grant,
    ownership::{self, Owner},
};
use crate::{
    cells::{
        self, examine_empty,
        protocol::{CellUser, Order, Reply},
    },
    config::Config,
    services::{UserFolders, count_user},
};

/// How long counting a user's files may take.
const COUNT_LIMIT: Duration = Duration::from_secs(2);

/// How often the removal of a control group is tried.
const GROUP_TRIES: u32 = 5;

/// What root needs to carry out orders; clones share it.
#[derive(Clone)]
pub struct Orders {
    config: Arc<Config>,
    server: Owner,
    uids: RangeInclusive<u32>,
    children: TaskTracker,
}

impl Orders {
    /// `uids` are those that cells may have, the server's excluded.
    pub fn new(config: Arc<Config>, server: Owner, uids: RangeInclusive<u32>) -> Self {
        Self { config, server, uids, children: TaskTracker::new() }
    }

    /// The server's account.
    pub fn server(&self) -> Owner {
        self.server
    }

    /// Carries out one order.
    pub async fn carry_out(&self, order: Order) -> Reply {
        let done = match order {
            Order::Prepare(user) => self.prepare(user).await.map(|()| Reply::Done),
            Order::Start(user) => self.start(user).await,
            Order::Remove { username } => self.remove(username).await.map(|()| Reply::Done),
            Order::Measure { username } => self.measure(username).await,
            Order::Examine => self.examine().await,
        };
        done.unwrap_or_else(|message| {
            warn!(message, "an order of the server was not carried out");
            Reply::Failed { message }
        })
    }

    fn check(&self, user: &CellUser) -> Result<(), String> {
        match self.uids.contains(&user.uid) {
            true => Ok(()),
            false => Err(format!("{} is none of the cells' user ids", user.uid)),
        }
    }

    async fn prepare(&self, user: CellUser) -> Result<(), String> {
        self.check(&user)?;
        let (config, server) = (self.config.clone(), self.server);
        let work = move || {
            let run = Dir::open_ambient_dir(&config.run_dir, ambient_authority())?;
            let name = user.username.as_str();
            ownership::prepare(&grant::users(&config)?, name, &["projects", "config"], server, user.uid)?;
            ownership::prepare(&run, name, &[], server, user.uid)
        };
        blocking(work).await
    }

    async fn start(&self, user: CellUser) -> Result<Reply, String> {
        self.prepare(user.clone()).await?;
        let spec = CellSpec {
            account: Some(Account { uid: user.uid }),
            group: self.group(user.username.as_str()),
            ..cells::spec(&self.config, user.username.as_str())
        };
        let arguments = cells::arguments(&spec, &self.config);
        let mut cell = launch(&spec, &arguments).await.map_err(|e| e.to_string())?;
        info!(username = %user.username, uid = user.uid, sandboxed = cell.sandboxed, "started a cell");
        let warning = cell.warning.clone();
        // It lives on without us; waiting for it here only collects its exit status.
        let group = spec.group;
        self.children.spawn(async move {
            let status = cell.child.wait().await;
            info!(username = %user.username, ?status, "a cell ended");
            if let Some(group) = group {
                remove_group(&group, user.username.as_str()).await;
            }
        });
        Ok(Reply::Started { warning })
    }

    /// The limits of a cell; none where no control group can be made, which the cell's probe finds out.
    fn group(&self, name: &str) -> Option<Group> {
        match cells::group(&self.config, name) {
            Ok(group) => Some(group),
            Err(error) => {
                warn!(%error, "no limits: control groups cannot be made");
                None
            }
        }
    }

    async fn remove(&self, username: Username) -> Result<(), String> {
        let folders = UserFolders::new(self.config.users_dir(), self.config.run_dir.clone());
        folders.remove(&username).await.map_err(|e| e.to_string())?;
        let run = self.config.run_dir.clone();
        let work = move || {
            let run = Dir::open_ambient_dir(run, ambient_authority())?;
            for folder in [format!(".accounts-{username}"), format!(".doors-{username}")] {
                match run.remove_dir_all(folder) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            }
            Ok(())
        };
        blocking(work).await?;
        Ok(())
    }

    async fn measure(&self, username: Username) -> Result<Reply, String> {
        let (users, run) = (self.config.users_dir(), self.config.run_dir.clone());
        let work = move || {
            let open = |path| Dir::open_ambient_dir(path, ambient_authority());
            let deadline = (Instant::now() + COUNT_LIMIT).into_std();
            let (bytes, complete) = count_user(&open(users)?, &open(run)?, username.as_str(), deadline)?;
            Ok(Reply::Measured { bytes, complete })
        };
        blocking(work).await
    }

    async fn examine(&self) -> Result<Reply, String> {
        let (config, server, uid) = (self.config.clone(), self.server, *self.uids.end());
        blocking(move || {
            let folder = cells::probe_folder(&config);
            std::fs::create_dir_all(&folder)?;
            let folder = Dir::open_ambient_dir(folder, ambient_authority())?;
            ownership::prepare(&folder, "home", &[], server, uid)?;
            ownership::prepare(&folder, "run", &[], server, uid)
        })
        .await?;
        let group = self.group("nobody");
        let facts = examine_empty(&self.config, Some(Account { uid }), group.clone()).await;
        if let Some(group) = group {
            remove_group(&group, "nobody").await;
        }
        Ok(Reply::Examined(Box::new(facts?)))
    }
}

/// Removes a control group once its last process is collected; kept where a new cell has it by then.
async fn remove_group(group: &Group, name: &str) {
    for _ in 0..GROUP_TRIES {
        match group.remove() {
            Ok(()) => return,
            Err(error) => info!(name, %error, "a control group is still in use"),
        }
        sleep(Duration::from_millis(200)).await;
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T, String> {
    tokio::task::spawn_blocking(work).await.map_err(|e| e.to_string())?.map_err(|e| e.to_string())
}
