//! Start, stop and restart of a project: first the rows, then the cell.

use app::{
    error::AppError,
    model::{Project, ProjectId, ProjectStatus, StartAnswer, StepStatus, Viewer},
};

use autocode_runner::protocol::Request;

use super::{Orchestrator, Started, internal, keeper::Order, unavailable};
use crate::db::{self, now_ms, progress::Standing};

impl Orchestrator {
    /// Starts (or resumes) work on a project.
    ///
    /// # Errors
    /// [`AppError::NotFound`]; [`AppError::Conflict`] when it runs already or is complete;
    /// [`AppError::Unavailable`] when the cell cannot start it: then it is `failed` with that reason.
    pub async fn start(&self, viewer: &Viewer, id: ProjectId) -> Started {
        let project = self.shared.project(viewer.id, id).await?;
        if project.running {
            return Err(AppError::Conflict("The project is running already.".to_owned()));
        }
        let plan = &project.implementation_plan;
        if !plan.steps.is_empty() && plan.finished() == plan.steps.len() {
            return Err(AppError::Conflict("Every step is done; add a step to go on.".to_owned()));
        }
        self.shared.check_isolation().await?;
        let (instance_id, status) = self.record_start(viewer, &project).await?;
        if !self.let_in(Some(instance_id)).await.map_err(internal)? {
            self.shared.publish(viewer.id, id).await;
            return Ok(StartAnswer { instance_id, status });
        }
        let order = |reply| Order::Start { instance: instance_id, project: id, reply: Some(reply) };
        if let Err(error) = self.order(viewer.id, order).await.map_err(unavailable) {
            let mut tx = self.shared.db.begin().await.map_err(internal)?;
            let now = now_ms();
            db::runs::end(&mut tx, viewer.id, instance_id, true, now).await.map_err(internal)?;
            let reason = error.to_string();
            let standing =
                Standing { status: Some(ProjectStatus::Failed), reason: Some(&reason), question: None };
            db::progress::set_standing(&mut tx, viewer.id, id, &standing, now).await.map_err(internal)?;
            tx.commit().await.map_err(internal)?;
            self.shared.publish(viewer.id, id).await;
            return Err(error);
        }
        self.shared.publish(viewer.id, id).await;
        Ok(StartAnswer { instance_id, status })
    }

    async fn record_start(
        &self,
        viewer: &Viewer,
        project: &Project,
    ) -> Result<(app::model::InstanceId, ProjectStatus), AppError> {
        let status = match project.implementation_plan.steps.is_empty() {
            true => ProjectStatus::Planning,
            false => ProjectStatus::Running,
        };
        let now = now_ms();
        let mut tx = self.shared.db.begin().await.map_err(internal)?;
        let inserted = db::runs::insert(&mut tx, viewer.id, project.agent_id, project.id, now).await;
        let instance = inserted.map_err(|error| match error.as_database_error() {
            Some(e) if e.is_unique_violation() => {
                AppError::Conflict("The project is running already.".to_owned())
            }
            _ => internal(error),
        })?;
        db::queue::enqueue(&mut tx, instance, now).await.map_err(internal)?;
        if let Some(mut plan) = db::progress::plan(&mut tx, viewer.id, project.id).await.map_err(internal)?
            && plan.steps.iter().any(|s| s.status == StepStatus::Failed)
        {
            // A new start is a new chance for what was given up.
            for step in plan.steps.iter_mut().filter(|s| s.status == StepStatus::Failed) {
                step.status = StepStatus::Pending;
                step.attempts = 0;
            }
            db::progress::set_plan(&mut tx, viewer.id, project.id, &plan, now).await.map_err(internal)?;
        }
        let standing = Standing { status: Some(status), reason: None, question: None };
        db::progress::set_standing(&mut tx, viewer.id, project.id, &standing, now).await.map_err(internal)?;
        tx.commit().await.map_err(internal)?;
        Ok((instance, status))
    }

    /// Ends a project's instance and its terminal session; finished steps stay finished.
    ///
    /// # Errors
    /// [`AppError::NotFound`]; [`AppError::Conflict`] when it never ran.
    pub async fn stop(&self, viewer: &Viewer, id: ProjectId) -> Started {
        self.stop_because(viewer, id, "Stopped.").await
    }

    /// As [`Orchestrator::stop`], for a `reason` that the project shows from the moment it is paused.
    ///
    /// # Errors
    /// As [`Orchestrator::stop`].
    pub async fn stop_because(&self, viewer: &Viewer, id: ProjectId, reason: &str) -> Started {
        let project = self.shared.project(viewer.id, id).await?;
        let session = Some(project.tmux_session.clone());
        self.halt(viewer, project, session, reason).await
    }

    /// Ends a project's instance and leaves its terminal session as it is: the coding CLI's turn ends with the
    /// instance's token, and a start goes on with its conversation.
    ///
    /// # Errors
    /// [`AppError::NotFound`]; [`AppError::Conflict`] when it does not run.
    pub async fn pause(&self, viewer: &Viewer, id: ProjectId) -> Started {
        let project = self.shared.project(viewer.id, id).await?;
        if !project.running {
            return Err(AppError::Conflict("The project does not run.".to_owned()));
        }
        self.halt(viewer, project, None, "Paused. Start goes on with the same step.").await
    }

    /// Ends what works on a project, and the session if it is named.
    async fn halt(
        &self,
        viewer: &Viewer,
        project: Project,
        session: Option<String>,
        reason: &str,
    ) -> Started {
        let id = project.id;
        let latest = db::runs::latest(self.shared.db.reader(), viewer.id, id).await.map_err(internal)?;
        let Some(instance) = latest else {
            return Err(AppError::Conflict("The project was never started.".to_owned()));
        };
        let request = Request::StopInstance { instance_id: instance.id.0, end_session: session };
        let stopped = self.ask(viewer.id, request, false).await;
        // Even if the cell did not answer, the wish is recorded: the keeper ends what it finds running against it.
        let now = now_ms();
        let mut tx = self.shared.db.begin().await.map_err(internal)?;
        let was_running =
            db::runs::end(&mut tx, viewer.id, instance.id, false, now).await.map_err(internal)?;
        let mut status = project.status;
        if was_running || matches!(status, ProjectStatus::Running | ProjectStatus::Planning) {
            // The instance may have finished the project while it was being stopped.
            let current =
                db::projects::find(self.shared.db.reader(), viewer.id, id).await.map_err(internal)?;
            status = current.map_or(status, |p| p.status);
            if matches!(status, ProjectStatus::Running | ProjectStatus::Planning | ProjectStatus::Paused) {
                status = ProjectStatus::Paused;
                let standing = Standing { status: Some(status), reason: Some(reason), question: None };
                db::progress::set_standing(&mut tx, viewer.id, id, &standing, now).await.map_err(internal)?;
            }
        }
        tx.commit().await.map_err(internal)?;
        self.shared.publish(viewer.id, id).await;
        stopped?;
        Ok(StartAnswer { instance_id: instance.id, status })
    }

    /// Stops and starts again at the step that was under way.
    ///
    /// # Errors
    /// As [`Orchestrator::start`] and [`Orchestrator::stop`], except that a project that does not run is just started.
    pub async fn restart(&self, viewer: &Viewer, id: ProjectId) -> Started {
        if self.shared.project(viewer.id, id).await?.running {
            self.stop(viewer, id).await?;
        }
        self.start(viewer, id).await
    }
}
