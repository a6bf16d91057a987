//! Acting: what was decided is noted on the disk, then done.
//!
//! Must not decide.

use std::time::Duration;

use super::AgentLoop;
use crate::{
    coding::{CliError, FailureKind, Observation, Presence, decide::Action},
    outbox::now,
    protocol::{Event, Phase},
    state::{AfterAnswer, Help, PromptKind, SameError, Sending, StepPhase, StepState},
};

/// What the next attempt is told and why there is one.
struct NextAttempt {
    instructions: String,
    from_person: bool,
    error: Option<SameError>,
    new_approach: bool,
}

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
                    self.decided(why).await;
                }
                self.wait(soon).await;
            }
            // Read already; there is nothing more to learn in this round.
            Action::ReadScreen | Action::ReadRecord => self.wait(false).await,
            Action::Start { why } => self.start(why).await,
            Action::Send { why } => self.send(why).await,
            Action::PressEnter => self.press_enter().await,
            Action::ClearDraft => self.clear_draft().await,
            Action::Interrupt { prompt, why } => self.interrupt(prompt, why).await,
            Action::StartAnew { prompt, why } => self.start_anew(prompt, why).await,
            Action::AskToEndBackground { why } => self.ask_to_end_background(why).await,
            Action::PressEscape => {
                self.decided("Closing the dialog in the terminal: what it asks is settled here.").await;
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
            Action::NextAttempt { instructions, from_person, error, new_approach } => {
                let attempt = NextAttempt { instructions, from_person, error, new_approach };
                self.next_attempt(attempt).await;
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

    pub(super) async fn pause(&self, time: Duration) {
        tokio::select! {
            () = self.stop.cancelled() => {}
            () = tokio::time::sleep(time) => {}
        }
    }

    pub(super) async fn report(&self, result: Result<(), CliError>) {
        if let Err(error) = result {
            self.outbox.error(error.to_string()).await;
        }
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
        self.decided(format!("The turn is over. {why}")).await;
        self.outbox.send(Event::TurnEnded { step }).await;
        let message = crate::coding::text::tail(&message, 16 * 1024).to_owned();
        self.note(|step| {
            step.phase = StepPhase::TurnEnded { message };
            step.failures = 0;
            step.limit_pauses = 0;
            step.background_asks = 0;
            step.restarted = false;
        })
        .await;
        self.seen.outcome = None;
        self.seen.acknowledged = false;
    }

    async fn enter(&mut self, phase: StepPhase, prompt: Option<PromptKind>, why: String) {
        self.decided(why).await;
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
                step.new_conversations = 0;
                step.background_asks = 0;
                step.starts.clear();
            }
        })
        .await;
        self.enter_phase(Phase::Running, None).await;
    }

    async fn next_attempt(&mut self, next: NextAttempt) {
        let NextAttempt { instructions, from_person, error, new_approach } = next;
        let Some(state) = &self.state.step else { return };
        let attempt = state.attempt + 1;
        let who = match (from_person, new_approach) {
            (true, _) => "A person answered",
            (false, true) => "The step is not done and the way taken does not lead there",
            (false, false) => "The step is not done",
        };
        self.decided(format!("{who}; attempt {attempt} with these instructions: {instructions}")).await;
        self.seen.answer = None;
        let prompt = PromptKind::Fix { instructions };
        self.note(|step| {
            if from_person {
                step.attempts_before_answer = step.attempt;
                step.failures = 0;
            }
            // Another failure than before has not been tried another way yet.
            let again = matches!((&step.same_error, &error), (Some(a), Some(b)) if a.text == b.text);
            step.approach_changed = new_approach || (again && step.approach_changed);
            step.same_error = error;
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
        self.retry_after_help_or_time(question, resume, None).await;
    }

    /// Asks a person; tries again after the answer, or at `resumes_at` (milliseconds since the Unix epoch) without one.
    pub(super) async fn retry_after_help_or_time(
        &mut self,
        question: String,
        resume: StepPhase,
        resumes_at: Option<i64>,
    ) {
        let help = Help {
            question,
            suggestions: vec!["Try again".to_owned()],
            then: AfterAnswer::Retry { resume: Box::new(resume) },
            asked: false,
            failure: None,
            resumes_at,
        };
        self.note(|step| step.phase = StepPhase::Waiting(Box::new(help))).await;
    }

    async fn ask_for_help(&mut self, mut help: Help, seen: &Observation) {
        let screen = match &seen.screen {
            Some(screen) => screen.text.clone(),
            None if seen.presence == Presence::Alive => self.look().await.text,
            None => String::new(),
        };
        // Asked by a process before this one: the same pause goes on.
        let again = matches!(self.state.step.as_ref().map(|s| &s.phase), Some(StepPhase::Waiting(_)));
        help.asked = true;
        let (question, suggestions) = (help.question.clone(), help.suggestions.clone());
        let resumes_at = help.resumes_at;
        self.seen.answer = None;
        self.decided(match resumes_at {
            Some(_) => format!("Pausing: {question}"),
            None => format!("A person is needed: {question}"),
        })
        .await;
        let limited = help.failure == Some(FailureKind::RateLimit) && !again;
        self.note(|step| {
            step.phase = StepPhase::Waiting(Box::new(help));
            if limited {
                step.limit_pauses += 1;
            }
        })
        .await;
        self.enter_phase(Phase::Paused, Some(&question)).await;
        self.outbox.send(Event::HelpRequested { question, screen, suggestions, resumes_at }).await;
    }
}
