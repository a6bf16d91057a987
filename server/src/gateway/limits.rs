//! When a provider's limit for a user ends, as the last refusal said: what a coding CLI is told but does not pass on.
//!
//! Must not know what is done about it. Kept in memory: after a restart the next refusal tells it again.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use app::model::UserId;
use http::{HeaderMap, StatusCode};

/// Users and providers that are remembered.
const MAX_ENTRIES: usize = 10_000;
/// Refusals that a coding CLI waits out by itself, in milliseconds, are not worth a pause.
const SHORT_MS: i64 = 60_000;
/// Longest wait that is believed, in milliseconds.
const MAX_WAIT_MS: i64 = 8 * 24 * 3_600_000;
/// Headers with the moment at which requests are accepted again.
const RESET_HEADERS: [&str; 4] = [
    "anthropic-ratelimit-unified-reset",
    "anthropic-ratelimit-requests-reset",
    "anthropic-ratelimit-tokens-reset",
    "x-ratelimit-reset",
];

/// The limits that are known.
#[derive(Debug, Default)]
pub(super) struct Limits(Mutex<HashMap<(UserId, String), i64>>);

impl Limits {
    /// Notes what an upstream's answer says; an accepted request ends a limit.
    pub(super) fn note(
        &self,
        user: UserId,
        provider: &str,
        status: StatusCode,
        headers: &HeaderMap,
        now: i64,
    ) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if status.is_success() {
            known.remove(&(user, provider.to_owned()));
        } else if status == StatusCode::TOO_MANY_REQUESTS
            && let Some(until) = reset(headers, now)
        {
            if known.len() >= MAX_ENTRIES {
                known.retain(|_, until| *until > now);
            }
            if known.len() < MAX_ENTRIES {
                known.insert((user, provider.to_owned()), until);
            }
        }
    }

    /// When the limit ends, in milliseconds since the Unix epoch; none if there is none that lasts.
    pub(super) fn until(&self, user: UserId, provider: &str, now: i64) -> Option<i64> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&(user, provider.to_owned())).copied().filter(|until| *until > now)
    }
}

/// The end of the limit, if the answer names one that is worth a pause.
fn reset(headers: &HeaderMap, now: i64) -> Option<i64> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let after =
        text("retry-after").and_then(|value| value.parse::<i64>().ok()).map(|s| s.saturating_mul(1000));
    let until = match after {
        Some(after) => now.saturating_add(after),
        None => RESET_HEADERS.iter().filter_map(|name| moment(text(name)?)).max()?,
    };
    (until - now >= SHORT_MS && until - now <= MAX_WAIT_MS).then_some(until)
}

/// Seconds since the Unix epoch, or RFC 3339.
fn moment(value: &str) -> Option<i64> {
    if let Ok(seconds) = value.parse::<i64>() {
        return (seconds > 1_000_000_000).then(|| seconds.saturating_mul(1000));
    }
    let time = time::OffsetDateTime::parse(value, &time::format_description::well_known::Rfc3339).ok()?;
    i64::try_from(time.unix_timestamp_nanos() / 1_000_000).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000_000;
    const TOM: UserId = UserId(1);

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(http::HeaderName::from_static(name), value.parse().unwrap())])
    }

    #[test]
    fn a_refusal_that_names_its_end_is_remembered_until_then_or_until_a_success() {
        let limits = Limits::default();
        let note = |status, headers: &HeaderMap| limits.note(TOM, "anthropic", status, headers, NOW);
        let refused = StatusCode::TOO_MANY_REQUESTS;
        note(refused, &headers("retry-after", "20"));
        assert_eq!(limits.until(TOM, "anthropic", NOW), None);
        note(refused, &headers("retry-after", "3600"));
        assert_eq!(limits.until(TOM, "anthropic", NOW), Some(NOW + 3_600_000));
        assert_eq!(limits.until(TOM, "openai", NOW), None);
        assert_eq!(limits.until(UserId(2), "anthropic", NOW), None);
        assert_eq!(limits.until(TOM, "anthropic", NOW + 3_600_000), None);
        note(refused, &headers("anthropic-ratelimit-unified-reset", "1800000300"));
        assert_eq!(limits.until(TOM, "anthropic", NOW), Some(NOW + 300_000));
        note(refused, &headers("anthropic-ratelimit-requests-reset", "2027-01-15T08:02:00Z"));
        assert_eq!(limits.until(TOM, "anthropic", NOW), Some(NOW + 120_000));
        note(StatusCode::OK, &HeaderMap::new());
        assert_eq!(limits.until(TOM, "anthropic", NOW), None);
        note(refused, &headers("retry-after", "99999999999"));
        assert_eq!(limits.until(TOM, "anthropic", NOW), None);
    }
}
