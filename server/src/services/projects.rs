//! A user's projects: their texts here, their runs at the orchestrator.

use app::{
    backend::{Answer, Overview as _, Projects},
    error::AppError,
    model::{
        AgentId, Changes, ChangesQuery, Dashboard, Diagnosis, Expected, LiveEvent, LogEntry, LogQuery, Page,
        Project, ProjectDraft, ProjectId, ProjectStatus, ProjectText, Slug, StartAnswer, StepUsage, TextKind,
        TextSave, Undo, UndoDraft, UndoId, UsageSummary, Viewer,
    },
};
use async_trait::async_trait;
use sqlx::{Sqlite, Transaction};

use super::{
    Services,
    check::Check,
    plan::{merged_plan, new_plan},
    repository, version,
};
use crate::{
    db::{
        self, now_ms,
        progress::Standing,
        projects::{NewProject, ProjectTexts},
    },
    error,
};

/// Longest answer to an agent's question, in KiB.
const MAX_ANSWER_KIB: usize = 32;

fn check_texts(draft: &ProjectDraft) -> Answer<()> {
    let mut check = Check::default();
    check.name("name", &draft.name);
    check.text("description", &draft.description, 64);
    check.text("architecture", draft.architecture.as_deref().unwrap_or_default(), 64);
    if let Some(problem) = clone_url(draft).and_then(repository::problem) {
        check.problem("clone_url", problem);
    }
    check.done()
}

/// The repository that a draft names.
fn clone_url(draft: &ProjectDraft) -> Option<&str> {
    draft.clone_url.as_deref().map(str::trim).filter(|url| !url.is_empty())
}

impl Services {
    /// The slug of the name, with a number if the user has such a folder already.
    async fn free_slug(&self, tx: &mut Transaction<'_, Sqlite>, viewer: &Viewer, name: &str) -> Answer<Slug> {
        let base = Slug::from_name(name);
        let mut slug = base.clone();
        let mut n = 1;
        while db::projects::slug_taken(&mut **tx, viewer.id, &slug).await.map_err(error::db)? {
            n += 1;
            slug = base.numbered(n);
        }
        Ok(slug)
    }

    /// Whether a project was ever started.
    pub(super) async fn ran(&self, viewer: &Viewer, id: ProjectId) -> Answer<bool> {
        let latest = db::runs::latest(self.db.reader(), viewer.id, id).await;
        latest.map(|run| run.is_some()).map_err(error::db)
    }

    fn with_warning(&self, viewer: &Viewer, mut projects: Vec<Project>) -> Vec<Project> {
        let warning = self.orchestrator.isolation_warning(viewer.id);
        for project in &mut projects {
            project.isolation_warning.clone_from(&warning);
        }
        projects
    }
}

#[async_trait]
impl Projects for Services {
    async fn dashboard(&self, viewer: &Viewer) -> Answer<Dashboard> {
        let agents = db::agents::list(self.db.reader(), viewer.id, Page::ALL).await.map_err(error::db)?;
        let projects = db::projects::list(self.db.reader(), viewer.id).await.map_err(error::db)?;
        let today = self.today(viewer).await?;
        Ok(Dashboard { agents, projects: self.with_warning(viewer, projects), today })
    }

    async fn projects(&self, viewer: &Viewer, agent: AgentId, page: Page) -> Answer<Vec<Project>> {
        self.find_agent(viewer, agent).await?;
        let projects = db::projects::of_agent(self.db.reader(), viewer.id, agent, page).await;
        Ok(self.with_warning(viewer, projects.map_err(error::db)?))
    }

    async fn project(&self, viewer: &Viewer, id: ProjectId) -> Answer<Project> {
        self.find_project(viewer, id).await
    }

