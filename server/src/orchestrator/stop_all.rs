//! `autocode stop --all`: ends every agent of an installation, whether its server runs or not.

use std::time::Duration;

use app::model::ProjectStatus;
use tokio_util::task::TaskTracker;

use super::cell;
use crate::{
    config::Config,
    db::{self, Db, now_ms, progress::Standing},
};

/// How long the answer of one cell is waited for.
const LIMIT: Duration = Duration::from_secs(30);

/// Ends all cells; returns how many ended and, for each that did not, why.
///
/// The database is told first, so that a running server does not start again what is ended here.
///
/// # Errors
/// A sentence for the person who asked, if the database or the run folder cannot be read.
pub async fn stop_all(config: &Config) -> Result<(usize, Vec<String>), String> {
    let db = Db::open(&config.database_path()).await.map_err(|e| e.to_string())?;
    let reason = "Stopped by `autocode stop --all`.";
    pause_all(&db, reason).await.map_err(|e| format!("The database cannot record the stop: {e}."))?;
    db.close().await;

    let (mut ended, mut failures) = (0, Vec::new());
    let tracker = TaskTracker::new();
    let mut users = match tokio::fs::read_dir(&config.run_dir).await {
        Ok(users) => users,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok((0, failures)),
        Err(e) => return Err(format!("{} cannot be read: {e}.", config.run_dir.display())),
    };
    let unreadable = |e| format!("{} cannot be read to its end: {e}.", config.run_dir.display());
    while let Some(user) = users.next_entry().await.map_err(unreadable)? {
        if !cell::socket(&user.path()).exists() {
            continue;
        }
        match tokio::time::timeout(LIMIT, cell::end(&user.path(), &tracker)).await {
            Ok(Ok(())) => ended += 1,
            Ok(Err(e)) => failures.push(format!("{}: {e}", user.file_name().display())),
            Err(_) => failures.push(format!("{}: no answer within {LIMIT:?}", user.file_name().display())),
        }
    }
    Ok((ended, failures))
}

/// Records for everything that should run that it should not any more, and why.
///
/// # Errors
/// Those of the database.
pub async fn pause_all(db: &Db, reason: &str) -> Result<(), sqlx::Error> {
    let reason = Some(reason);
    for user in db::runs::users_with_running(db.reader()).await? {
        let wanted = db::runs::running(db.reader(), user).await?;
        let mut tx = db.begin().await?;
        for instance in wanted {
            let now = now_ms();
            db::runs::end(&mut tx, user, instance.id, false, now).await?;
            let standing = Standing { status: Some(ProjectStatus::Paused), reason, question: None };
            db::progress::set_standing(&mut tx, user, instance.project, &standing, now).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}
