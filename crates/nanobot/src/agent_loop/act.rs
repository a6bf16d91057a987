//! Acting on the CLI: what was decided is noted on the disk, then done.
//!
//! Must not decide.

use std::time::Duration;

use super::AgentLoop;
use crate::{
    coding::{CliError, Observation, Presence, decide::Action},
    context::prompt,
    outbox::now,
    protocol::{Event, Phase},
    state::{AfterAnswer, Help, PromptKind, Sending, StepPhase, StepState},
};

impl AgentLoop {
    pub(super) async fn act(&mut self, action: Action, seen: &Observation) {
        if !matches!(action, Action::Wait { .. }) {
            self.seen.told = None;
        }
        match action {
            Action::Wait { soon, why } => {
                if let Some(why) = why
                    && self.seen.told != Some(why)
                {
                    self.seen.told = Some(why);
                    self.outbox.decision(why).await;
                }
                self.wait(soon).await;
            }
            // Read already; there is nothing more to learn in this round.
            Action::ReadScreen | Action::ReadRecord => self.wait(false).await,
            Action::Start { why } => self.start(why).await,
            Action::Send { why } => self.send(why).await,
            Action::PressEnter => self.press_enter().await,
            Action::PressEscape => {
                self.outbox
                    .decision("Closing the dialog in the terminal, because the answer came here.")
                    .await;
                let pressed = self.cli.press_escape().await;
                self.report(pressed).await;
                self.pause(Duration::from_secs(1)).await;
            }
            Action::Delivered => self.delivered().await,
            Action::EndTurn { message, why } => self.end_turn(message, why).await,
            Action::Enter { phase, prompt, why } => self.enter(phase, prompt, why).await,
            Action::Verify => self.verify().await,
            Action::Evaluate => self.evaluate(seen).await,
            Action::Commit => self.commit().await,
            Action::NextAttempt { instructions, from_person } => {
                self.next_attempt(instructions, from_person).await
            }
            Action::AskForHelp(help) => self.ask_for_help(*help, seen).await,
            Action::Finish => self.finish().await,
        }
    }

    /// Changes the step's state and writes it to the disk.
    pub(super) async fn note(&mut self, change: impl FnOnce(&mut StepState)) {
        if let Some(step) = &mut self.state.step {
            change(step);
        }
        self.save().await;
    }

    async fn pause(&self, time: Duration) {
        tokio::select! {
            () = self.stop.cancelled() => {}
            () = tokio::time::sleep(time) => {}
        }
    }

    async fn report(&self, result: Result<(), CliError>) {
        if let Err(error) = result {
            self.outbox.error(error.to_string()).await;
        }
    }

