//! One step: observe, decide, act, until it is done or the loop is to stop.

use super::AgentLoop;
use crate::{
    checkpoint,
    coding::{
        TurnRecord,
        decide::{Action, decide},
    },
    outbox::now,
    protocol::{Event, Step, StepStatus},
    state::{StepPhase, StepState},
};

impl AgentLoop {
    /// Carries out the step at this place of the plan; `false` when the loop is to stop.
    pub(super) async fn run_step(&mut self, at: usize) -> bool {
        self.begin(at).await;
        while !self.stop.is_cancelled() {
            self.take_waiting_commands().await;
            if self.new_plan.is_some() {
                self.take_new_plan().await;
            }
            if !self.on_firm_ground().await {
                return false;
            }
            let Some(state) = self.state.step.clone() else { return true };
            let mut seen = self.observe().await;
            self.settle_dialogs(&seen).await;
            self.follow_screen_dialog(&mut seen).await;
            let action = loop {
                match decide(&state, &seen, &self.config.limits) {
                    Action::ReadScreen if seen.screen.is_none() => {
                        seen.screen = Some(self.look().await);
                        seen.draft_since = self.seen.draft.as_ref().map(|(_, since)| *since);
                    }
                    Action::ReadRecord if seen.record.is_none() => {
                        seen.record = Some(self.read_record(&state).await)
                    }
                    action => break action,
                }
            };
            self.act(action, &seen).await;
            self.show_hands().await;
            self.diagnose(&seen).await;
            if self.state.step.is_none() {
                return true;
            }
        }
        false
    }

    async fn begin(&mut self, at: usize) {
        let Some(step) = self.state.plan.get(at).cloned() else { return };
        // What a step before this one was asked needs no answer any more.
        self.seen.screen_dialog = None;
        match &mut self.state.step {
            Some(state) if state.step == step.id => {
                // A question that was asked by a process that is gone is asked again.
                if let StepPhase::Waiting(help) = &mut state.phase {
                    help.asked = false;
                }
                let text =
                    format!("Going on with step {} ({}), attempt {}.", step.id, step.title, state.attempt);
                self.outbox.info(text).await;
            }
            _ => {
                self.keep_found_work().await;
                let base = match checkpoint::head(&self.workspace).await {
                    Ok(base) => base,
                    Err(error) => {
                        self.outbox.error(format!("The present commit is not known: {error}")).await;
                        None
                    }
                };
                self.state.step = Some(StepState::new(&step.id, base));
                self.outbox.action(format!("Beginning step {}: {}", step.id, step.title)).await;
            }
        }
        let attempts = self.state.step.as_ref().map_or(1, |s| s.attempt);
        self.update_step(|step| {
            step.status = StepStatus::Running;
            step.attempts = attempts;
            step.started_at = step.started_at.or(Some(now()));
        })
        .await;
        self.approvals.set_step(self.current());
        self.save().await;
    }

    /// Before the first step: what a person had not committed is committed apart from every step.
    async fn keep_found_work(&mut self) {
        if self.state.plan.iter().any(|step| step.commit.is_some() || step.attempts > 0) {
            return;
        }
        match checkpoint::baseline(&self.workspace, now()).await {
            Ok(Some(found)) => self.outbox.info(found.notice()).await,
            Ok(None) => {}
            Err(error) => {
                let text = format!("Work that was there before could not be committed apart: {error}");
                self.outbox.error(text).await;
            }
        }
    }

    async fn read_record(&mut self, state: &StepState) -> TurnRecord {
        let (StepPhase::Sending(sending) | StepPhase::Sent(sending)) = &state.phase else {
            return TurnRecord::default();
        };
        match self.cli.record_of(&sending.text, sending.position).await {
            Ok(record) => record,
            Err(error) => {
                self.outbox.error(error.to_string()).await;
                TurnRecord::default()
            }
        }
    }

    /// The step under way, as it stands in the plan.
    pub(super) fn current(&self) -> Option<&Step> {
        let id = &self.state.step.as_ref()?.step;
        self.state.plan.iter().find(|step| &step.id == id)
    }

    /// Changes the step under way in the plan and reports it if it is another then.
    pub(super) async fn update_step(&mut self, change: impl FnOnce(&mut Step)) {
        let Some(id) = self.state.step.as_ref().map(|state| state.step.clone()) else { return };
        let Some(step) = self.state.plan.iter_mut().find(|step| step.id == id) else { return };
        let before = step.clone();
        change(step);
        if *step != before {
            let step = step.clone();
            self.outbox.send(Event::StepUpdated { step }).await;
        }
    }
}
