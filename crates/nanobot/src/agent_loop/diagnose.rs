//! Telling people what the loop sees and makes of it.
//!
//! Must not influence the loop: sent when it changes, at most once a second, and dropped by whoever does not care.

use super::AgentLoop;
use crate::{
    coding::{Activity, Observation, Presence},
    protocol::{Diagnosis, Event},
    state::StepPhase,
};

/// Least time between two reports, in milliseconds.
const INTERVAL: i64 = 1_000;

/// The last report.
#[derive(Debug, Default)]
pub(super) struct Diagnosed {
    last: Diagnosis,
    at: i64,
}

impl AgentLoop {
    /// Reports what is seen if it differs from the last report in more than times.
    pub(super) async fn diagnose(&mut self, seen: &Observation) {
        if seen.now - self.diagnosed.at < INTERVAL {
            return;
        }
        let (signal, signal_at) = self.seen.signal.clone().unzip();
        let (screen, screen_evidence) = self.seen.screen.clone().unzip();
        let diagnosis = Diagnosis {
            cli: self.cli.name().to_owned(),
            process: match seen.presence {
                Presence::Absent => "absent",
                Presence::Dead => "dead",
                Presence::Alive => "alive",
            }
            .to_owned(),
            activity: match seen.activity {
                Activity::Unknown => "unknown",
                Activity::Idle => "idle",
                Activity::Busy => "busy",
                Activity::Waiting => "waiting",
            }
            .to_owned(),
            activity_since: seen.activity_since,
            signal,
            signal_at,
            screen: screen.map(|status| status.word().to_owned()),
            screen_evidence: screen_evidence.map(|line| line.chars().take(200).collect()),
            phase: match &self.state.step {
                _ if self.seen.held => "resting: a person has taken over the terminal".to_owned(),
                Some(step) => phase_words(&step.phase),
                None => String::new(),
            },
            decision: self.seen.decision.0.chars().take(500).collect(),
            decided_at: self.seen.decision.1,
        };
        if diagnosis != self.diagnosed.last {
            self.diagnosed.at = seen.now;
            self.diagnosed.last = diagnosis.clone();
            self.outbox.send(Event::Diagnosed(Box::new(diagnosis))).await;
        }
    }
}

fn phase_words(phase: &StepPhase) -> String {
    match phase {
        StepPhase::Ready => "ready to send the next prompt",
        StepPhase::Sending(_) => "waiting for the prompt to be acknowledged",
        StepPhase::Sent(_) => "waiting for the end of the turn",
        StepPhase::Interrupting { .. } => "ending the turn under way",
        StepPhase::ClosingDialog { .. } => "closing a dialog that was decided",
        StepPhase::BackingOff { .. } => "pausing after an error of the model",
        StepPhase::TurnEnded { .. } => "the turn ended; verifying",
        StepPhase::Verified { .. } => "verified; judging",
        StepPhase::Evaluated { .. } => "judged",
        StepPhase::Committed { .. } => "committed",
        StepPhase::Waiting(help) if help.resumes_at.is_some() => "pausing until a time",
        StepPhase::Waiting(_) => "waiting for a person",
    }
    .to_owned()
}
