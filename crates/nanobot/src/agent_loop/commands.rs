//! Commands from outside: answers, changed plans, a person taking over, the stop.

use super::AgentLoop;
use crate::{
    plan,
    protocol::{Command, ContextUpdate, StepStatus},
    state::StepPhase,
};

impl AgentLoop {
    /// Waits for a person; `None` when the loop is to stop.
    pub(super) async fn next_answer(&mut self) -> Option<String> {
        loop {
            if let Some(answer) = self.seen.answer.take() {
                return Some(answer);
            }
            tokio::select! {
                () = self.stop.cancelled() => return None,
                command = self.commands.recv() => self.take_command(command, true).await,
            }
        }
    }

    /// Takes what has arrived, without waiting: a person who takes over counts before the next key is pressed.
    pub(super) async fn take_waiting_commands(&mut self) {
        while let Ok(command) = self.commands.try_recv() {
            let asked = self.is_asking();
            self.take_command(Some(command), asked).await;
        }
    }

    /// Whether the step under way waits for a person's answer.
    pub(super) fn is_asking(&self) -> bool {
        matches!(self.state.step.as_ref().map(|step| &step.phase), Some(StepPhase::Waiting(_)))
    }

    /// `asked` says whether a question is open.
    pub(super) async fn take_command(&mut self, command: Option<Command>, asked: bool) {
        match command {
            Some(Command::Answer { text }) if self.approvals.desk.is_open() => {
                self.answer_dialog(&text).await
            }
            Some(Command::Answer { text }) if asked => self.seen.answer = Some(text),
            Some(Command::Answer { .. }) => {
                self.outbox.info("An answer came, but no question is open.").await
            }
            Some(Command::UpdatePlan { steps }) => match plan::check(&steps) {
                Ok(()) => {
                    self.outbox
                        .info("The plan was changed: finished steps stay, the next one is picked from the new plan.")
                        .await;
                    self.new_plan = Some(steps);
                }
                Err(problem) => {
                    self.outbox.error(format!("The changed plan cannot be used: {problem}.")).await
                }
            },
            Some(Command::UpdateContext(update)) => self.update_context(*update).await,
            Some(Command::TakeOver) => self.hands_off().await,
            Some(Command::GiveBack { by_itself }) => self.hands_back(by_itself).await,
            Some(Command::Start(_)) => self.outbox.error("A second start command was ignored.").await,
            Some(Command::Stop) | None => self.stop.cancel(),
        }
    }

    /// Takes over what the owner wrote; also into the files from which a crashed nanobot would be started again.
    async fn update_context(&mut self, update: ContextUpdate) {
        let ContextUpdate { project_name, description, architecture, agent_name, identity, global_rules } =
            update;
        (self.config.project.name, self.config.project.description) = (project_name, description);
        self.config.project.architecture = architecture;
        (self.config.agent.name, self.config.agent.identity) = (agent_name, identity);
        self.config.agent.global_rules = global_rules;
        match self.context.store(&self.config) {
            Ok(()) => {
                let text = "Goal, architecture or rules were changed; they take effect with the next prompt.";
                self.outbox.info(text).await;
            }
            Err(error) => self.outbox.error(format!("The changed texts could not be kept: {error}")).await,
        }
    }

    pub(super) async fn take_new_plan(&mut self) {
        let Some(steps) = self.new_plan.take() else { return };
        self.state.plan = plan::merge(steps, &self.state.plan);
        let current = self.state.step.as_ref().map(|step| step.step.clone());
        if let Some(id) = current
            && !self
                .state
                .plan
                .iter()
                .any(|s| s.id == id && matches!(s.status, StepStatus::Running | StepStatus::Pending))
        {
            self.decided(format!("Step {id} was taken out of the plan; ending its turn.")).await;
            self.state.step = None;
            // A person who has taken over ends it or not; the next prompt waits for its end in any case.
            if !self.seen.held {
                let interrupted = self.cli.interrupt().await;
                self.report(interrupted).await;
            }
        }
        self.save().await;
    }
}