    async fn start(&mut self, why: &str) {
        self.outbox.decision(why).await;
        let failed_at_once = self.seen.resumed
            && !self.seen.reported
            && self.seen.started_at.is_some_and(|at| now() - at < 15_000);
        if failed_at_once {
            self.outbox
                .decision("The CLI ended while it took up its conversation; beginning a new one.")
                .await;
            self.cli.forget_conversation();
        }
        self.note(|step| {
            step.starts.push(now());
            step.restarted |= matches!(step.phase, StepPhase::Sent(_));
        })
        .await;
        match self.cli.start().await {
            Ok(resumed) => {
                self.seen.resumed = resumed;
                self.seen.reported = false;
                self.seen.started_at = Some(now());
                self.seen.activity = crate::coding::Activity::Unknown;
                self.seen.activity_since = now();
                self.seen.acknowledged = false;
                self.seen.outcome = None;
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

    async fn send(&mut self, why: &str) {
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
        self.outbox
            .decision(format!("Sending \u{201c}{}\u{201d}: {why}", head.trim_start_matches("# ")))
            .await;
        self.seen.acknowledged = false;
        self.seen.outcome = None;
        let text = sending.text.clone();
        self.note(|step| {
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

    async fn press_enter(&mut self) {
        self.outbox
            .decision("The prompt still stands in the input box: its Enter was lost, pressing it again.")
            .await;
        self.note(|step| {
            if let StepPhase::Sending(sending) = &mut step.phase {
                sending.enters += 1;
                sending.at = now();
            }
        })
        .await;
        let pressed = self.cli.press_enter().await;
        self.report(pressed).await;
    }

    async fn delivered(&mut self) {
        let Some(state) = self.state.step.clone() else { return };
        let StepPhase::Sending(sending) = state.phase else { return };
        self.note(|step| {
            step.phase = StepPhase::Sent(Sending { at: now(), ..sending });
            step.task_known = true;
        })
        .await;
        self.outbox.send(Event::TurnStarted { step: state.step, attempt: state.attempt }).await;
        self.outbox.action(format!("{} has taken the prompt.", self.cli.name())).await;
    }

    async fn end_turn(&mut self, message: String, why: &str) {
        let Some(step) = self.state.step.as_ref().map(|state| state.step.clone()) else { return };
        self.outbox.decision(format!("The turn is over. {why}")).await;
        self.outbox.send(Event::TurnEnded { step }).await;
        let message = crate::coding::text::tail(&message, 16 * 1024).to_owned();
        self.note(|step| {
            step.phase = StepPhase::TurnEnded { message };
            step.failures = 0;
            step.restarted = false;
        })
        .await;
        self.seen.outcome = None;
        self.seen.acknowledged = false;
    }

    async fn enter(&mut self, phase: StepPhase, prompt: Option<PromptKind>, why: String) {
        self.outbox.decision(why).await;
        let answered = self.seen.answer.take().is_some();
        let backing_off = matches!(phase, StepPhase::BackingOff { .. });
        if backing_off || matches!(phase, StepPhase::Ready) {
            self.seen.outcome = None;
        }
        self.note(|step| {
            step.phase = phase;
            if let Some(prompt) = prompt {
                step.prompt = prompt;
            }
            if backing_off {
                step.failures += 1;
            }
            if answered {
                step.failures = 0;
                step.starts.clear();
            }
        })
        .await;
        self.enter_phase(Phase::Running, None).await;
    }

    async fn next_attempt(&mut self, instructions: String, from_person: bool) {
        let Some(state) = &self.state.step else { return };
        let attempt = state.attempt + 1;
        let who = if from_person { "A person answered" } else { "The step is not done" };
        self.outbox
            .decision(format!("{who}; attempt {attempt} with these instructions: {instructions}"))
            .await;
        self.seen.answer = None;
        let prompt = PromptKind::Fix { instructions };
        self.note(|step| {
            if from_person {
                step.attempts_before_answer = step.attempt;
                step.failures = 0;
            }
            step.attempt = attempt;
            step.prompt = prompt;
            step.phase = StepPhase::Ready;
        })
        .await;
        self.update_step(|step| step.attempts = attempt).await;
        self.enter_phase(Phase::Running, None).await;
    }

    /// Asks a person, after which the same is tried again.
    pub(super) async fn retry_after_help(&mut self, question: String, resume: StepPhase) {
        let help = Help {
            question,
            suggestions: vec!["Try again".to_owned()],
            then: AfterAnswer::Retry { resume: Box::new(resume) },
            asked: false,
            failure: None,
        };
        self.note(|step| step.phase = StepPhase::Waiting(Box::new(help))).await;
    }

    async fn ask_for_help(&mut self, mut help: Help, seen: &Observation) {
        let screen = match &seen.screen {
            Some(screen) => screen.text.clone(),
            None if seen.presence == Presence::Alive => self.look().await.text,
            None => String::new(),
        };
        help.asked = true;
        let (question, suggestions) = (help.question.clone(), help.suggestions.clone());
        self.seen.answer = None;
        self.outbox.decision(format!("A person is needed: {question}")).await;
        self.note(|step| step.phase = StepPhase::Waiting(Box::new(help))).await;
        self.enter_phase(Phase::Paused, Some(&question)).await;
        self.outbox.send(Event::HelpRequested { question, screen, suggestions, resumes_at: None }).await;
    }
}
