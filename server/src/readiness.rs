//! Whether the server can do its work: write rows, reach the run folder, and have room on the disk.
//!
//! Must not know HTTP. Anybody may ask, so the answer is kept for a moment: asking often costs nothing.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use rustix::fs::Access;
use tokio::sync::Mutex;

use crate::{
    db::{self, Db, now_ms},
    reserve::DiskWatch,
};

/// How long the database may take for one row.
const LIMIT: Duration = Duration::from_secs(2);
/// For this long an answer is good enough.
const FRESH: Duration = Duration::from_secs(1);
/// Row that is written to see whether rows can be written.
const PROBE: &str = "readiness_probe";

/// What was found, and when.
type Answer = (Instant, Vec<String>);

/// Looks whether everything is there; clones share the last answer.
#[derive(Clone)]
pub struct Readiness {
    db: Db,
    disk: DiskWatch,
    run_dir: PathBuf,
    last: Arc<Mutex<Option<Answer>>>,
}

impl Readiness {
    /// Of a server with this database, disk and run folder.
    pub fn new(db: Db, disk: DiskWatch, run_dir: PathBuf) -> Self {
        Self { db, disk, run_dir, last: Arc::default() }
    }

    /// The disk that is watched.
    pub fn disk(&self) -> &DiskWatch {
        &self.disk
    }

    /// What is wrong, a sentence each; nothing if the server can work.
    pub async fn problems(&self) -> Vec<String> {
        let mut last = self.last.lock().await;
        match &*last {
            Some((at, problems)) if at.elapsed() < FRESH => problems.clone(),
            _ => {
                let problems = self.look().await;
                *last = Some((Instant::now(), problems.clone()));
                problems
            }
        }
    }

    async fn look(&self) -> Vec<String> {
        let mut problems: Vec<String> = self.disk.complaint().into_iter().collect();
        match tokio::time::timeout(LIMIT, self.write()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::error!(%error, "the database cannot be written");
                problems.push("The database cannot be written.".to_owned());
            }
            Err(_) => problems.push("The database does not answer.".to_owned()),
        }
        if let Err(error) = rustix::fs::access(&self.run_dir, Access::WRITE_OK | Access::EXEC_OK) {
            tracing::error!(%error, folder = %self.run_dir.display(), "the run folder cannot be used");
            problems.push("The run folder cannot be used.".to_owned());
        }
        problems
    }

    async fn write(&self) -> Result<(), sqlx::Error> {
        let mut tx = self.db.begin().await?;
        db::settings::set(&mut tx, PROBE, &now_ms().to_string()).await?;
        tx.commit().await
    }
}
