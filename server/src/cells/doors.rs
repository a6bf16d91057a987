//! The doors of cells: for each user a folder with the sockets to the gateway and to the proxy, and the probe's challenge.
//!
//! The folder is the server's and read-only inside the cell, so that an agent can neither swap nor remove a socket. It
//! lies beside the user's run folder. A new server opens the same doors again.

use std::{
    collections::HashMap,
    fs,
    future::IntoFuture as _,
    io,
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use app::model::Username;
use autocode_sandbox::{Canaries, GATEWAY_SOCKET, PROXY_SOCKET};
use axum::Router;
use tokio::{net::UnixListener, time::sleep};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::error;

use crate::{config::Config, egress::Egress};

/// How long open requests to models may take when a door closes.
const DRAIN: Duration = Duration::from_secs(2);

/// Opens doors and keeps them open; clones share it.
#[derive(Clone)]
pub struct Doors(Arc<Inner>);

struct Inner {
    run_dir: PathBuf,
    canaries: Canaries,
    gateway: Router,
    egress: Egress,
    open: Mutex<HashMap<Username, CancellationToken>>,
    tracker: TaskTracker,
    shutdown: CancellationToken,
}

/// A user's doors folder.
pub fn folder(run_dir: &Path, username: &str) -> PathBuf {
    run_dir.join(format!(".doors-{username}"))
}

/// The bait for probes: also the real secrets, which must not open either.
///
/// # Errors
/// Those of the operating system.
pub fn canaries(config: &Config) -> io::Result<Canaries> {
    Canaries::lay(&config.run_dir, &config.users_dir(), &[config.database_path(), config.master_key_path()])
}

impl Doors {
    /// No doors yet; `gateway` is what is served behind the first, `egress` what is behind the second.
    ///
    /// # Errors
    /// Those of the operating system when the bait for probes is laid out.
    pub fn new(
        config: &Config,
        gateway: Router,
        tracker: TaskTracker,
        shutdown: CancellationToken,
    ) -> io::Result<Self> {
        Ok(Self(Arc::new(Inner {
            run_dir: config.run_dir.clone(),
            canaries: canaries(config)?,
            gateway,
            egress: Egress::new(&config.isolation.egress_allow),
            open: Mutex::default(),
            tracker,
            shutdown,
        })))
    }

    /// Opens a user's doors if they are not; returns their folder.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn open(&self, username: &Username) -> io::Result<PathBuf> {
        let inner = &self.0;
        let folder = folder(&inner.run_dir, username.as_str());
        let mut open = inner.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.contains_key(username) {
            return Ok(folder);
        }
        make_folder(&folder, &inner.canaries)?;
        let gateway = bind(&folder.join(GATEWAY_SOCKET))?;
        let proxy = bind(&folder.join(PROXY_SOCKET))?;
        let cancel = inner.shutdown.child_token();
        let serve = axum::serve(gateway, inner.gateway.clone())
            .with_graceful_shutdown(cancel.clone().cancelled_owned());
        let closed = cancel.clone();
        inner.tracker.spawn(async move {
            tokio::select! {
                served = serve.into_future() => {
                    if let Err(error) = served {
                        error!(%error, "a door to the gateway closed");
                    }
                }
                () = async { closed.cancelled().await; sleep(DRAIN).await } => {}
            }
        });
        let egress = inner.egress.clone();
        inner.tracker.spawn(egress.serve(username.to_string(), proxy, inner.tracker.clone(), cancel.clone()));
        open.insert(username.clone(), cancel);
        Ok(folder)
    }

    /// Closes a user's doors; their folder is removed with the run folder.
    pub fn close(&self, username: &Username) {
        let closed = self.0.open.lock().unwrap_or_else(PoisonError::into_inner).remove(username);
        if let Some(cancel) = closed {
            cancel.cancel();
        }
    }
}

/// Makes a doors folder that a cell may enter, with the challenge in it.
///
/// # Errors
/// Those of the file system.
pub fn make_folder(folder: &Path, canaries: &Canaries) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o755).create(folder)?;
    // The folder above is closed; what is below is for a cell that may have another account.
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?;
    canaries.challenge().write(folder)
}

fn bind(socket: &Path) -> io::Result<UnixListener> {
    match fs::remove_file(socket) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(socket)?;
    fs::set_permissions(socket, fs::Permissions::from_mode(0o666))?;
    Ok(listener)
}
