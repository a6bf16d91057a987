//! The loop that owns a project's work: plan, then step after step until all is done.
//!
//! Owns state, memory and the CLI's driver; decides nothing about the CLI itself (`coding::decide` does). Every action
//! is preceded by a durable note of it, and every decision by a log line that says why.

mod act;
mod approvals;
mod cli;
mod commands;
mod diagnose;
mod ground;
mod hands;
mod observe;
mod planning;
mod progress;
mod screen_dialog;
mod seen;
mod step;
mod work;

use std::{path::PathBuf, time::Duration};

use thiserror::Error;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{
    approval::Approvals,
    checkpoint,
    coding::{CliError, CodingCli},
    context::ContextBuilder,
    llm::LlmClient,
    memory::MemoryStore,
    outbox::{Outbox, now},
    plan::{self, Next},
    protocol::{Command, Event, NanobotConfig, Phase},
    state::{LoopState, StateStore, StepPhase},
};

/// How the loop ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoopEnd {
    /// Every step is done.
    Completed,
    /// Given up.
    Failed,
    /// Asked to stop.
    Stopped,
}

/// What the loop cannot go on from.
#[derive(Debug, Error)]
pub enum LoopError {
    /// The coding CLI's surroundings do not work.
    #[error("{0}")]
    Cli(#[from] CliError),
    /// The workspace is not what it must be.
    #[error("the workspace cannot be used: {0}")]
    Workspace(String),
}

/// What the loop is made of.
pub struct Parts {
    /// The task.
    pub config: NanobotConfig,
    /// The workspace's folder.
    pub workspace: PathBuf,
    /// What was remembered.
    pub state: LoopState,
    /// Where it is remembered.
    pub store: StateStore,
    /// The coding CLI.
    pub cli: Box<dyn CodingCli>,
    /// The nanobot's own model.
    pub llm: LlmClient,
    /// What the CLI is told.
    pub context: ContextBuilder,
    /// What the coding CLI asks in the middle of a turn.
    pub approvals: Approvals,
    /// Events.
    pub outbox: Outbox,
    /// Commands.
    pub commands: mpsc::Receiver<Command>,
    /// Cancelled when the loop is to stop.
    pub stop: CancellationToken,
}

use seen::Seen;

/// The owner of a project's work.
pub struct AgentLoop {
    config: NanobotConfig,
    workspace: PathBuf,
    state: LoopState,
    store: StateStore,
    cli: Box<dyn CodingCli>,
    llm: LlmClient,
    context: ContextBuilder,
    approvals: Approvals,
    memory: MemoryStore,
    outbox: Outbox,
    commands: mpsc::Receiver<Command>,
    stop: CancellationToken,
    seen: Seen,
    phase: Option<Phase>,
    new_plan: Option<Vec<crate::protocol::Step>>,
    diagnosed: diagnose::Diagnosed,
}

impl AgentLoop {
    /// Puts the loop together; nothing happens yet.
    pub fn new(parts: Parts) -> Self {
        let Parts {
            config,
            workspace,
            mut state,
            store,
            cli,
            llm,
            context,
            approvals,
            outbox,
            commands,
            stop,
        } = parts;
        let same_instance = state.instance_id == config.instance_id;
        // Another instance was started from the server's knowledge, which is newer; a crash of this one knows better,
        // also of a plan that it proposed itself.
        state.plan = match (same_instance && !state.plan.is_empty(), config.project.plan.is_empty()) {
            (true, true) => state.plan,
            (true, false) => plan::merge(config.project.plan.clone(), &state.plan),
            (false, _) => config.project.plan.clone(),
        };
        if !same_instance
            && matches!(&state.step, Some(step) if matches!(step.phase, StepPhase::Committed { .. }))
        {
            state.step = None;
        }
        state.instance_id = config.instance_id;
        let memory = MemoryStore::new(&workspace);
        let seen = Seen::new();
        Self {
            config,
            workspace,
            state,
            store,
            cli,
            llm,
            context,
            approvals,
            memory,
            outbox,
            commands,
            stop,
            seen,
            phase: None,
            new_plan: None,
            diagnosed: diagnose::Diagnosed::default(),
        }
    }

