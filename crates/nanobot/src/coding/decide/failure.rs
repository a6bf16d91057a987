//! Rules for turns that end in an error: what time mends, what a person must do, what another conversation mends.

use super::{Action, MAX_FAILURES, help, seconds, turn::anew};
use crate::{
    coding::{FailureKind, reset_time::reset_time},
    protocol::Limits,
    state::{AfterAnswer, Help, StepPhase, StepState},
};

/// Longest pause after an error, in milliseconds.
const MAX_PAUSE_MS: i64 = 300_000;
/// Longest pause after a limit that does not say when it ends, in milliseconds.
const MAX_LIMIT_PAUSE_MS: i64 = 1_800_000;
/// Milliseconds after a limit's end, because clocks differ.
const AFTER_RESET_MS: i64 = 5_000;

/// What kind of error the CLI's words mean.
pub fn classify_failure(text: &str) -> FailureKind {
    let text = text.to_lowercase();
    let words: Vec<&str> = text.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    // A status code is a word of its own: a port or a time may hold the same digits.
    let code = |p: &str| p.bytes().all(|b| b.is_ascii_digit());
    let has =
        |phrases: &[&str]| phrases.iter().any(|p| if code(p) { words.contains(p) } else { text.contains(p) });
    if has(&["prompt is too long", "context limit", "context length", "context_length", "context window"]) {
        FailureKind::ContextFull
    } else if has(&["credit balance", "billing", "payment", "402"]) {
        FailureKind::Billing
    } else if has(&["/login", "401", "403", "authentication", "invalid api key", "oauth", "permission_error"])
    {
        FailureKind::Authentication
    } else if has(&["429", "rate limit", "rate_limit", "hit your limit", "usage limit", "limit reached"]) {
        FailureKind::RateLimit
    } else if has(&[
        "500",
        "502",
        "503",
        "504",
        "529",
        "overloaded",
        "server error",
        "connect",
        "timeout",
        "timed out",
        "network",
    ]) {
        FailureKind::Server
    } else {
        FailureKind::Other
    }
}

pub(super) fn failed(
    step: &StepState,
    kind: FailureKind,
    message: &str,
    now: i64,
    limits: &Limits,
) -> Action {
    let short: String = message.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(300).collect();
    let stop = |question: String, suggestion: &str, resumes_at: Option<i64>| {
        Action::AskForHelp(Box::new(Help {
            question,
            suggestions: vec![suggestion.to_owned()],
            then: AfterAnswer::Continue,
            asked: false,
            failure: Some(kind),
            resumes_at,
        }))
    };
    match kind {
        FailureKind::Authentication => stop(
            format!(
                "The model's provider refused the key ({short}). Put a valid key for the provider into Settings, then go on."
            ),
            "The key is in place: go on",
            None,
        ),
        FailureKind::Billing => stop(
            format!(
                "The model's provider says that there is no credit left ({short}). Add credit there, then go on."
            ),
            "There is credit again: go on",
            None,
        ),
        FailureKind::RateLimit => {
            let pause = doubled(limits.limit_pause_secs, step.limit_pauses, MAX_LIMIT_PAUSE_MS, now);
            let (until, how) = match reset_time(message, now) {
                Some(reset) => (reset + AFTER_RESET_MS, "at its reset time"),
                None => (now + pause, "after a pause, because it does not say when it ends"),
            };
            let question = format!(
                "A usage limit of the model is reached ({short}). The work goes on by itself {how}: {}.",
                clock(until)
            );
            stop(question, "Go on now", Some(until))
        }
        FailureKind::ContextFull => anew(step, "The conversation no longer fits into the model's context."),
        FailureKind::Server | FailureKind::Other if step.failures >= MAX_FAILURES => help(
            format!("The coding CLI's turns keep ending in an error ({short})."),
            &["Try again"],
            AfterAnswer::Continue,
        ),
        FailureKind::Server | FailureKind::Other => {
            let pause = doubled(limits.backoff_secs, step.failures, MAX_PAUSE_MS, now);
            Action::Enter {
                phase: StepPhase::BackingOff { until: now + pause },
                prompt: None,
                why: format!(
                    "The turn ended in an error ({short}); going on in {} s.",
                    pause.saturating_add(500) / 1000
                ),
            }
        }
    }
}

/// The line of a screen that tells of a usage limit, or all of it.
pub(super) fn limit_words(screen: &str) -> &str {
    let tells = |line: &&str| line.contains("limit") && line.contains("reset") && reset_words(line);
    screen.lines().rev().find(tells).map_or(screen, str::trim)
}

fn reset_words(line: &str) -> bool {
    line.bytes().any(|b| b.is_ascii_digit()) && !line.trim_start().starts_with(['❯', '1', '2'])
}

/// A pause that doubles with each failure, longer by up to a quarter so that many agents do not come back at once.
fn doubled(first_secs: u64, failures: u32, longest: i64, now: i64) -> i64 {
    let pause = seconds(first_secs).saturating_mul(1 << failures.min(12)).min(longest);
    pause + now.rem_euclid(pause / 4 + 1)
}

/// A moment for people, in UTC.
fn clock(at: i64) -> String {
    jiff::Timestamp::from_millisecond(at).map_or_else(
        |_| "later".to_owned(),
        |time| time.to_zoned(jiff::tz::TimeZone::UTC).strftime("%Y-%m-%d %H:%M UTC").to_string(),
    )
}
