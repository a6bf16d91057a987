//! The long texts of a project: read with a version, stored only over the version that their writer saw.

use app::{
    backend::Answer,
    error::AppError,
    model::{Project, ProjectId, ProjectText, TextKind, TextSave, Viewer},
};

use super::{Services, check::Check, version};
use crate::{
    db::{self, now_ms},
    error,
};

/// Longest text, in KiB.
const MAX_KIB: usize = 64;

/// The stored text with the version that stands for it: equal texts are the same version, so that saving what is there
/// already contradicts nobody.
fn stored(project: Project, kind: TextKind) -> ProjectText {
    let text = match kind {
        TextKind::Description => project.description,
        TextKind::Architecture => project.architecture.unwrap_or_default(),
    };
    let version = version::of_text(text.as_bytes());
    ProjectText { text, version }
}

impl Services {
    pub(super) async fn text_of(
        &self,
        viewer: &Viewer,
        id: ProjectId,
        kind: TextKind,
    ) -> Answer<ProjectText> {
        Ok(stored(self.find_project(viewer, id).await?, kind))
    }

    pub(super) async fn save_text(
        &self,
        viewer: &Viewer,
        id: ProjectId,
        kind: TextKind,
        new: ProjectText,
    ) -> Answer<TextSave> {
        self.find_project(viewer, id).await?;
        let mut check = Check::default();
        check.text("text", &new.text, MAX_KIB);
        check.done()?;
        let text = if new.text.trim().is_empty() { "" } else { new.text.as_str() };
        let mut tx = self.begin().await?;
        // Nobody else writes between this and the commit.
        let found = db::projects::find(&mut *tx, viewer.id, id).await.map_err(error::db)?;
        let before = found.ok_or(AppError::NotFound)?;
        let running = before.running;
        let before = stored(before, kind);
        if before.text == text {
            return Ok(TextSave::Saved(before));
        }
        if before.version != new.version {
            return Ok(TextSave::Conflict(before));
        }
        db::texts::set(&mut tx, viewer.id, id, kind, text, now_ms()).await.map_err(error::db)?;
        tx.commit().await.map_err(error::db)?;
        if running && let Err(e) = self.orchestrator.update_context(viewer, id).await {
            tracing::warn!(project = %id, error = %e, "a running instance was not told of its new texts");
        }
        Ok(TextSave::Saved(stored(self.publish_project(viewer, id).await?, kind)))
    }
}
