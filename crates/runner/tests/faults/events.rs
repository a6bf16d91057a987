//! What a stage reports: the nanobot's events and the runner's, with their own times.

use std::time::{SystemTime, UNIX_EPOCH};

use autocode_nanobot::protocol::{Event, LogLevel, Phase};

/// Milliseconds since the Unix epoch.
pub fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

/// An event with the time at which it happened.
#[derive(Clone, Debug)]
pub struct Seen {
    pub at: i64,
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum What {
    Nanobot(Event),
    Restarting(String),
    Exited { clean: bool, reason: String },
}

impl Seen {
    /// The text of a log line.
    pub fn text(&self) -> &str {
        match &self.what {
            What::Nanobot(Event::Log { message, .. }) => message,
            What::Restarting(reason) | What::Exited { reason, .. } => reason,
            _ => "",
        }
    }

    /// A decision of the loop, or a word of the runner, that contains one of these.
    pub fn decides(&self, words: &[&str]) -> bool {
        let decision = match &self.what {
            What::Nanobot(Event::Log { level, .. }) => *level == LogLevel::AgentDecision,
            What::Restarting(_) | What::Exited { .. } => true,
            What::Nanobot(_) => false,
        };
        decision && words.iter().any(|word| self.text().contains(word))
    }

    pub fn phase(&self) -> Option<Phase> {
        match self.what {
            What::Nanobot(Event::PhaseChanged { phase, .. }) => Some(phase),
            _ => None,
        }
    }
}