    async fn create_project(&self, viewer: &Viewer, agent: AgentId, draft: ProjectDraft) -> Answer<Project> {
        let agent = self.find_agent(viewer, agent).await?;
        check_texts(&draft)?;
        let plan = new_plan(draft.implementation_plan.clone().unwrap_or_default())?;
        let mut tx = self.begin().await?;
        let slug = self.free_slug(&mut tx, viewer, &draft.name).await?;
        let mut workspace = self.config.user_home(&viewer.username).join("projects");
        workspace.extend(agent.draft.workspace_base.as_deref());
        workspace.push(slug.as_str());
        let new = NewProject {
            agent: agent.id,
            name: draft.name.trim(),
            slug: &slug,
            description: &draft.description,
            architecture: draft.architecture.as_deref().filter(|text| !text.trim().is_empty()),
            plan: &plan,
            tmux_session: &format!("{}-{slug}", viewer.username),
            workspace_path: &workspace.to_string_lossy(),
            approval_policy: draft.approval_policy,
            approve_plan: draft.approve_plan,
            clone_url: clone_url(&draft),
        };
        let id = db::projects::insert(&mut tx, viewer.id, &new, now_ms()).await.map_err(error::db)?;
        tx.commit().await.map_err(error::db)?;
        self.publish_project(viewer, id).await
    }

    async fn update_project(
        &self,
        viewer: &Viewer,
        id: ProjectId,
        draft: ProjectDraft,
        expected: Expected,
    ) -> Answer<Project> {
        self.find_project(viewer, id).await?;
        check_texts(&draft)?;
        let ran = self.ran(viewer, id).await?;
        let mut tx = self.begin().await?;
        // Read inside the transaction: a run may have finished a step since.
        let found = db::projects::find(&mut *tx, viewer.id, id).await.map_err(error::db)?;
        let mut before = found.ok_or(AppError::NotFound)?;
        before.isolation_warning = self.orchestrator.isolation_warning(viewer.id);
        version::check(&before, &expected)?;
        let repository = match &draft.clone_url {
            Some(_) => clone_url(&draft),
            None => before.clone_url.as_deref(),
        };
        if ran && repository != before.clone_url.as_deref() {
            let why = "The repository can be changed only before the first start.";
            return Err(AppError::invalid("clone_url", why));
        }
        let replan = draft.implementation_plan.is_some();
        let plan = match draft.implementation_plan.clone() {
            Some(plan) => merged_plan(&before.implementation_plan, plan)?,
            None => before.implementation_plan,
        };
        let texts = ProjectTexts {
            name: draft.name.trim(),
            description: &draft.description,
            architecture: draft.architecture.as_deref().filter(|text| !text.trim().is_empty()),
            current_step: i64::try_from(plan.current()).unwrap_or(i64::MAX),
            plan: &plan,
            approval_policy: draft.approval_policy,
            approve_plan: draft.approve_plan,
            clone_url: repository,
        };
        let now = now_ms();
        db::projects::update(&mut tx, viewer.id, id, &texts, now).await.map_err(error::db)?;
        if before.status == ProjectStatus::Completed && plan.finished() < plan.steps.len() {
            let reason = Some("The plan has new steps: start the project to go on.");
            let standing = Standing { status: Some(ProjectStatus::Paused), reason, question: None };
            db::progress::set_standing(&mut tx, viewer.id, id, &standing, now).await.map_err(error::db)?;
        }
        tx.commit().await.map_err(error::db)?;
        if replan && before.running {
            // The plan is stored; a runner that does not answer now reads it when it starts the instance again.
            if let Err(e) = self.orchestrator.update_plan(viewer, id).await {
                tracing::warn!(project = %id, error = %e, "a running instance was not told of its new plan");
            }
        }
        if before.running
            && let Err(e) = self.orchestrator.update_context(viewer, id).await
        {
            tracing::warn!(project = %id, error = %e, "a running instance was not told of its new texts");
        }
        self.publish_project(viewer, id).await
    }

