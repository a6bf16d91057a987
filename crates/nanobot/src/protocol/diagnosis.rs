//! What the loop sees of the coding CLI, as it is told to people.

use serde::{Deserialize, Serialize};

/// The loop's view of the coding CLI at one moment, for people; times are milliseconds since the Unix epoch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Diagnosis {
    /// Name of the coding CLI.
    pub cli: String,
    /// Whether its process is there: `absent`, `dead` or `alive`.
    pub process: String,
    /// What it says it is doing: `unknown`, `idle`, `busy` or `waiting`.
    pub activity: String,
    /// Since when.
    pub activity_since: i64,
    /// The last signal that it pushed, in a few words.
    pub signal: Option<String>,
    /// When that was.
    pub signal_at: Option<i64>,
    /// The state of the last screen that was read, in the words of `autocode screen`.
    pub screen: Option<String>,
    /// The line of the screen that decided.
    pub screen_evidence: Option<String>,
    /// Where in the step the loop is.
    pub phase: String,
    /// The last decision, with its reason.
    pub decision: String,
    /// When it was taken.
    pub decided_at: i64,
}
