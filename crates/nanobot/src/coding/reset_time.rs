//! When a usage limit ends, read from the words with which a coding CLI reports it.
//!
//! Pure: the present time is an argument. Words are data: the worst that a wrong time can do is to wait.

use jiff::{Timestamp, ToSpan as _, civil, tz::TimeZone};

/// Longest wait that is believed, in milliseconds: limits are of five hours or a week.
const MAX_WAIT: i64 = 8 * 24 * 3_600_000;

/// The moment in milliseconds since the Unix epoch, if the text names one that lies ahead.
///
/// Understood: `resets 10:03am (UTC)`, `resets at 3pm (Europe/Berlin)`, `resets Oct 3, 9am`, an epoch in seconds after
/// `|` or `resets_at`, an RFC 3339 time, `try again in 20 minutes`, `retry after 30 seconds`.
pub fn reset_time(text: &str, now: i64) -> Option<i64> {
    let lower = text.to_lowercase();
    let found = rfc3339(text)
        .or_else(|| epoch(&lower))
        .or_else(|| span(&lower, now))
        // The newest words stand last, but not every "reset" names a time.
        .or_else(|| lower.rmatch_indices("reset").find_map(|(start, _)| clock(&lower[start..], now)))?;
    (found > now && found - now <= MAX_WAIT).then_some(found)
}

fn rfc3339(text: &str) -> Option<i64> {
    text.split(|c: char| c.is_whitespace() || "(),;\"'".contains(c))
        .filter(|word| word.len() >= 20 && word.as_bytes().get(10) == Some(&b'T'))
        .find_map(|word| word.trim_end_matches('.').parse::<Timestamp>().ok())
        .map(Timestamp::as_millisecond)
}

/// Ten digits that are a time in seconds.
fn epoch(text: &str) -> Option<i64> {
    text.split(|c: char| !c.is_ascii_digit())
        .filter(|digits| digits.len() == 10)
        .find_map(|digits| digits.parse::<i64>().ok())
        .map(|seconds| seconds * 1000)
}

/// `in 20 minutes`, `after 30 seconds`, `in 1h`.
fn span(text: &str, now: i64) -> Option<i64> {
    let mut words = text.split(|c: char| c.is_whitespace() || ",;()".contains(c)).filter(|w| !w.is_empty());
    while let Some(word) = words.next() {
        if !matches!(word, "in" | "after") {
            continue;
        }
        let mut rest = words.clone();
        let Some(amount) = rest.next() else { break };
        let digits = amount.len() - amount.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, unit) = amount.split_at(digits);
        let Ok(number) = number.parse::<i64>() else { continue };
        let unit = if unit.is_empty() { rest.next().unwrap_or_default() } else { unit };
        let scale = match unit.trim_end_matches('.') {
            "s" | "sec" | "secs" | "second" | "seconds" => 1_000,
            "m" | "min" | "mins" | "minute" | "minutes" => 60_000,
            "h" | "hr" | "hour" | "hours" => 3_600_000,
            "d" | "day" | "days" => 86_400_000,
            _ => continue,
        };
        return number.checked_mul(scale).map(|span| now.saturating_add(span));
    }
    None
}

/// A time of day, perhaps with a date before it and a time zone in parentheses after it.
fn clock(text: &str, now: i64) -> Option<i64> {
    let zone = text
        .split_once('(')
        .and_then(|(_, rest)| rest.split_once(')'))
        .and_then(|(name, _)| TimeZone::get(name.trim()).ok())
        .unwrap_or(TimeZone::UTC);
    let here = Timestamp::from_millisecond(now).ok()?.to_zoned(zone.clone());
    let words: Vec<&str> = text
        .split('(')
        .next()?
        .split(|c: char| c.is_whitespace() || c == ',' || c == '·')
        .filter(|word| !word.is_empty())
        .take(8)
        .collect();
    let time = words.iter().enumerate().find_map(|(at, word)| time_of_day(word, words.get(at + 1)))?;
    let date = words.iter().enumerate().find_map(|(at, word)| {
        let month = month(word)?;
        let day = words.get(at + 1)?.trim_end_matches(|c: char| !c.is_ascii_digit()).parse().ok()?;
        civil::Date::new(here.year(), month, day).ok()
    });
    let at = date.unwrap_or_else(|| here.date()).to_datetime(time).to_zoned(zone).ok()?;
    // A time of day that is past means tomorrow's, a date that is past next year's.
    let later = match date {
        _ if at.timestamp().as_millisecond() > now => at,
        Some(_) => at.checked_add(1.year()).ok()?,
        None => at.checked_add(1.day()).ok()?,
    };
    Some(later.timestamp().as_millisecond())
}

