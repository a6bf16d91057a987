//! Tokens and money, as the gateway measured them.

use serde::{Deserialize, Serialize};

/// Token counts of one model answer, or a sum of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TokenUsage {
    /// Input tokens that were neither read from nor written to the provider's cache.
    pub input_tokens: i64,
    /// Output tokens.
    pub output_tokens: i64,
    /// Input tokens written to the cache.
    pub cache_creation_tokens: i64,
    /// Input tokens read from the cache.
    pub cache_read_tokens: i64,
}

/// Sums over one step of a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct StepUsage {
    /// Id of the step; none for what no step caused, as planning.
    pub step: Option<String>,
    /// Its title; its id if it is no longer in the plan.
    pub title: String,
    /// The sums.
    pub usage: UsageSummary,
}

/// Sums over a project or a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct UsageSummary {
    /// How many requests reached a model.
    pub requests: i64,
    /// Their tokens.
    pub tokens: TokenUsage,
    /// Their cost in millionths of a US dollar; requests for models without a known price count as nothing.
    pub cost_micro_usd: i64,
}
