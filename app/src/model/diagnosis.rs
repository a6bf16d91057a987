//! What the control loop sees of the coding CLI, and what it made of it.

use serde::{Deserialize, Serialize};

use super::Timestamp;

/// The loop's view at one moment, for people; every text comes out of a cell: show it as text only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Diagnosis {
    /// Name of the coding CLI.
    pub cli: String,
    /// Whether its process is there: `absent`, `dead` or `alive`.
    pub process: String,
    /// What it says it is doing: `unknown`, `idle`, `busy` or `waiting`.
    pub activity: String,
    /// Since when.
    pub activity_since: Timestamp,
    /// The last signal that it pushed, in a few words.
    pub signal: Option<String>,
    /// When that was.
    pub signal_at: Option<Timestamp>,
    /// The state of the last screen that was read, in the words of `autocode screen`.
    pub screen: Option<String>,
    /// The line of the screen that decided.
    pub screen_evidence: Option<String>,
    /// Where in the step the loop is.
    pub phase: String,
    /// The last decision, with its reason.
    pub decision: String,
    /// When it was taken.
    pub decided_at: Timestamp,
}