/// `10:03am`, `9am`, `9 am`, `21:30`.
fn time_of_day(word: &str, next: Option<&&str>) -> Option<civil::Time> {
    let next_is = |half: &str| next.is_some_and(|next| next.trim_end_matches('.') == half);
    let word = word.trim_end_matches('.');
    let (digits, half) = match (word.strip_suffix("am"), word.strip_suffix("pm")) {
        (Some(digits), _) => (digits, Some(0)),
        (_, Some(digits)) => (digits, Some(12)),
        _ if next_is("am") => (word, Some(0)),
        _ if next_is("pm") => (word, Some(12)),
        _ => (word, None),
    };
    let (hour, minute) = match digits.split_once(':') {
        Some((hour, minute)) => (hour.parse::<i8>().ok()?, minute.get(..2)?.parse::<i8>().ok()?),
        // A bare number is no time of day.
        None => (half.and_then(|_| digits.parse::<i8>().ok())?, 0),
    };
    let hour = match half {
        Some(half) if (1..=12).contains(&hour) => hour % 12 + half,
        Some(_) => return None,
        None => hour,
    };
    civil::Time::new(hour, minute, 0, 0).ok()
}

fn month(word: &str) -> Option<i8> {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let at = MONTHS.iter().position(|month| word.starts_with(month))?;
    i8::try_from(at + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_millisecond()
    }

    #[test]
    fn the_words_of_the_clis_are_understood() {
        let now = at("2026-03-10T08:00:00Z");
        let cases = [
            ("You've hit your limit · resets 10:03am (UTC)", "2026-03-10T10:03:00Z"),
            ("You've hit your limit · resets 7am (UTC)", "2026-03-11T07:00:00Z"),
            ("limit reached ∙ resets at 3pm (Europe/Berlin)", "2026-03-10T14:00:00Z"),
            ("You've hit your weekly limit · resets Mar 12, 9am (UTC)", "2026-03-12T09:00:00Z"),
            ("resets 12am", "2026-03-11T00:00:00Z"),
            ("Claude AI usage limit reached|1773136800", "2026-03-10T10:00:00Z"),
            ("rate limited until 2026-03-10T08:00:30Z.", "2026-03-10T08:00:30Z"),
            ("You've hit your usage limit. Try again in 20 minutes.", "2026-03-10T08:20:00Z"),
            ("Please retry after 30s", "2026-03-10T08:00:30Z"),
        ];
        for (text, expected) in cases {
            assert_eq!(reset_time(text, now), Some(at(expected)), "{text}");
        }
    }

    #[test]
    fn what_names_no_time_or_a_wrong_one_is_none() {
        let now = at("2026-03-10T08:00:00Z");
        for text in [
            "You've hit your limit",
            "resets soon",
            "reset in 99999999999999999999 days",
            "error 1000000000",
            "",
        ] {
            assert_eq!(reset_time(text, now), None, "{text}");
        }
        let menu = "You've hit your limit · resets 10:03am (UTC)\n❯ 1. Stop and wait for limit to reset\n  2. Upgrade";
        assert_eq!(reset_time(menu, now), Some(at("2026-03-10T10:03:00Z")));
    }
}
