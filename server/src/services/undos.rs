//! Ways back: a project is taken to an earlier step, and can be brought forward again.

use app::{
    backend::Answer,
    error::AppError,
    model::{Page, Project, ProjectId, ProjectStatus, StepStatus, Undo, UndoDraft, UndoId, Viewer},
};

use super::Services;
use crate::{
    db::{self, now_ms, progress::Standing},
    error,
    orchestrator::Replaced,
};

/// What is recorded beside the plan.
enum Record<'a> {
    Undone { label: &'a str },
    Redone(UndoId),
}

impl Services {
    pub(super) async fn undo_project(
        &self,
        viewer: &Viewer,
        id: ProjectId,
        draft: UndoDraft,
    ) -> Answer<Project> {
        let project = self.idle_project(viewer, id).await?;
        let finished = |step: &&app::model::Step| step.status == StepStatus::Completed;
        let steps = &project.implementation_plan.steps;
        let label = match &draft.to_step {
            None => "",
            Some(to) => match steps.iter().filter(finished).find(|step| step.id == *to) {
                Some(step) => step.title.as_str(),
                None => return Err(AppError::invalid("to_step", "Name a finished step of the plan.")),
            },
        };
        let replaced = self.orchestrator.undo(viewer, &project, draft.to_step.clone()).await?;
        let reason = match label {
            "" => "Went back to the beginning.".to_owned(),
            title => format!("Went back to the end of \u{201c}{title}\u{201d}."),
        };
        self.record_replaced(viewer, id, &replaced, &reason, Record::Undone { label }).await
    }

    pub(super) async fn redo_project(&self, viewer: &Viewer, id: ProjectId, undo: UndoId) -> Answer<Project> {
        let project = self.idle_project(viewer, id).await?;
        let found = db::undos::reference(self.db.reader(), viewer.id, id, undo).await.map_err(error::db)?;
        let reference = found.ok_or(AppError::NotFound)?;
        let replaced = self.orchestrator.redo(viewer, &project, reference).await?;
        self.record_replaced(viewer, id, &replaced, "Brought back what was undone.", Record::Redone(undo))
            .await
    }

    pub(super) async fn undos_of(&self, viewer: &Viewer, id: ProjectId, page: Page) -> Answer<Vec<Undo>> {
        self.find_project(viewer, id).await?;
        db::undos::list(self.db.reader(), viewer.id, id, page).await.map_err(error::db)
    }

    /// A project whose files nobody is working on.
    async fn idle_project(&self, viewer: &Viewer, id: ProjectId) -> Answer<Project> {
        let project = self.find_project(viewer, id).await?;
        if project.running {
            return Err(AppError::Conflict(
                "The agent is working on these files: stop the project first.".to_owned(),
            ));
        }
        Ok(project)
    }

    async fn record_replaced(
        &self,
        viewer: &Viewer,
        id: ProjectId,
        replaced: &Replaced,
        reason: &str,
        record: Record<'_>,
    ) -> Answer<Project> {
        let plan = &replaced.plan;
        let status = match !plan.steps.is_empty() && plan.finished() == plan.steps.len() {
            true => ProjectStatus::Completed,
            false => ProjectStatus::Paused,
        };
        let standing = Standing { status: Some(status), reason: Some(reason), question: None };
        let now = now_ms();
        let mut tx = self.begin().await?;
        db::progress::set_plan(&mut tx, viewer.id, id, plan, now).await.map_err(error::db)?;
        db::progress::set_standing(&mut tx, viewer.id, id, &standing, now).await.map_err(error::db)?;
        let recorded = match record {
            Record::Undone { label } => {
                db::undos::insert(&mut tx, viewer.id, id, &replaced.reference, label, now).await
            }
            Record::Redone(undo) => db::undos::set_undone(&mut tx, viewer.id, undo, now).await,
        };
        recorded.map_err(error::db)?;
        tx.commit().await.map_err(error::db)?;
        self.publish_project(viewer, id).await
    }
}
