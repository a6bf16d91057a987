//! Acting: what was decided is noted on the disk, then done.
//!
//! Must not decide.

use std::time::Duration;

use super::AgentLoop;
use crate::{
    coding::{
        CliError, Observation, Presence,
        decide::{Action, transition},
    },
    outbox::now,
    protocol::{Event, Phase},
    state::{AfterAnswer, Help, StepPhase, StepState},
};

impl AgentLoop {
    pub(super) async fn act(&mut self, action: Action, seen: &Observation) {
        if !matches!(action, Action::Wait { .. }) {
            self.seen.told = None;
        }
        if action.touches_terminal() {
            self.show_typing().await;
        }
        match &action {
            Action::Wait { soon, why } => {
                if let Some(why) = *why
                    && self.seen.told != Some(why)
                {
                    self.seen.told = Some(why);
                    self.decided(why).await;
                }
                self.wait(*soon).await;
            }
            // Read already; there is nothing more to learn in this round.
            Action::ReadScreen | Action::ReadRecord => self.wait(false).await,
            Action::Start { .. } => self.start(&action).await,
            Action::StartAnew { .. } => self.start_anew(&action).await,
            Action::Send { why } => self.send(why).await,
            Action::PressEnter => self.press_enter(&action).await,
            Action::DecideDialog { dialog, why } => self.decide_dialog(&action, dialog, why).await,
            Action::CloseDialog { why, .. } => self.close_dialog(&action, why).await,
            Action::PressEscape => self.press_escape().await,
            Action::ClearDraft => self.clear_draft(&action).await,
            Action::RemoveDraft => {
                self.decided("Removing the text from the input box, as its owner wants.").await;
                let cleared = self.cli.clear_draft().await;
                self.report(cleared).await;
                self.pause(Duration::from_millis(100)).await;
            }
            Action::Interrupt { .. } => self.interrupt(&action).await,
            Action::AskToEndBackground { why } => {
                self.decided(format!("{why} Asking the CLI to end it.")).await;
                self.seen.outcome = None;
                self.noted(&action).await;
            }
            Action::Delivered => self.delivered(&action).await,
            Action::EndTurn { why, .. } => self.end_turn(&action, why).await,
            Action::Enter { phase, why, .. } => self.enter(&action, phase, why).await,
            Action::Verify => self.verify().await,
            Action::Evaluate => self.evaluate(seen).await,
            Action::Commit => self.commit().await,
            Action::NextAttempt { .. } => self.next_attempt(&action).await,
            Action::AskForHelp(help) => self.ask_for_help(&action, help, seen).await,
            Action::Finish => self.finish().await,
        }
    }

    /// Writes to the disk what the action changes in the step's state.
    pub(super) async fn noted(&mut self, action: &Action) {
        let answered = self.seen.answer.take().is_some();
        self.note(|step| transition::note(step, action, now(), answered)).await;
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

    async fn delivered(&mut self, action: &Action) {
        self.noted(action).await;
        let Some(state) = self.state.step.clone() else { return };
        self.outbox.send(Event::TurnStarted { step: state.step, attempt: state.attempt }).await;
        self.outbox.action(format!("{} has taken the prompt.", self.cli.name())).await;
    }

    async fn end_turn(&mut self, action: &Action, why: &str) {
        let Some(step) = self.state.step.as_ref().map(|state| state.step.clone()) else { return };
        self.decided(format!("The turn is over. {why}")).await;
        self.outbox.send(Event::TurnEnded { step }).await;
        self.noted(action).await;
        self.seen.outcome = None;
        self.seen.acknowledged = false;
    }

    async fn enter(&mut self, action: &Action, phase: &StepPhase, why: &str) {
        self.decided(why).await;
        if matches!(phase, StepPhase::BackingOff { .. } | StepPhase::Ready) {
            self.seen.outcome = None;
        }
        self.noted(action).await;
        self.enter_phase(Phase::Running, None).await;
    }

    async fn next_attempt(&mut self, action: &Action) {
        let Action::NextAttempt { instructions, from_person, new_approach, .. } = action else { return };
        let Some(attempt) = self.state.step.as_ref().map(|state| state.attempt + 1) else { return };
        let who = match (from_person, new_approach) {
            (true, _) => "A person answered",
            (false, true) => "The step is not done and the way taken does not lead there",
            (false, false) => "The step is not done",
        };
        self.decided(format!("{who}; attempt {attempt} with these instructions: {instructions}")).await;
        self.noted(action).await;
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

    async fn ask_for_help(&mut self, action: &Action, help: &Help, seen: &Observation) {
        let screen = match &seen.screen {
            Some(screen) => screen.text.clone(),
            None if seen.presence == Presence::Alive => self.look().await.text,
            None => String::new(),
        };
        let Help { question, suggestions, resumes_at, .. } = help.clone();
        self.seen.answer = None;
        self.decided(match resumes_at {
            Some(_) => format!("Pausing: {question}"),
            None => format!("A person is needed: {question}"),
        })
        .await;
        self.noted(action).await;
        self.enter_phase(Phase::Paused, Some(&question)).await;
        self.outbox.send(Event::HelpRequested { question, screen, suggestions, resumes_at }).await;
    }
}