    /// Works until the plan is done, a person gives up, or the loop is stopped.
    ///
    /// # Errors
    /// The workspace or the terminal cannot be used at all.
    pub async fn run(&mut self) -> Result<LoopEnd, LoopError> {
        checkpoint::prepare(&self.workspace)
            .await
            .map_err(|error| LoopError::Workspace(error.to_string()))?;
        if self.state.plan.is_empty() || self.state.plan_unapproved {
            match self.write_plan().await {
                Some(LoopEnd::Completed) => {}
                Some(end) => return Ok(end),
                None => return Ok(LoopEnd::Stopped),
            }
        }
        self.enter_phase(Phase::Running, None).await;
        self.report_what_the_server_may_not_know().await;
        if self.cli.adopt().await? {
            self.outbox.info(format!("{} is still running; going on with it.", self.cli.name())).await;
        }
        loop {
            self.take_waiting_commands().await;
            if self.stop.is_cancelled() {
                return Ok(LoopEnd::Stopped);
            }
            self.take_new_plan().await;
            match plan::next(&self.state.plan) {
                Next::Finished => return Ok(self.complete().await),
                Next::Blocked => {
                    let reason = "The rest of the plan depends on a step that failed.";
                    self.enter_phase(Phase::Failed, Some(reason)).await;
                    return Ok(LoopEnd::Failed);
                }
                Next::Step(at) => {
                    if !self.run_step(at).await {
                        return Ok(LoopEnd::Stopped);
                    }
                }
            }
        }
    }

    async fn complete(&mut self) -> LoopEnd {
        self.remember_project().await;
        let text = format!("All {} steps are done.", self.state.plan.len());
        self.outbox.info(text.clone()).await;
        self.enter_phase(Phase::Completed, Some(&text)).await;
        LoopEnd::Completed
    }

    async fn enter_phase(&mut self, phase: Phase, reason: Option<&str>) {
        if self.phase != Some(phase) || phase == Phase::Paused {
            self.phase = Some(phase);
            self.outbox.send(Event::PhaseChanged { phase, reason: reason.map(str::to_owned) }).await;
        }
    }

    /// Logs a decision with its reason.
    async fn decided(&mut self, text: impl Into<String>) {
        let text = text.into();
        self.seen.decision = (text.clone(), now());
        self.outbox.decision(text).await;
    }

    /// A crash can come between a note on the disk and the event that tells of it.
    async fn report_what_the_server_may_not_know(&mut self) {
        for step in &self.state.plan {
            if !self.config.project.plan.contains(step) {
                self.outbox.send(Event::StepUpdated { step: step.clone() }).await;
            }
        }
    }

    /// Returns when the state is on the disk, or the loop is to stop. A full or read-only disk pauses the work.
    async fn save(&mut self) {
        let mut failed = false;
        loop {
            self.state.cli = self.cli.remember();
            // A few milliseconds on the loop's own thread: nothing else may happen before it is done anyway.
            match self.store.save(&self.state) {
                Ok(()) if !failed => return,
                Ok(()) => {
                    return self.enter_phase(Phase::Running, Some("The state can be written again.")).await;
                }
                Err(error) => {
                    if !failed {
                        let text =
                            format!("The state cannot be written ({error}); nothing is done until it can.");
                        self.outbox.error(text.clone()).await;
                        self.enter_phase(Phase::Paused, Some(&text)).await;
                    }
                    failed = true;
                }
            }
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = tokio::time::sleep(Duration::from_secs(5)) => {}
            }
        }
    }

    async fn remember_project(&mut self) {
        if let Err(error) = self.memory.write_memory(&self.config.project.name, &self.state.plan) {
            self.outbox.error(format!("MEMORY.md could not be written: {error}")).await;
        }
    }
}
