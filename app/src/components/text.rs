//! Numbers and times as people read them.

use crate::model::{Timestamp, TokenUsage};

/// Money from millionths of a US dollar: `$0.42`, and four digits below a cent.
pub fn cost(micro_usd: i64) -> String {
    if micro_usd != 0 && micro_usd.abs() < 10_000 {
        let cents_of_cents = (micro_usd + 50) / 100;
        return format!("${}.{:04}", cents_of_cents / 10_000, cents_of_cents % 10_000);
    }
    let cents = (micro_usd + 5_000) / 10_000;
    format!("${}.{:02}", cents / 100, cents % 100)
}

/// All tokens of a sum, shortened: `950`, `12.3k`, `4.5M`.
pub fn tokens(usage: &TokenUsage) -> String {
    let all =
        usage.input_tokens + usage.output_tokens + usage.cache_creation_tokens + usage.cache_read_tokens;
    match all {
        ..1_000 => all.to_string(),
        1_000..999_950 => format!("{}.{}k", all / 1_000, all % 1_000 / 100),
        _ => format!("{}.{}M", all / 1_000_000, all % 1_000_000 / 100_000),
    }
}

/// The time between two moments: `850 ms`, `42 s`, `3 min 5 s`, `2 h 10 min`.
pub fn duration(from: Timestamp, to: Timestamp) -> String {
    let millis = (to.as_millis() - from.as_millis()).max(0);
    let seconds = millis / 1_000;
    match seconds {
        0 => format!("{millis} ms"),
        1..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
    }
}

/// A text as a value in a query.
pub fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    let encode = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(encode).collect()
}

/// Text as the content of a `pre` or `textarea`: without leading line ends, of which HTML drops the first, so that
/// a text of nothing else would be missing when the browser takes over the page.
pub fn block(text: &str) -> String {
    text.trim_start_matches(['\r', '\n']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_keeps_what_matters() {
        let texts = [0, 1, 1_234, 9_999, 10_000, 420_000, 12_345_678].map(cost);
        assert_eq!(texts, ["$0.00", "$0.0000", "$0.0012", "$0.0100", "$0.01", "$0.42", "$12.35"]);
    }

    #[test]
    fn tokens_are_shortened() {
        let texts = [0, 999, 1_000, 12_345, 4_560_000]
            .map(|n| tokens(&TokenUsage { input_tokens: n, ..TokenUsage::default() }));
        assert_eq!(texts, ["0", "999", "1.0k", "12.3k", "4.5M"]);
    }

    #[test]
    fn any_text_fits_into_an_address() {
        assert_eq!(encoded("a-1 &\u{fc}"), "a-1%20%26%C3%BC");
    }

    #[test]
    fn durations_use_two_units() {
        let texts = [850, 42_000, 185_000, 7_800_000]
            .map(|ms| duration(Timestamp::from_millis(0), Timestamp::from_millis(ms)));
        assert_eq!(texts, ["850 ms", "42 s", "3 min 5 s", "2 h 10 min"]);
    }
}
