//! From a runner's events to rows: each is stored exactly once, in order, together with the cursor.
//!
//! Everything in an event is a claim: it can change only rows of the user whose runner sent it.

use std::collections::{BTreeMap, BTreeSet};

use app::model::{
    Diagnosis, ImplementationPlan, InstanceId, LiveEvent, LogEntry, LogLevel, ProjectId, ProjectStatus,
    UserId,
};
use autocode_nanobot::protocol::Event;
use autocode_runner::protocol::{RunnerEvent, SpooledEvent};
use sqlx::{Sqlite, Transaction};
use tracing::{error, warn};

use super::{Shared, convert};
use crate::db::{
    self,
    logs::NewLog,
    now_ms,
    progress::{Question, Standing},
};

/// What storing a batch did.
pub struct Stored {
    /// Number of the last stored event.
    pub cursor: i64,
    /// Instances whose process is gone for good.
    pub ended: Vec<InstanceId>,
}

/// What open pages are told after the commit.
#[derive(Default)]
struct Changes {
    logs: Vec<LogEntry>,
    projects: BTreeSet<ProjectId>,
    /// Only the last of each project: the ones before are the past.
    diagnoses: BTreeMap<ProjectId, Diagnosis>,
    ended: Vec<InstanceId>,
}

/// One event on its way into the database.
struct Arrival<'a> {
    user: UserId,
    instance: InstanceId,
    project: ProjectId,
    seq: i64,
    changes: &'a mut Changes,
}

impl Shared {
    /// Stores events that come after `cursor`; those up to it are known and skipped.
    ///
    /// # Errors
    /// Those of the database; then nothing of the batch is stored.
    pub(super) async fn store_events(
        &self,
        user: UserId,
        mut cursor: i64,
        events: &[SpooledEvent],
    ) -> Result<Stored, sqlx::Error> {
        let mut changes = Changes::default();
        let mut tx = self.db.begin().await?;
        for event in events {
            let Ok(seq) = i64::try_from(event.seq) else { continue };
            if seq <= cursor {
                continue;
            }
            if seq > cursor + 1 {
                error!(%user, from = cursor + 1, to = seq - 1, "the runner lost events");
            }
            cursor = seq;
            let instance = InstanceId(event.instance_id);
            match db::runs::project_of(&mut tx, user, instance).await? {
                Some(Some(project)) => {
                    let arrival = Arrival { user, instance, project, seq, changes: &mut changes };
                    arrival.store(&mut tx, &event.event).await?;
                }
                // The project was deleted, or the runner makes things up.
                _ => warn!(%user, %instance, seq, "an event of an unknown instance was dropped"),
            }
        }
        for (project, diagnosis) in &changes.diagnoses {
            db::progress::set_diagnosis(&mut tx, user, *project, diagnosis).await?;
        }
        db::progress::set_cursor(&mut tx, user, cursor).await?;
        tx.commit().await?;
        for entry in changes.logs {
            self.live.publish(user, LiveEvent::Log { entry });
        }
        for (project, diagnosis) in changes.diagnoses {
            let diagnosis = Box::new(diagnosis);
            self.live.publish(user, LiveEvent::Diagnosis { project, diagnosis });
        }
        for project in changes.projects {
            self.publish(user, project).await;
        }
        Ok(Stored { cursor, ended: changes.ended })
    }
}

type Tx<'a> = Transaction<'a, Sqlite>;

