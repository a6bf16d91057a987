//! What a project's page reports beside the project: pages of the log, cost of each step, changed files.

use app::{
    backend::Answer,
    error::AppError,
    model::{Changes, ChangesQuery, LogEntry, LogQuery, ProjectId, StepUsage, Viewer},
};

use super::Services;
use crate::{db, error};

/// Longest text to search a log for, in characters.
const MAX_SEARCH: usize = 200;

impl Services {
    pub(super) async fn log_page(
        &self,
        viewer: &Viewer,
        id: ProjectId,
        query: &LogQuery,
    ) -> Answer<Vec<LogEntry>> {
        self.find_project(viewer, id).await?;
        let most = db::logs::MAX_LIMIT;
        if query.limit.is_some_and(|limit| !(1..=most).contains(&limit)) {
            return Err(AppError::invalid("limit", format!("Ask for 1 to {most} lines.")));
        }
        if query.q.as_ref().is_some_and(|text| text.chars().count() > MAX_SEARCH) {
            return Err(AppError::invalid("q", format!("Search for at most {MAX_SEARCH} characters.")));
        }
        db::logs::list(self.db.reader(), viewer.id, id, query).await.map_err(error::db)
    }

    pub(super) async fn usage_of_steps(&self, viewer: &Viewer, id: ProjectId) -> Answer<Vec<StepUsage>> {
        let plan = self.find_project(viewer, id).await?.implementation_plan;
        let sums = db::usage::step_sums(self.db.reader(), viewer.id, id).await.map_err(error::db)?;
        let place = |step: &str| plan.steps.iter().position(|planned| planned.id == step);
        let mut all: Vec<(usize, StepUsage)> = sums
            .into_iter()
            .map(|(step, usage)| {
                let at = step.as_deref().and_then(place);
                let title = match (&step, at) {
                    (_, Some(at)) => plan.steps[at].title.clone(),
                    (Some(id), None) => format!("{id} (no longer in the plan)"),
                    (None, None) => "Planning and other work".to_owned(),
                };
                let rank = at.unwrap_or(if step.is_some() { usize::MAX - 1 } else { usize::MAX });
                (rank, StepUsage { step, title, usage })
            })
            .collect();
        all.sort_by(|(a, one), (b, other)| a.cmp(b).then_with(|| one.step.cmp(&other.step)));
        Ok(all.into_iter().map(|(_, step)| step).collect())
    }

    pub(super) async fn changes_of(
        &self,
        viewer: &Viewer,
        id: ProjectId,
        query: ChangesQuery,
    ) -> Answer<Changes> {
        let project = self.find_project(viewer, id).await?;
        if !self.ran(viewer, id).await? {
            return Err(AppError::Conflict(
                "There are no files yet: the project was never started.".to_owned(),
            ));
        }
        let steps = &project.implementation_plan.steps;
        let commit = match query.step.as_deref().filter(|step| !step.is_empty()) {
            None => None,
            Some(wanted) => {
                let commit = steps.iter().find(|step| step.id == wanted).and_then(|step| step.commit.clone());
                Some(commit.ok_or_else(|| AppError::invalid("step", "Name a finished step of the plan."))?)
            }
        };
        self.orchestrator.changes(viewer, &project, commit).await
    }
}
