//! What tokens cost: a table that is data, and the rule for reading it.
//!
//! Must not guess: a model that is not in the table has no price.

use app::model::TokenUsage;
use serde::Deserialize;

use super::GatewayError;

/// Prices by provider and model.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PriceTable {
    price: Vec<Price>,
}

/// US dollars per million tokens.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Price {
    provider: String,
    /// Beginning of the model's name; a version may follow it. Empty means every model of the provider.
    model: String,
    input: f64,
    output: f64,
    /// Of input written to the cache; as other input if not stated.
    cache_write: Option<f64>,
    /// Of input read from the cache; as other input if not stated.
    cache_read: Option<f64>,
}

impl PriceTable {
    /// The embedded table.
    pub(super) fn builtin() -> Result<Self, GatewayError> {
        Ok(toml::from_str(include_str!("prices.toml"))?)
    }

    /// Cost of an answer in millionths of a US dollar, rounded; none if the model's price is not known.
    pub(super) fn cost_micro_usd(&self, provider: &str, model: &str, tokens: &TokenUsage) -> Option<i64> {
        let matching = self.price.iter().filter(|price| price.provider == provider && price.covers(model));
        let price = matching.max_by_key(|price| price.model.len())?;
        // A dollar per million tokens is a millionth of a dollar per token.
        let cost = tokens.input_tokens as f64 * price.input
            + tokens.output_tokens as f64 * price.output
            + tokens.cache_creation_tokens as f64 * price.cache_write.unwrap_or(price.input)
            + tokens.cache_read_tokens as f64 * price.cache_read.unwrap_or(price.input);
        Some(cost.round() as i64)
    }
}

impl Price {
    /// `gpt-5` covers `gpt-5` and `gpt-5-2025-08-07`, but not `gpt-5.1`.
    fn covers(&self, model: &str) -> bool {
        let ends_well = |rest: &str| rest.is_empty() || rest.starts_with(['-', '@', ':']);
        self.model.is_empty() || model.strip_prefix(&self.model).is_some_and(ends_well)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(provider: &str, model: &str) -> Option<i64> {
        let million = TokenUsage {
            input_tokens: 1_000_000,
            output_tokens: 1_000_000,
            cache_creation_tokens: 1_000_000,
            cache_read_tokens: 1_000_000,
        };
        PriceTable::builtin().unwrap().cost_micro_usd(provider, model, &million)
    }

    #[test]
    fn the_longest_name_wins_and_strangers_have_no_price() {
        assert_eq!(cost("anthropic", "claude-sonnet-4-5-20250929"), Some(22_050_000));
        assert_eq!(cost("openai", "gpt-5-2025-08-07"), Some(12_625_000));
        assert_eq!(cost("openai", "gpt-5-mini"), Some(2_525_000));
        assert_eq!(cost("openai", "gpt-5.99"), None);
        assert_eq!(cost("openrouter", "claude-sonnet-4-5"), None);
        assert_eq!(cost("demo", "builder"), Some(0));
    }

    #[test]
    fn small_costs_are_rounded() {
        let tokens = TokenUsage { input_tokens: 5, ..TokenUsage::default() };
        let table = PriceTable::builtin().unwrap();
        assert_eq!(table.cost_micro_usd("openai", "gpt-5", &tokens), Some(6));
    }
}
