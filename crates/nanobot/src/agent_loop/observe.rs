//! Observing: what is known about the CLI now, and waiting for news.
//!
//! Must not decide or act.

use std::time::Duration;

use super::{AgentLoop, screen_dialog};
use crate::{
    coding::{
        Activity, FailureKind, Observation, OnScreen, Presence, Signal,
        observation::TurnOutcome,
        reset_time::reset_time,
        screen::{ScreenReading, ScreenStatus},
        text::carries,
    },
    outbox::now,
    state::StepPhase,
};

/// Between two looks when nothing is pushed.
const SLOW: Duration = Duration::from_secs(2);
/// Between two looks when something is expected at any moment.
const FAST: Duration = Duration::from_millis(100);

impl AgentLoop {
    /// The cheap sources: process, status file, what was pushed.
    pub(super) async fn observe(&mut self) -> Observation {
        let presence = match self.cli.presence().await {
            Ok(presence) => presence,
            Err(error) => {
                self.outbox.error(format!("The terminal could not be looked at: {error}")).await;
                Presence::Absent
            }
        };
        let activity = match presence {
            Presence::Alive => self.cli.activity().await,
            _ => Activity::Unknown,
        };
        let now = now();
        if activity != self.seen.activity {
            self.seen.activity = activity;
            self.seen.activity_since = now;
        }
        Observation {
            now,
            presence,
            activity,
            activity_since: self.seen.activity_since,
            started_at: self.seen.started_at,
            stale: self.cli.is_stale(),
            held: self.seen.held,
            answering: self.approvals.deciding(),
            on_screen: OnScreen::Unasked,
            acknowledged: self.seen.acknowledged,
            progress_at: self.progress_at(now).await,
            compacting_since: self.seen.compacting_since,
            compacted: self.seen.compacted,
            outcome: self.seen.outcome.clone(),
            screen: None,
            draft_since: None,
            record: None,
            answer: self.seen.answer.clone(),
        }
    }

    /// The classified screen; one that cannot be read is unknown.
    pub(super) async fn look(&mut self) -> ScreenReading {
        let reading = self.cli.screen().await.unwrap_or_else(|error| ScreenReading {
            status: ScreenStatus::Unknown,
            draft: None,
            evidence: error.to_string(),
            text: String::new(),
        });
        self.seen.screen = Some((reading.status, reading.evidence.clone()));
        if self.seen.draft.as_ref().map(|(text, _)| text) != reading.draft.as_ref() {
            self.seen.draft = reading.draft.clone().map(|text| (text, now()));
        }
        reading
    }

    /// Waits for a signal, a command, the stop or the next look.
    pub(super) async fn wait(&mut self, soon: bool) {
        let asked = self.is_asking();
        tokio::select! {
            biased;
            () = self.stop.cancelled() => {}
            news = self.approvals.desk.next() => self.take_dialog_news(news).await,
            told = screen_dialog::decision(&mut self.seen.screen_dialog) => self.dialog_decided(told),
            signal = self.cli.signal() => self.take_signal(signal).await,
            command = self.commands.recv() => self.take_command(command, asked).await,
            () = tokio::time::sleep(if soon { FAST } else { SLOW }) => {}
        }
    }

    async fn take_signal(&mut self, signal: Signal) {
        let prompt = match self.state.step.as_ref().map(|s| &s.phase) {
            Some(StepPhase::Sending(sending) | StepPhase::Sent(sending)) => Some(sending.text.as_str()),
            _ => None,
        };
        let at = now();
        self.seen.signal = Some((signal.words(), at));
        self.seen.progress.moved(at);
        match signal {
            Signal::ProcessEnded => {}
            Signal::SessionStarted { source } => {
                self.seen.reported = true;
                self.outbox.info(format!("{} is up ({source}).", self.cli.name())).await;
            }
            Signal::PromptSubmitted { text } if prompt.is_some_and(|prompt| carries(&text, prompt)) => {
                self.seen.acknowledged = true;
            }
            Signal::PromptSubmitted { .. } => {
                let why =
                    "Somebody else sent a prompt in the terminal; standing back until that turn is over.";
                self.decided(why).await;
                self.seen.outcome = None;
            }
            // Without a prompt of ours under way it is the end of somebody else's turn.
            Signal::TurnEnded { message, background } if prompt.is_some() => {
                self.seen.outcome = Some((TurnOutcome::Ended { message, background }, now()));
            }
            Signal::TurnFailed { kind, message } if prompt.is_some() => {
                let message = self.with_reset_time(kind, message).await;
                self.seen.outcome = Some((TurnOutcome::Failed { kind, message }, now()));
            }
            Signal::TurnEnded { .. } | Signal::TurnFailed { .. } => {}
            Signal::Compacting => {
                self.seen.compacting_since = Some(at);
                self.outbox.info("The conversation is being summarised: its context is nearly full.").await;
            }
            Signal::Compacted => self.compacted().await,
            Signal::Notice { message } => self.outbox.info(format!("{}: {message}", self.cli.name())).await,
            Signal::SessionEnded { reason } => {
                self.outbox.info(format!("{} is ending ({reason}).", self.cli.name())).await;
            }
        }
    }

    /// A limit's words with the moment of its end, which the gateway may know where the CLI does not say it.
    async fn with_reset_time(&self, kind: FailureKind, message: String) -> String {
        if kind != FailureKind::RateLimit || reset_time(&message, now()).is_some() {
            return message;
        }
        let known = self.llm.limit_resets_at().await;
        match known.and_then(|at| jiff::Timestamp::from_millisecond(at).ok()) {
            Some(at) => format!("{message} (the provider says: resets {at})"),
            None => message,
        }
    }

    /// After a summary the CLI may have forgotten the task and the rules: the next prompt carries them again.
    async fn compacted(&mut self) {
        self.seen.compacting_since = None;
        self.seen.compacted = true;
        self.state.identity_hash = None;
        let why =
            "The conversation was summarised; the next prompt repeats the task and where the step stands.";
        self.decided(why).await;
        self.note(|step| step.task_known = false).await;
    }
}
