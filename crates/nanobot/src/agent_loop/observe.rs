//! Observing: what is known about the CLI now, and waiting for news.
//!
//! Must not decide or act.

use std::time::Duration;

use super::AgentLoop;
use crate::{
    coding::{
        Activity, Observation, Presence, Signal,
        observation::TurnOutcome,
        screen::{ScreenReading, ScreenStatus},
        text::same_words,
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
            acknowledged: self.seen.acknowledged,
            outcome: self.seen.outcome.clone(),
            screen: None,
            record: None,
            answer: self.seen.answer.clone(),
        }
    }

    /// The classified screen; one that cannot be read is unknown.
    pub(super) async fn look(&mut self) -> ScreenReading {
        match self.cli.screen().await {
            Ok(screen) => screen,
            Err(error) => ScreenReading {
                status: ScreenStatus::Unknown,
                draft: None,
                evidence: error.to_string(),
                text: String::new(),
            },
        }
    }

    /// Waits for a signal, a command, the stop or the next look.
    pub(super) async fn wait(&mut self, soon: bool) {
        self.notice_stall().await;
        let asked = matches!(self.state.step.as_ref().map(|s| &s.phase), Some(StepPhase::Waiting(_)));
        tokio::select! {
            biased;
            () = self.stop.cancelled() => {}
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
        match signal {
            Signal::SessionStarted { source } => {
                self.seen.reported = true;
                self.outbox.info(format!("{} is up ({source}).", self.cli.name())).await;
            }
            Signal::PromptSubmitted { text } if prompt.is_some_and(|prompt| same_words(prompt, &text)) => {
                self.seen.acknowledged = true;
            }
            Signal::PromptSubmitted { .. } => {
                let why =
                    "Somebody else sent a prompt in the terminal; standing back until that turn is over.";
                self.outbox.decision(why).await;
                self.seen.outcome = None;
            }
            // Without a prompt of ours under way it is the end of somebody else's turn.
            Signal::TurnEnded { message, background } if prompt.is_some() => {
                self.seen.outcome = Some((TurnOutcome::Ended { message, background }, now()));
            }
            Signal::TurnFailed { kind, message } if prompt.is_some() => {
                self.seen.outcome = Some((TurnOutcome::Failed { kind, message }, now()));
            }
            Signal::TurnEnded { .. } | Signal::TurnFailed { .. } => {}
            Signal::Compacting => {
                self.outbox.info("The conversation is being summarised: its context is nearly full.").await
            }
            Signal::Compacted => self.outbox.info("The conversation was summarised.").await,
            Signal::Notice { message } => self.outbox.info(format!("{}: {message}", self.cli.name())).await,
            Signal::SessionEnded { reason } => {
                self.outbox.info(format!("{} is ending ({reason}).", self.cli.name())).await;
            }
        }
    }

    /// Says once when a turn makes no progress: the conversation's record does not grow.
    async fn notice_stall(&mut self) {
        let sent = matches!(self.state.step.as_ref().map(|s| &s.phase), Some(StepPhase::Sent(_)));
        let (length, since, told) = self.seen.progress;
        if !sent || now() - since < 10_000 {
            if !sent {
                self.seen.progress = (0, now(), false);
            }
            return;
        }
        let present = self.cli.record_position().await;
        if present != length {
            self.seen.progress = (present, now(), false);
        } else if !told
            && now() - since > i64::try_from(self.config.limits.stall_secs).unwrap_or(i64::MAX) * 1000
        {
            self.seen.progress.2 = true;
            let text = format!("No progress for {} seconds; still waiting.", self.config.limits.stall_secs);
            self.outbox.error(text).await;
        }
    }
}
