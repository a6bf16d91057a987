//! Rules for a turn under way: its end, its failure, its silence.

use super::{
    Action, BACKGROUND_MS, DIALOG_MS, MAX_FAILURES, QUIET_MS, SILENT_MS, help, prompt::open_dialog,
    stand_back, wait,
};
use crate::{
    coding::{Activity, FailureKind, Observation, observation::TurnOutcome},
    state::{AfterAnswer, Help, PromptKind, Sending, StepPhase, StepState},
};

pub(super) fn sent(step: &StepState, sending: &Sending, seen: &Observation) -> Action {
    match &seen.outcome {
        Some((TurnOutcome::Failed { kind, message }, _)) => return failed(step, *kind, message, seen.now),
        Some((TurnOutcome::Ended { message, background }, at)) => {
            return ended(message, *background, *at, seen);
        }
        None => {}
    }
    match seen.activity {
        Activity::Busy => return wait(false),
        Activity::Waiting if seen.now - seen.activity_since < DIALOG_MS => return wait(false),
        Activity::Waiting => {
            return match &seen.screen {
                None => Action::ReadScreen,
                Some(screen) => open_dialog(seen, screen, &StepPhase::Sent(sending.clone())),
            };
        }
        Activity::Idle | Activity::Unknown => {}
    }
    let quiet = seen.now - seen.activity_since.max(sending.at);
    if quiet < QUIET_MS && !step.restarted {
        return wait(false);
    }
    // Idle, and no word of an end: the signal was lost, the turn was interrupted, or the CLI was started again.
    let Some(record) = &seen.record else { return Action::ReadRecord };
    if record.interrupted && !step.restarted {
        return help(
            "Somebody interrupted the coding CLI. Its work on this step rests until you say how to go on.",
            &["Go on with the step"],
            AfterAnswer::Continue,
        );
    }
    if let Some(error) = &record.api_error {
        return failed(step, classify_failure(error), error, seen.now);
    }
    if record.ended {
        return Action::EndTurn {
            message: record.last_text.clone(),
            why: "The CLI is idle and its record says that the turn ended.",
        };
    }
    let Some(screen) = &seen.screen else { return Action::ReadScreen };
    if screen.status.is_dialog() {
        return open_dialog(seen, screen, &StepPhase::Sent(sending.clone()));
    }
    if seen.activity == Activity::Unknown && !screen.status.takes_prompt() {
        return wait(true);
    }
    if step.restarted || quiet > SILENT_MS {
        let why = if step.restarted {
            "The coding CLI was started again in the middle of the turn."
        } else {
            "The coding CLI fell silent before its turn ended."
        };
        return Action::Enter {
            phase: StepPhase::Ready,
            prompt: Some(PromptKind::Continue { why: why.to_owned() }),
            why: format!("{why} Telling it to go on, without a second copy of the task."),
        };
    }
    wait(false)
}

fn ended(message: &str, background: usize, at: i64, seen: &Observation) -> Action {
    let since = seen.now - at;
    if background > 0 && since < BACKGROUND_MS {
        return stand_back("The turn ended, but background work still runs; waiting for it.");
    }
    if seen.activity == Activity::Busy {
        // The status lags behind the signal by some milliseconds; longer means that another turn follows.
        return if since < QUIET_MS {
            wait(true)
        } else {
            stand_back("Another turn follows at once; waiting for its end.")
        };
    }
    let why = if background > 0 {
        "Background work outlived its turn for two minutes; not waiting longer."
    } else {
        "The CLI said that its turn is over."
    };
    Action::EndTurn { message: message.to_owned(), why }
}

/// What kind of error the CLI's words mean.
pub fn classify_failure(text: &str) -> FailureKind {
    let text = text.to_lowercase();
    let has = |phrases: &[&str]| phrases.iter().any(|p| text.contains(p));
    if has(&["credit balance", "billing", "payment", "402"]) {
        FailureKind::Billing
    } else if has(&["/login", "401", "403", "authentication", "invalid api key", "oauth", "permission_error"])
    {
        FailureKind::Authentication
    } else if has(&["429", "rate limit", "rate_limit", "hit your limit", "usage limit"]) {
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

pub(super) fn failed(step: &StepState, kind: FailureKind, message: &str, now: i64) -> Action {
    let short: String = message.chars().take(300).collect();
    let stop = |question: String, suggestions: &[&str]| {
        Action::AskForHelp(Box::new(Help {
            question,
            suggestions: suggestions.iter().map(|s| (*s).to_owned()).collect(),
            then: AfterAnswer::Continue,
            asked: false,
            failure: Some(kind),
        }))
    };
    match kind {
        FailureKind::Authentication => stop(
            format!(
                "The model's provider refused the key ({short}). Put a valid key for the provider into Settings, then go on."
            ),
            &["The key is in place: go on"],
        ),
        FailureKind::Billing => stop(
            format!(
                "The model's provider says that there is no credit left ({short}). Add credit there, then go on."
            ),
            &["There is credit again: go on"],
        ),
        _ if step.failures >= MAX_FAILURES => {
            stop(format!("The coding CLI's turns keep ending in an error ({short})."), &["Try again"])
        }
        _ => {
            let base: i64 = if kind == FailureKind::RateLimit { 60_000 } else { 5_000 };
            let pause = (base << step.failures.min(6)).min(300_000);
            Action::Enter {
                phase: StepPhase::BackingOff { until: now + pause },
                prompt: None,
                why: format!("The turn ended in an error ({short}); going on in {} s.", pause / 1000),
            }
        }
    }
}
