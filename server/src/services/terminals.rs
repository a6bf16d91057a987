//! From which sign-ins a terminal may be typed in.
//!
//! A terminal runs whatever is typed. The sign-in that started the project types freely; any other one, on a phone or
//! with a stolen cookie, first types the password, and is then trusted with this terminal until it signs out.

use app::{
    backend::Answer,
    model::{ProjectId, Viewer},
};

use super::Services;
use crate::{
    db::{self, now_ms},
    error,
};

impl Services {
    /// Trusts the viewer's sign-in with the terminal of a project that it has just started.
    pub(super) async fn trust_starter(&self, viewer: &Viewer, project: ProjectId) -> Answer<()> {
        let mut tx = self.begin().await?;
        db::step_up::let_type(&mut tx, viewer.id, project, viewer.session.as_str(), now_ms())
            .await
            .map_err(error::db)?;
        tx.commit().await.map_err(error::db)
    }

    /// Refuses a sign-in that is not trusted with the terminal, unless its password was typed lately; then it is.
    pub(super) async fn check_typing(&self, viewer: &Viewer, project: ProjectId) -> Answer<()> {
        let session = viewer.session.as_str();
        let trusted = db::step_up::may_type(self.db.reader(), viewer.id, project, session).await;
        if trusted.map_err(error::db)? {
            return Ok(());
        }
        self.auth.require_step_up(viewer).await?;
        let (now, name) = (now_ms(), viewer.username.as_str());
        let mut tx = self.begin().await?;
        db::step_up::let_type(&mut tx, viewer.id, project, session, now).await.map_err(error::db)?;
        let detail = format!("project {project}");
        db::audit::insert(&mut tx, Some(viewer.id), name, "terminal_device_trusted", &detail, now)
            .await
            .map_err(error::db)?;
        tx.commit().await.map_err(error::db)
    }
}
