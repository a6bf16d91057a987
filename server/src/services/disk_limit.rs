//! The disk limit of users: whoever has more than it is stopped, and starts nothing before there is less.
//!
//! A watch, not a wall: between two looks an agent can fill more than the limit, which is why the installation keeps a
//! reserve. File systems with project quotas can set a wall under each user's folder in addition.

use std::time::Duration;

use app::{
    error::AppError,
    model::{ProjectId, SessionId, UserId, Username, Viewer},
};
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use super::Services;
use crate::{db, error};

/// How often users with agents at work are measured.
const LOOK: Duration = Duration::from_secs(30);

impl Services {
    /// Watches the disk limit until `cancel`, if there is one.
    pub async fn watch_disk(&self, cancel: CancellationToken) {
        let Some(limit) = self.config.isolation.disk else { return };
        let mut look = tokio::time::interval(LOOK);
        loop {
            tokio::select! {
                () = cancel.cancelled() => return,
                _ = look.tick() => {}
            }
            if let Err(error) = self.stop_whoever_is_over(limit).await {
                error!(%error, "the disk limit cannot be watched");
            }
        }
    }

    async fn stop_whoever_is_over(&self, limit: u64) -> Result<(), AppError> {
        for user in db::runs::users_with_running(self.db.reader()).await.map_err(error::db)? {
            let username = db::runs::username(self.db.reader(), user).await.map_err(error::db)?;
            let Some(reason) = self.over_limit(user, &username, limit).await? else { continue };
            warn!(%username, reason, "a user's agents are stopped");
            let viewer = self.viewer_of(user).await?;
            for instance in db::runs::running(self.db.reader(), user).await.map_err(error::db)? {
                self.stop_with_reason(&viewer, instance.project, &reason).await?;
            }
        }
        Ok(())
    }

    async fn stop_with_reason(&self, viewer: &Viewer, id: ProjectId, reason: &str) -> Result<(), AppError> {
        self.orchestrator.stop(viewer, id).await?;
        let mut tx = self.begin().await?;
        let standing = db::progress::Standing {
            status: Some(app::model::ProjectStatus::Paused),
            reason: Some(reason),
            question: None,
        };
        let now = db::now_ms();
        db::progress::set_standing(&mut tx, viewer.id, id, &standing, now).await.map_err(error::db)?;
        tx.commit().await.map_err(error::db)?;
        self.publish_project(viewer, id).await.map(drop)
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
