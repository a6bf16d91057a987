//! What is known about the coding CLI at one moment: signals of several sources in one value.
//!
//! Must not decide anything. Sources, best first: pushed hooks, the CLI's own status, its record of the conversation,
//! the screen.

use serde::{Deserialize, Serialize};

use super::screen::ScreenReading;

/// Whether the CLI's process is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// No session or no pane.
    Absent,
    /// The pane is there, its process has ended.
    Dead,
    /// Running.
    Alive,
}

/// What the CLI itself says it is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// It says nothing (yet).
    Unknown,
    /// Waiting for a prompt.
    Idle,
    /// A turn is under way.
    Busy,
    /// A dialog is open.
    Waiting,
}

/// Why a turn failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The key or login was refused.
    Authentication,
    /// There is no credit left.
    Billing,
    /// Too many requests, or a usage limit: time mends it.
    RateLimit,
    /// The conversation no longer fits into the model's context.
    ContextFull,
    /// The model's server failed or could not be reached.
    Server,
    /// Anything else.
    Other,
}

/// A pushed signal of the CLI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signal {
    /// The CLI is up.
    SessionStarted {
        /// `startup`, `resume`, `clear` or `compact`.
        source: String,
    },
    /// A prompt was accepted.
    PromptSubmitted {
        /// Its text.
        text: String,
    },
    /// A turn ended in order.
    TurnEnded {
        /// The last thing the CLI said.
        message: String,
        /// Background shells or tasks that still run.
        background: usize,
    },
    /// A turn ended in an error.
    TurnFailed {
        /// What kind.
        kind: FailureKind,
        /// What the CLI said.
        message: String,
    },
    /// The conversation is being summarised.
    Compacting,
    /// The conversation was summarised.
    Compacted,
    /// The CLI's process has ended.
    ProcessEnded,
    /// The CLI wants attention.
    Notice {
        /// Its words.
        message: String,
    },
    /// The CLI is ending.
    SessionEnded {
        /// Its word for why.
        reason: String,
    },
}

impl Signal {
    /// A few words for people.
    pub fn words(&self) -> String {
        match self {
            Self::SessionStarted { source } => format!("session started ({source})"),
            Self::PromptSubmitted { .. } => "prompt accepted".to_owned(),
            Self::TurnEnded { background: 0, .. } => "turn ended".to_owned(),
            Self::TurnEnded { background, .. } => format!("turn ended, {background} in the background"),
            Self::TurnFailed { message, .. } => {
                format!("turn failed: {}", message.chars().take(120).collect::<String>())
            }
            Self::Compacting => "summarising the conversation".to_owned(),
            Self::Compacted => "conversation summarised".to_owned(),
            Self::ProcessEnded => "process ended".to_owned(),
            Self::Notice { message } => format!("notice: {}", message.chars().take(120).collect::<String>()),
            Self::SessionEnded { reason } => format!("session ended ({reason})"),
        }
    }
}

/// What the CLI's own record says about a prompt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TurnRecord {
    /// The prompt is in the record.
    pub prompt_seen: bool,
    /// The turn that it began has ended in order.
    pub ended: bool,
    /// A person interrupted the turn.
    pub interrupted: bool,
    /// The turn ended in an error; the CLI's words.
    pub api_error: Option<String>,
    /// The last thing the CLI said in the turn.
    pub last_text: String,
}

/// How the turn under way ended, as pushed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TurnOutcome {
    /// In order.
    Ended {
        /// The last thing the CLI said.
        message: String,
        /// Background shells or tasks that still run.
        background: usize,
    },
    /// In an error.
    Failed {
        /// What kind.
        kind: FailureKind,
        /// What the CLI said.
        message: String,
    },
}

/// How far the decision is about a dialog that only the screen shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum OnScreen {
    /// None is being decided.
    #[default]
    Unasked,
    /// Somebody decides it.
    Deciding,
    /// What the CLI is to be told, in words.
    Decided(String),
}

/// Everything known at one moment; times are milliseconds since the Unix epoch.
#[derive(Clone, Debug)]
pub struct Observation {
    /// Now.
    pub now: i64,
    /// Whether the process is there.
    pub presence: Presence,
    /// What the CLI says it is doing.
    pub activity: Activity,
    /// Since when `activity` is seen to be this.
    pub activity_since: i64,
    /// When the CLI was started by this process, if it was.
    pub started_at: Option<i64>,
    /// The running CLI has other credentials than a new one would get.
    pub stale: bool,
    /// A person has taken over the terminal.
    pub held: bool,
    /// What the CLI's dialog asks is being decided; the answer goes to it by another way than its terminal.
    pub answering: bool,
    /// The decision about the dialog that the screen shows and that was told of in no other way.
    pub on_screen: OnScreen,
    /// The prompt was acknowledged since it was sent.
    pub acknowledged: bool,
    /// When the turn under way was last seen to make progress: its record grew, or its screen showed something new.
    pub progress_at: i64,
    /// Since when the conversation is being summarised.
    pub compacting_since: Option<i64>,
    /// The conversation was summarised since the last prompt was sent.
    pub compacted: bool,
    /// How the turn ended and when that was pushed.
    pub outcome: Option<(TurnOutcome, i64)>,
    /// The screen, if it was read in this round.
    pub screen: Option<ScreenReading>,
    /// Since when the text in the input box is the one that the screen shows now.
    pub draft_since: Option<i64>,
    /// The CLI's record, if it was read in this round.
    pub record: Option<TurnRecord>,
    /// A person's answer to the open question.
    pub answer: Option<String>,
}
