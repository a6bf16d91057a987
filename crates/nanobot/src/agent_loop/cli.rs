//! What is done to the coding CLI: starting, sending, interrupting; each noted on the disk before it is done.
//!
//! Must not decide.

use std::time::Duration;

use super::AgentLoop;
use crate::{
    coding::{CliError, decide::Action},
    context::prompt,
    outbox::now,
    protocol::Phase,
    state::{Sending, StepPhase, StepState},
};

/// How often a given-back prompt may be removed before a person is called.
const MAX_CLEARS: u32 = 3;

impl AgentLoop {
    /// Starts the CLI; `action` says why.
    pub(super) async fn start(&mut self, action: &Action) {
        if let Action::Start { why } = action {
            self.decided(*why).await;
        }
        let failed_at_once = self.seen.resumed
            && !self.seen.reported
            && self.seen.started_at.is_some_and(|at| now() - at < 15_000);
        if failed_at_once {
            self.decided("The CLI ended while it took up its conversation; beginning a new one.").await;
            self.cli.forget_conversation();
        }
        self.noted(action).await;
        match self.cli.start().await {
            Ok(resumed) => {
                self.seen.resumed = resumed;
                self.seen.reported = false;
                self.seen.started_at = Some(now());
                self.seen.activity = crate::coding::Activity::Unknown;
                self.seen.activity_since = now();
                self.seen.acknowledged = false;
                self.seen.outcome = None;
                self.seen.compacting_since = None;
                if !resumed {
                    // Who has read nothing must read IDENTITY.md.
                    self.state.identity_hash = None;
                }
                self.note(|step| step.task_known &= resumed).await;
                let how = if resumed { "with its conversation" } else { "with a new conversation" };
                self.outbox.action(format!("Started {} {how}.", self.cli.name())).await;
            }
            Err(error @ CliError::Configuration(_)) => {
                let resume = self.state.step.as_ref().map_or(StepPhase::Ready, |step| step.phase.clone());
                self.retry_after_help(error.to_string(), resume).await;
            }
            Err(error) => {
                self.outbox.error(format!("{} could not be started: {error}", self.cli.name())).await;
                self.pause(Duration::from_secs(2)).await;
            }
        }
    }

    pub(super) async fn send(&mut self, why: &str) {
        let Some(state) = self.state.step.clone() else { return };
        let sending = match state.phase {
            // Once more, the same text: it was lost.
            StepPhase::Sending(sending) => Sending { pastes: sending.pastes + 1, at: now(), ..sending },
            _ => {
                let Some(step) = self.current().cloned() else { return };
                let changed = self.refresh_identity().await;
                let text = prompt(&state, &step, changed);
                let position = self.cli.record_position().await;
                Sending { text, position, at: now(), pastes: 1, enters: 0 }
            }
        };
        let head: String = sending.text.lines().next().unwrap_or_default().to_owned();
        self.decided(format!("Sending \u{201c}{}\u{201d}: {why}", head.trim_start_matches("# "))).await;
        self.seen.acknowledged = false;
        self.seen.outcome = None;
        self.seen.compacted = false;
        self.seen.draft_clears = 0;
        let text = sending.text.clone();
        self.note(|step| {
            step.last_prompt = Some(sending.text.clone());
            step.phase = StepPhase::Sending(sending);
            step.restarted = false;
        })
        .await;
        if self.stop.is_cancelled() {
            return;
        }
        let sent = self.cli.send(&text).await;
        self.report(sent).await;
        if let Some(StepState { phase: StepPhase::Sending(sending), .. }) = &mut self.state.step {
            sending.at = now();
        }
    }

    /// Writes IDENTITY.md anew; whether the CLI has to read it.
    async fn refresh_identity(&mut self) -> bool {
        match self.context.write_identity(&self.config, &self.state.plan) {
            Ok(hash) => {
                let changed = self.state.identity_hash.as_ref() != Some(&hash);
                self.state.identity_hash = Some(hash);
                changed
            }
            Err(error) => {
                self.outbox.error(format!("IDENTITY.md could not be written: {error}")).await;
                false
            }
        }
    }

    pub(super) async fn press_enter(&mut self, action: &Action) {
        self.decided("The prompt still stands in the input box: its Enter was lost, pressing it again.")
            .await;
        self.noted(action).await;
        let pressed = self.cli.press_enter().await;
        self.report(pressed).await;
    }

    pub(super) async fn press_escape(&mut self) {
        self.decided("Closing the dialog in the terminal: what it asks is settled here.").await;
        let pressed = self.cli.press_escape().await;
        self.report(pressed).await;
        self.pause(Duration::from_secs(1)).await;
    }

    /// Ends the turn under way.
    pub(super) async fn interrupt(&mut self, action: &Action) {
        if let Action::Interrupt { why, .. } = action {
            self.decided(why.clone()).await;
        }
        self.seen.outcome = None;
        self.noted(action).await;
        self.enter_phase(Phase::Running, None).await;
        let interrupted = self.cli.interrupt().await;
        self.report(interrupted).await;
    }

    /// Replaces the conversation by a new one.
    pub(super) async fn start_anew(&mut self, action: &Action) {
        if let Action::StartAnew { why, .. } = action {
            self.decided(why.clone()).await;
        }
        self.cli.forget_conversation();
        self.noted(action).await;
        self.start(&Action::Start { why: "Starting the coding CLI with another conversation." }).await;
    }

    /// Empties the input box of a prompt that was given back.
    pub(super) async fn clear_draft(&mut self, action: &Action) {
        self.seen.draft_clears += 1;
        if self.seen.draft_clears > MAX_CLEARS {
            let question = "The last prompt stands in the input box again and cannot be removed. Please remove it in the terminal.";
            return self.retry_after_help(question.to_owned(), StepPhase::Ready).await;
        }
        self.decided(
            "The last prompt was given back into the input box when its turn was ended; removing it.",
        )
        .await;
        self.noted(action).await;
        let cleared = self.cli.clear_draft().await;
        self.report(cleared).await;
        self.pause(Duration::from_millis(500)).await;
    }
}
