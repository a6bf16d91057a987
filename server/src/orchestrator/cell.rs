//! Reaching a user's cell: connect to its runner, start the cell if there is none, end it for good.

use std::{
    io::ErrorKind,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use app::model::{UserId, Username};
use autocode_runner::protocol::{Request, SpooledEvent};
use cap_std::{ambient_authority, fs::Dir};
use tokio::{
    process::Child,
    sync::mpsc,
    time::{Instant, sleep},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{info, warn};

use super::Shared;
use crate::{
    cells,
    runner_link::{Link, LinkError, connect},
};

/// How long a new cell may take until its runner answers.
const START_LIMIT: Duration = Duration::from_secs(15);
/// How long a cell may take to end.
const END_LIMIT: Duration = Duration::from_secs(20);

/// A connection to a runner: the link and its events.
pub type Connection = (Link, mpsc::Receiver<SpooledEvent>);

/// The runner's socket in a user's run folder.
pub fn socket(run_dir: &Path) -> PathBuf {
    run_dir.join("runner.sock")
}

/// Connects to a user's runner, starting the cell if nothing listens there.
///
/// # Errors
/// [`LinkError`] if a runner is there but does not greet, or if the cell cannot be started.
pub async fn reach(
    shared: &Shared,
    user: UserId,
    username: &Username,
    tracker: &TaskTracker,
    cancel: &CancellationToken,
) -> Result<Connection, LinkError> {
    let run_dir = shared.config.user_run_dir(username);
    let socket = socket(&run_dir);
    let refuse = |error: &dyn std::fmt::Display| LinkError::Refused(error.to_string());
    // A runner that is there already needs them as well: the server may be a new one.
    shared.doors.open(username)?;
    match connect(&socket, tracker, cancel).await {
        Err(error) if nobody_listens(&error) => {}
        result => return result,
    }
    let uid = shared.cell_uid(user).await.map_err(|e| refuse(&e))?;
    let mut cell = shared.cells.start(&shared.config, username, uid).await.map_err(|e| refuse(&e))?;
    info!(%username, "started a cell");
    if let Some(warning) = &cell.warning {
        warn!(%username, "{warning}");
    }
    let deadline = Instant::now() + START_LIMIT;
    loop {
        match connect(&socket, tracker, cancel).await {
            Err(error) if nobody_listens(&error) && Instant::now() < deadline => {}
            result => {
                if let Some(mut child) = cell.child {
                    // The cell lives on without us; waiting for it here only collects its exit status.
                    let cancel = cancel.clone();
                    tracker.spawn(async move {
                        tokio::select! {
                            () = cancel.cancelled() => {}
                            status = child.wait() => info!(?status, "a cell ended"),
                        }
                    });
                }
                return result;
            }
        }
        if let Some(Ok(Some(status))) = cell.child.as_mut().map(Child::try_wait) {
            return Err(LinkError::Refused(format!(
                "the cell ended at once ({status}); {} says why",
                run_dir.join("runner.log").display()
            )));
        }
        sleep(Duration::from_millis(20)).await;
    }
}

/// Whether the error means that no runner is there, as opposed to one that misbehaves.
pub fn nobody_listens(error: &LinkError) -> bool {
    matches!(error, LinkError::Io(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused))
}

/// Ends the cell of a run folder, if it has one, and returns when its runner is gone.
///
/// # Errors
/// [`LinkError`] if there is a runner that does not end.
pub async fn end(run_dir: &Path, tracker: &TaskTracker) -> Result<(), LinkError> {
    let socket = socket(run_dir);
    let cancel = CancellationToken::new();
    let _ended = cancel.clone().drop_guard();
    let link = match connect(&socket, tracker, &cancel).await {
        Err(error) if nobody_listens(&error) => return Ok(()),
        result => result?.0,
    };
    match link.ask(Request::Shutdown, END_LIMIT).await {
        // The runner may be gone before its answer is.
        Ok(_) | Err(LinkError::Closed) => {}
        Err(error) => return Err(error),
    }
    if service_managed(run_dir) {
        // The socket stays, and connecting would start the cell again.
        return Ok(());
    }
    let deadline = Instant::now() + END_LIMIT;
    while Instant::now() < deadline {
        match connect(&socket, tracker, &cancel).await {
            Err(error) if nobody_listens(&error) => return Ok(()),
            _ => sleep(Duration::from_millis(50)).await,
        }
    }
    Err(LinkError::Timeout(END_LIMIT))
}

/// Whether a service manager opened the socket: then it is not the property of the folder's owner.
fn service_managed(run_dir: &Path) -> bool {
    let owner = |path: &Path| std::fs::symlink_metadata(path).map(|meta| meta.uid());
    matches!((owner(run_dir), owner(&socket(run_dir))), (Ok(folder), Ok(socket)) if folder != socket)
}

/// Removes what a user's cells left in the run folder, following no link that the user may have put there. What is of an
/// account of its own goes with the user's unit.
///
/// # Errors
/// Those of the file system; a folder that is not there is fine.
pub async fn remove_run_dir(run_dir: &Path, username: &Username) -> std::io::Result<()> {
    let run_dir = run_dir.to_owned();
    let folders = [username.to_string(), format!(".accounts-{username}"), format!(".doors-{username}")];
    let removal = move || {
        let run = match Dir::open_ambient_dir(&run_dir, ambient_authority()) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            run => run?,
        };
        for folder in folders {
            if cells::belongs_to_another(&run, &folder)? {
                continue;
            }
            match run.remove_dir_all(folder) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    };
    tokio::task::spawn_blocking(removal).await.map_err(std::io::Error::other)?
}
