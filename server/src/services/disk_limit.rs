//! The disk limit of users: whoever has more than it is stopped, and starts nothing before there is less.
//!
//! A watch, not a wall, but for single files, which cannot become larger than the limit: between two looks agents can
//! write more, which is why a look comes early when the disk fills, and why the installation keeps a reserve. File systems
//! with project quotas can set a wall under each user's folder in addition.

use std::time::{Duration, Instant};

use app::{
    error::AppError,
    model::{SessionId, UserId, Username, Viewer},
};
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use super::Services;
use crate::{db, error};

/// How often users with agents at work are measured at least.
const LOOK: Duration = Duration::from_secs(30);
/// How often it is asked whether the disk fills, which costs nothing.
const TICK: Duration = Duration::from_secs(1);
/// They are measured early when the free space has shrunk by this part of the limit.
const PART: u64 = 8;

/// Whether users have to be measured again, so long after they were and with so much free space now; `last` keeps the most
/// that was free since then.
fn is_due(last: &mut (Instant, u64), limit: u64, now: Instant, free: u64) -> bool {
    last.1 = last.1.max(free);
    now.saturating_duration_since(last.0) >= LOOK || last.1 - free >= (limit / PART).max(1)
}

impl Services {
    /// Watches the disk limit until `cancel`, if there is one.
    pub async fn watch_disk(&self, cancel: CancellationToken) {
        let Some(limit) = self.config.isolation.disk else { return };
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut last: Option<(Instant, u64)> = None;
        loop {
            tokio::select! {
                () = cancel.cancelled() => return,
                _ = tick.tick() => {}
            }
            let free = self.space.free();
            if last.as_mut().is_some_and(|last| !is_due(last, limit, Instant::now(), free)) {
                continue;
            }
            last = Some((Instant::now(), free));
            if let Err(error) = self.stop_whoever_is_over(limit).await {
                error!(%error, "the disk limit cannot be watched");
            }
        }
    }

    async fn stop_whoever_is_over(&self, limit: u64) -> Result<(), AppError> {
        for user in db::runs::users_with_running(self.db.reader()).await.map_err(error::db)? {
            // A user whose cell does not answer must not keep the others from being measured.
            if let Err(error) = self.stop_if_over(user, limit).await {
                error!(user = user.0, %error, "the disk limit of a user cannot be watched");
            }
        }
        Ok(())
    }

    async fn stop_if_over(&self, user: UserId, limit: u64) -> Result<(), AppError> {
        let username = db::runs::username(self.db.reader(), user).await.map_err(error::db)?;
        let Some(reason) = self.over_limit(user, &username, limit).await? else { return Ok(()) };
        warn!(%username, reason, "a user's agents are stopped");
        let viewer = self.viewer_of(user).await?;
        for instance in db::runs::running(self.db.reader(), user).await.map_err(error::db)? {
            if let Err(error) = self.orchestrator.stop_because(&viewer, instance.project, &reason).await {
                error!(%username, project = instance.project.0, %error, "an agent over the disk limit may go on");
            }
        }
        Ok(())
    }

    async fn viewer_of(&self, id: UserId) -> Result<Viewer, AppError> {
        let user =
            db::users::find(self.db.reader(), id).await.map_err(error::db)?.ok_or(AppError::NotFound)?;
        Ok(Viewer { id, username: user.username, role: user.role, session: SessionId::default() })
    }

    /// Why a user may start nothing, if their files take more than the limit.
    async fn over_limit(&self, id: UserId, name: &Username, limit: u64) -> Result<Option<String>, AppError> {
        let used = self.disk.measure_now(self.orchestrator.cells(), &self.folders, (id, name)).await?;
        let mib = |bytes: u64| bytes >> 20;
        Ok((used.bytes > limit).then(|| {
            format!(
                "The files of {name} take {} MiB, the limit is {} MiB: remove some, then start again.",
                mib(used.bytes),
                mib(limit)
            )
        }))
    }

    /// Refuses a start of a user whose files take more than the limit.
    pub(super) async fn check_disk(&self, viewer: &Viewer) -> Result<(), AppError> {
        let Some(limit) = self.config.isolation.disk else { return Ok(()) };
        match self.over_limit(viewer.id, &viewer.username, limit).await? {
            Some(reason) => Err(AppError::Conflict(reason)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_is_due_after_its_time_or_when_the_disk_fills() {
        let begun = Instant::now();
        let due = |seconds: u64, seen: &[u64]| {
            let mut last = (begun, seen[0]);
            let at = begun + Duration::from_secs(seconds);
            seen.iter().map(|free| is_due(&mut last, 80, at, *free)).collect::<Vec<_>>()
        };
        assert_eq!(due(1, &[100, 91, 90]), [false, false, true]);
        assert_eq!(due(1, &[100, 500, 491, 490]), [false, false, false, true], "a disk that became larger");
        assert_eq!(due(29, &[100]), [false]);
        assert_eq!(due(30, &[100]), [true]);
    }
}