impl Arrival<'_> {
    async fn store(mut self, tx: &mut Tx<'_>, event: &RunnerEvent) -> Result<(), sqlx::Error> {
        match event {
            RunnerEvent::Nanobot(line) => self.nanobot(tx, line.at, &line.event).await,
            RunnerEvent::Restarting { at, reason } => {
                let message = format!("The agent's process ended ({reason}); it is started again.");
                self.log(tx, *at, LogLevel::Error, &message).await
            }
            RunnerEvent::Exited { at, clean, reason } => self.exited(tx, *at, *clean, reason).await,
        }
    }

    async fn nanobot(&mut self, tx: &mut Tx<'_>, at: i64, event: &Event) -> Result<(), sqlx::Error> {
        match event {
            Event::Log { level, message } => {
                self.log(tx, at, convert::level(*level), &convert::bounded(message.clone())).await
            }
            Event::PhaseChanged { phase, reason } => {
                let reason = reason.clone().map(convert::bounded);
                let standing = Standing {
                    status: Some(convert::status(*phase)),
                    reason: reason.as_deref(),
                    question: None,
                };
                self.stand(tx, &standing).await
            }
            Event::HelpRequested { question, screen, suggestions, resumes_at } => {
                let (text, screen) = (convert::bounded(question.clone()), convert::bounded(screen.clone()));
                let reason = match resumes_at {
                    None => "The agent needs help.",
                    Some(_) => "The agent waits and goes on by itself.",
                };
                let question = Question {
                    text: &text,
                    suggestions: &convert::suggestions(suggestions),
                    screen: Some(screen.as_str()).filter(|screen| !screen.trim().is_empty()),
                    resumes_at: *resumes_at,
                };
                let status = Some(ProjectStatus::Paused);
                self.stand(tx, &Standing { status, reason: Some(reason), question: Some(question) }).await
            }
            Event::PlanProposed { steps } => {
                let steps = steps.iter().cloned().map(convert::step_from_nanobot).collect();
                self.plan(tx, ImplementationPlan { steps }).await
            }
            Event::StepUpdated { step } => {
                let Some(mut plan) = db::progress::plan(tx, self.user, self.project).await? else {
                    return Ok(());
                };
                let step = convert::step_from_nanobot(step.clone());
                match plan.steps.iter_mut().find(|s| s.id == step.id) {
                    Some(stored) => *stored = step,
                    // The owner took it out of the plan meanwhile.
                    None => return Ok(()),
                }
                self.plan(tx, plan).await
            }
            // The log lines around them say it for people.
            Event::TurnStarted { .. } | Event::TurnEnded { .. } => Ok(()),
            // For the open terminals alone, which have it from the runner.
            Event::Hands { .. } => Ok(()),
            Event::Diagnosed(seen) => {
                self.changes.diagnoses.insert(self.project, convert::diagnosis(seen.as_ref().clone()));
                Ok(())
            }
        }
    }

    async fn exited(
        &mut self,
        tx: &mut Tx<'_>,
        at: i64,
        clean: bool,
        reason: &str,
    ) -> Result<(), sqlx::Error> {
        self.changes.ended.push(self.instance);
        // A stop that a person asked for has ended it in the database before.
        if !db::runs::end(tx, self.user, self.instance, !clean, at).await? {
            return Ok(());
        }
        self.changes.projects.insert(self.project);
        if clean {
            return Ok(());
        }
        let reason = convert::bounded(format!("The agent's process kept ending: {reason}."));
        self.log(tx, at, LogLevel::Error, &reason).await?;
        let standing =
            Standing { status: Some(ProjectStatus::Failed), reason: Some(&reason), question: None };
        self.stand(tx, &standing).await
    }

    async fn log(
        &mut self,
        tx: &mut Tx<'_>,
        at: i64,
        level: LogLevel,
        message: &str,
    ) -> Result<(), sqlx::Error> {
        let log = NewLog {
            project: Some(self.project),
            instance: self.instance,
            seq: Some(self.seq),
            level,
            message,
            at,
        };
        let entry = db::logs::insert(tx, self.user, &log).await?;
        self.changes.logs.push(entry);
        Ok(())
    }

    async fn stand(&mut self, tx: &mut Tx<'_>, standing: &Standing<'_>) -> Result<(), sqlx::Error> {
        self.changes.projects.insert(self.project);
        db::progress::set_standing(tx, self.user, self.project, standing, now_ms()).await
    }

    async fn plan(&mut self, tx: &mut Tx<'_>, plan: ImplementationPlan) -> Result<(), sqlx::Error> {
        self.changes.projects.insert(self.project);
        db::progress::set_plan(tx, self.user, self.project, &plan, now_ms()).await
    }
}
