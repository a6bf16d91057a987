//! Use cases: what a person wants to do, checked and done. They implement the ports of `app::backend`.
//!
//! Must not know routes, JSON bodies or pages; both doors, server functions and REST, call the same methods.

mod accounts;
mod administration;
mod agents;
mod api_keys;
mod check;
mod demo_project;
mod device;
mod disk;
mod disk_limit;
mod folders;
mod key_source;
mod links;
mod overview;
mod own_account;
mod plan;
mod projects;
mod providers;
mod reports;
mod repository;
mod second_factor;
mod terminals;
mod texts;
mod tokens;
mod undos;
mod users;
pub mod version;

use std::sync::Arc;

use app::{
    error::AppError,
    model::{LiveEvent, Project, ProjectId, Viewer},
};
use sqlx::{Sqlite, Transaction};

use crate::{
    auth::Auth,
    config::Config,
    crypto::ApiKeyCipher,
    db::{self, Db},
    error,
    gateway::Gateway,
    live::LiveHub,
    orchestrator::Orchestrator,
    reserve::DiskWatch,
};
pub use accounts::{SetupToken, create_admin};
pub(crate) use api_keys::write_copy;
pub use demo_project::demo_project;
pub use disk::{DiskGauge, count_user};
pub use folders::{SET_ASIDE, UserFolders};
pub use key_source::StoredKeys;

/// All services; they share the server's parts.
pub struct Services {
    /// Database.
    pub db: Db,
    /// Configuration.
    pub config: Arc<Config>,
    /// Sign-in.
    pub auth: Auth,
    /// Cipher of stored keys.
    pub cipher: ApiKeyCipher,
    /// Runs.
    pub orchestrator: Orchestrator,
    /// Who watches what.
    pub live: LiveHub,
    /// Users' folders.
    pub folders: UserFolders,
    /// What opens `/setup`.
    pub setup: SetupToken,
    /// The way to the model providers.
    pub gateway: Gateway,
    /// What users' files take.
    pub disk: DiskGauge,
    /// Whether there is room on the disk.
    pub space: DiskWatch,
}

/// Refuses whoever is no admin.
fn admin(viewer: &Viewer) -> Result<(), AppError> {
    if viewer.is_admin() {
        return Ok(());
    }
    tracing::warn!(user = %viewer.username, "somebody who is no admin was refused what is for admins");
    Err(AppError::Forbidden)
}

impl Services {
    /// Refuses what would fill the disk further.
    fn room_on_disk(&self) -> Result<(), AppError> {
        self.space.complaint().map_or(Ok(()), |why| Err(AppError::Unavailable(why)))
    }

    async fn begin(&self) -> Result<Transaction<'static, Sqlite>, AppError> {
        self.db.begin().await.map_err(error::db)
    }

    /// A viewer's project as pages show it.
    async fn find_project(&self, viewer: &Viewer, id: ProjectId) -> Result<Project, AppError> {
        let found = db::projects::find(self.db.reader(), viewer.id, id).await.map_err(error::db)?;
        let mut project = found.ok_or(AppError::NotFound)?;
        project.isolation_warning = self.orchestrator.isolation_warning(viewer.id);
        project.isolation = self.orchestrator.isolation_of(viewer.id);
        Ok(project)
    }

    /// Tells the viewer's open pages how a project is now.
    async fn publish_project(&self, viewer: &Viewer, id: ProjectId) -> Result<Project, AppError> {
        let project = self.find_project(viewer, id).await?;
        self.live.publish(viewer.id, LiveEvent::Project { project: Box::new(project.clone()) });
        Ok(project)
    }
}
