//! What the coding CLI asks and only the project's owner can answer: shown as a question, the answer handed back.
//!
//! Must not decide about it. Such a question comes in the middle of a turn; the step stays where it is.

use std::time::Duration;

use super::AgentLoop;
use crate::{
    approval::DeskNews,
    coding::{Activity, Observation, Presence},
    protocol::{Event, Phase},
    state::StepPhase,
};

/// Milliseconds for which a CLI must have gone on before its dialog counts as settled in the terminal.
const SETTLED_MS: i64 = 1_500;

impl AgentLoop {
    pub(super) async fn take_dialog_news(&mut self, news: DeskNews) {
        match news {
            DeskNews::Asked { text, suggestions } => {
                let screen = self.screen_of_dialog().await;
                self.seen.dialog_waited = false;
                self.decided(format!("A person is needed: {text}")).await;
                self.enter_phase(Phase::Paused, Some(&text)).await;
                self.outbox
                    .send(Event::HelpRequested { question: text, screen, suggestions, resumes_at: None })
                    .await;
            }
            DeskNews::Withdrawn => {
                self.outbox
                    .info("The coding CLI does not wait for an answer any more; the question is withdrawn.")
                    .await;
                self.after_dialog().await;
            }
        }
    }

    /// The screen with the dialog, which a CLI shows a moment after it has asked.
    async fn screen_of_dialog(&mut self) -> String {
        let mut screen = self.look().await;
        for _ in 0..5 {
            if screen.status.is_dialog() {
                break;
            }
            self.pause(Duration::from_millis(200)).await;
            screen = self.look().await;
        }
        screen.text
    }

    /// Hands a person's answer to the CLI.
    pub(super) async fn answer_dialog(&mut self, text: &str) {
        if !self.approvals.desk.answer(text) {
            self.outbox.info("The answer came too late: the coding CLI does not wait for it any more.").await;
        }
        self.after_dialog().await;
    }

    /// Withdraws what a CLI asked that has ended, or that a person answered in the terminal: the CLI says nothing then.
    pub(super) async fn settle_dialogs(&mut self, seen: &Observation) {
        if !self.approvals.desk.is_open() {
            return;
        }
        let why = match (seen.presence, seen.activity) {
            (Presence::Alive, Activity::Waiting | Activity::Unknown) => {
                self.seen.dialog_waited |= seen.activity == Activity::Waiting;
                return;
            }
            (Presence::Alive, Activity::Busy | Activity::Idle) => {
                let long = seen.now - seen.activity_since >= SETTLED_MS;
                if !self.seen.dialog_waited || !long {
                    return;
                }
                "The coding CLI went on: its question was answered in the terminal."
            }
            (Presence::Absent | Presence::Dead, _) => {
                "The coding CLI has ended; its question needs no answer."
            }
        };
        self.decided(why).await;
        self.approvals.desk.settle();
        self.seen.screen_dialog = None;
        self.after_dialog().await;
    }

    /// The owner sees what counts now: that the work goes on, or the question that was open before.
    async fn after_dialog(&mut self) {
        if let Some(StepPhase::Waiting(help)) = self.state.step.as_mut().map(|step| &mut step.phase) {
            help.asked = false;
            return;
        }
        self.enter_phase(Phase::Running, None).await;
    }
}
