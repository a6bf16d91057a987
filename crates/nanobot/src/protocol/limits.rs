//! Bounds of the loop, with what they are if nobody says otherwise.

use serde::{Deserialize, Serialize};

/// Bounds of the loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Attempts per step before help is asked.
    pub max_attempts: u32,
    /// Seconds a verify command may take.
    pub verify_timeout_secs: u64,
    /// Seconds without progress before the CLI is interrupted and asked what happened.
    pub stall_secs: u64,
    /// Seconds for which background work may outlive its turn before the CLI is asked to end it.
    pub background_secs: u64,
    /// Seconds that the CLI may take to summarise its conversation.
    pub compaction_secs: u64,
    /// Seconds of the first pause after an error of the model's server; each further one doubles it.
    pub backoff_secs: u64,
    /// Seconds of the first pause after a usage limit that does not say when it ends; each further one doubles it.
    pub limit_pause_secs: u64,
    /// Seconds for which the nanobot's own model is tried again before a person is called.
    pub model_retry_secs: u64,
    /// Seconds after which a model that could not be reached is tried again even if nobody answered.
    pub model_pause_secs: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_attempts: 5,
            verify_timeout_secs: 600,
            stall_secs: 300,
            background_secs: 120,
            compaction_secs: 600,
            backoff_secs: 5,
            limit_pause_secs: 60,
            model_retry_secs: 300,
            model_pause_secs: 900,
        }
    }
}