    async fn delete_project(&self, viewer: &Viewer, id: ProjectId, expected: Expected) -> Answer<()> {
        let project = self.find_project(viewer, id).await?;
        version::check(&project, &expected)?;
        let ran = self.ran(viewer, id).await?;
        // Without a run there is neither a process nor a workspace, and no cell has to be started to remove them.
        if ran {
            self.orchestrator.remove_project(viewer, &project).await?;
        }
        let mut tx = self.begin().await?;
        db::projects::delete(&mut tx, viewer.id, id).await.map_err(error::db)?;
        tx.commit().await.map_err(error::db)?;
        self.live.publish(viewer.id, LiveEvent::ProjectDeleted { id });
        Ok(())
    }

    async fn start(&self, viewer: &Viewer, id: ProjectId) -> Answer<StartAnswer> {
        self.find_project(viewer, id).await?;
        self.room_on_disk()?;
        self.check_disk(viewer).await?;
        let answer = self.orchestrator.start(viewer, id).await?;
        self.trust_starter(viewer, id).await?;
        Ok(answer)
    }

    async fn check_typing(&self, viewer: &Viewer, id: ProjectId) -> Answer<()> {
        Services::check_typing(self, viewer, id).await
    }

    async fn pause(&self, viewer: &Viewer, id: ProjectId) -> Answer<StartAnswer> {
        self.orchestrator.pause(viewer, id).await
    }

    async fn stop(&self, viewer: &Viewer, id: ProjectId) -> Answer<StartAnswer> {
        self.orchestrator.stop(viewer, id).await
    }

    async fn restart(&self, viewer: &Viewer, id: ProjectId) -> Answer<StartAnswer> {
        self.room_on_disk()?;
        self.find_project(viewer, id).await?;
        self.check_disk(viewer).await?;
        self.orchestrator.restart(viewer, id).await
    }

    async fn answer(&self, viewer: &Viewer, id: ProjectId, text: String) -> Answer<()> {
        self.find_project(viewer, id).await?;
        let mut check = Check::default();
        check.that(!text.trim().is_empty(), "text", "Write an answer.");
        check.text("text", &text, MAX_ANSWER_KIB);
        check.done()?;
        self.orchestrator.answer(viewer, id, text).await
    }

    async fn diagnosis(&self, viewer: &Viewer, id: ProjectId) -> Answer<Option<Diagnosis>> {
        self.find_project(viewer, id).await?;
        db::progress::diagnosis(self.db.reader(), viewer.id, id).await.map_err(error::db)
    }

    async fn undo(&self, viewer: &Viewer, id: ProjectId, draft: UndoDraft) -> Answer<Project> {
        self.undo_project(viewer, id, draft).await
    }

    async fn redo(&self, viewer: &Viewer, id: ProjectId, undo: UndoId) -> Answer<Project> {
        self.redo_project(viewer, id, undo).await
    }

    async fn undos(&self, viewer: &Viewer, id: ProjectId, page: Page) -> Answer<Vec<Undo>> {
        self.undos_of(viewer, id, page).await
    }

    async fn logs(&self, viewer: &Viewer, id: ProjectId, query: LogQuery) -> Answer<Vec<LogEntry>> {
        self.log_page(viewer, id, &query).await
    }

    fn demo_project(&self) -> ProjectDraft {
        super::demo_project()
    }

    async fn usage(&self, viewer: &Viewer, id: ProjectId) -> Answer<UsageSummary> {
        self.find_project(viewer, id).await?;
        db::usage::project_summary(self.db.reader(), viewer.id, id).await.map_err(error::db)
    }

    async fn step_usage(&self, viewer: &Viewer, id: ProjectId) -> Answer<Vec<StepUsage>> {
        self.usage_of_steps(viewer, id).await
    }

    async fn project_text(&self, viewer: &Viewer, id: ProjectId, kind: TextKind) -> Answer<ProjectText> {
        self.text_of(viewer, id, kind).await
    }

    async fn save_project_text(
        &self,
        viewer: &Viewer,
        id: ProjectId,
        kind: TextKind,
        new: ProjectText,
    ) -> Answer<TextSave> {
        self.save_text(viewer, id, kind, new).await
    }

    async fn changes(&self, viewer: &Viewer, id: ProjectId, query: ChangesQuery) -> Answer<Changes> {
        self.changes_of(viewer, id, query).await
    }
}
