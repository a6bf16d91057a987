//! What a scenario lets the model say and do in one turn.
//!
//! Must not know when; that is the rules' part.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Figures as a provider reports them, in tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct UsageFigures {
    /// Input that was neither read from nor written to the cache.
    pub input: u64,
    /// Output.
    pub output: u64,
    /// Input written to the cache.
    pub cache_creation: u64,
    /// Input read from the cache.
    pub cache_read: u64,
}

/// One assistant turn; its strings may hold `{{cwd}}`, `{{verify_tail}}` and `{{file:NAME}}`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Turn {
    /// What the model says.
    pub text: String,
    /// Tools it calls.
    pub tools: Vec<ToolCall>,
    /// A judgement, said as JSON instead of `text`.
    pub verdict: Option<Verdict>,
    /// The scenario's plan, said as JSON instead of `text`.
    pub plan: bool,
    /// Milliseconds before the first byte, besides the model's own.
    pub delay_ms: u64,
    /// Milliseconds between the pieces of a stream, besides the model's own.
    pub chunk_delay_ms: u64,
    /// Fail instead of answering.
    pub error: Option<ErrorAnswer>,
    /// Usage figures other than the scenario's.
    pub usage: Option<UsageFigures>,
}

/// A tool call as a scenario writes it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolCall {
    /// The tool's name, for example `Write`.
    pub name: String,
    /// Its input.
    pub input: Value,
}

/// A judgement about a step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Verdict {
    /// `complete`, `needs_fix`, `different_approach` or `ask`.
    pub verdict: String,
    /// Why.
    pub reason: String,
    /// What to do next.
    pub instructions: String,
    /// What to ask a person.
    pub question: String,
}

/// A failure as a provider would report it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorAnswer {
    /// HTTP status.
    pub status: u16,
    /// Error type, for example `rate_limit_error`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The message.
    pub message: String,
    /// Seconds in a `Retry-After` header.
    #[serde(default)]
    pub retry_after: Option<u64>,
}
