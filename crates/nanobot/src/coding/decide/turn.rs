//! Rules for a turn under way: its end, its failure, its silence.

use super::{
    Action, DIALOG_MS, INTERRUPT_MS, MAX_BACKGROUND_ASKS, MAX_CONVERSATIONS, MAX_STALLS, QUIET_MS, SILENT_MS,
    dialog::open_dialog,
    failure::{classify_failure, failed, limit_words},
    help, seconds, stand_back, wait,
};
use crate::{
    coding::{
        Activity, FailureKind, Observation, observation::TurnOutcome, screen::ScreenStatus, text::draft_is,
    },
    protocol::Limits,
    state::{AfterAnswer, PromptKind, Sending, StepPhase, StepState},
};

pub(super) fn sent(step: &StepState, sending: &Sending, seen: &Observation, limits: &Limits) -> Action {
    match &seen.outcome {
        Some((TurnOutcome::Failed { kind, message }, _)) => {
            return failed(step, *kind, message, seen.now, limits);
        }
        Some((TurnOutcome::Ended { message, background }, at)) => {
            return ended(step, message, *background, *at, seen, limits);
        }
        None => {}
    }
    if seen.compacting_since.is_some_and(|since| seen.now - since > seconds(limits.compaction_secs)) {
        return anew(step, "The conversation could not be summarised in time.");
    }
    match seen.activity {
        Activity::Busy if seen.now - seen.progress_at.max(sending.at) > seconds(limits.stall_secs) => {
            return stalled(step, limits);
        }
        Activity::Busy => return wait(false),
        Activity::Waiting if seen.now - seen.activity_since < DIALOG_MS => return wait(false),
        Activity::Waiting => {
            return match &seen.screen {
                None => Action::ReadScreen,
                Some(screen) if screen.status == ScreenStatus::UsageLimit => {
                    failed(step, FailureKind::RateLimit, limit_words(&screen.text), seen.now, limits)
                }
                Some(screen) => open_dialog(step, seen, screen, &StepPhase::Sent(sending.clone())),
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
        return interrupted();
    }
    if let Some(error) = &record.api_error {
        return failed(step, classify_failure(error), error, seen.now, limits);
    }
    if record.ended {
        return Action::EndTurn {
            message: record.last_text.clone(),
            why: "The CLI is idle and its record says that the turn ended.",
        };
    }
    let Some(screen) = &seen.screen else { return Action::ReadScreen };
    if screen.status == ScreenStatus::UsageLimit {
        return failed(step, FailureKind::RateLimit, limit_words(&screen.text), seen.now, limits);
    }
    if screen.status.is_dialog() {
        return open_dialog(step, seen, screen, &StepPhase::Sent(sending.clone()));
    }
    // Escape before the first answer gives the prompt back into the box.
    let given_back = screen.draft.as_ref().is_some_and(|draft| draft_is(draft, &sending.text));
    if !step.restarted && (given_back || screen.status == ScreenStatus::Interrupted) {
        return interrupted();
    }
    if seen.compacted && quiet > QUIET_MS {
        return go_on("The conversation was summarised and the turn did not go on after it.");
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
        return go_on(why);
    }
    wait(false)
}

fn go_on(why: &str) -> Action {
    Action::Enter {
        phase: StepPhase::Ready,
        prompt: Some(PromptKind::Continue { why: why.to_owned() }),
        why: format!("{why} Telling it to go on, without a second copy of the task."),
    }
}

fn interrupted() -> Action {
    help(
        "Somebody interrupted the coding CLI. Its work on this step rests until you say how to go on.",
        &["Go on with the step"],
        AfterAnswer::Continue,
    )
}

/// A conversation that cannot go on is replaced by a new one, which is told where the step stands.
pub(super) fn anew(step: &StepState, why: &str) -> Action {
    if step.new_conversations >= MAX_CONVERSATIONS {
        return help(
            format!(
                "{why} That was so in new conversations too: the step may be too large for the model's context."
            ),
            &["Try again with a new conversation"],
            AfterAnswer::Continue,
        );
    }
    let prompt =
        PromptKind::Continue { why: format!("{why} This is a new conversation about the same step.") };
    Action::StartAnew {
        prompt,
        why: format!("{why} Beginning a new conversation with a summary of the state."),
    }
}

fn stalled(step: &StepState, limits: &Limits) -> Action {
    let silence = format!("No progress for {} seconds", limits.stall_secs);
    if step.stalls >= MAX_STALLS {
        let resume = Box::new(step.phase.clone());
        return help(
            format!("{silence}, for the {}th time in this step. What should be done?", step.stalls + 1),
            &["Interrupt it and go on with the step"],
            AfterAnswer::Interrupt { resume },
        );
    }
    Action::Interrupt {
        prompt: after_stall(&silence),
        why: format!(
            "{silence} (stall {} of this step): interrupting the turn and asking what happened.",
            step.stalls + 1
        ),
    }
}

pub(super) fn after_stall(silence: &str) -> PromptKind {
    PromptKind::Continue {
        why: format!(
            "{silence}, so you were interrupted. Say first what happened and what you were waiting for; then take a \
             way that does not wait without end."
        ),
    }
}

/// The turn was told to end: the next prompt follows when the CLI rests, or after a new start if it does not react.
pub(super) fn interrupting(at: i64, seen: &Observation) -> Action {
    if seen.activity != Activity::Busy && seen.now - at > 500 {
        return Action::Enter {
            phase: StepPhase::Ready,
            prompt: None,
            why: "The turn was ended; going on with the step.".to_owned(),
        };
    }
    if seen.now - at > INTERRUPT_MS {
        return Action::Start {
            why: "The coding CLI does not react to Ctrl+C; starting it again with its conversation.",
        };
    }
    wait(true)
}

fn ended(
    step: &StepState,
    message: &str,
    background: usize,
    at: i64,
    seen: &Observation,
    limits: &Limits,
) -> Action {
    let since = seen.now - at;
    if background > 0 {
        return background_work(step, message, background, since, limits);
    }
    if seen.activity == Activity::Busy {
        // The status lags behind the signal by some milliseconds; longer means that another turn follows.
        return if since < QUIET_MS {
            wait(true)
        } else {
            stand_back("Another turn follows at once; waiting for its end.")
        };
    }
    Action::EndTurn { message: message.to_owned(), why: "The CLI said that its turn is over." }
}

/// A turn with work in the background is not finished: it is waited for, then asked to end.
fn background_work(
    step: &StepState,
    message: &str,
    background: usize,
    since: i64,
    limits: &Limits,
) -> Action {
    if since < seconds(limits.background_secs) {
        return stand_back("The turn ended, but background work still runs; waiting for it.");
    }
    if step.background_asks >= MAX_BACKGROUND_ASKS {
        return help(
            format!(
                "{background} background task(s) of the coding CLI still run, although it was asked to end them."
            ),
            &["Verify the step as it is"],
            AfterAnswer::Retry { resume: Box::new(StepPhase::TurnEnded { message: message.to_owned() }) },
        );
    }
    Action::AskToEndBackground {
        why: format!(
            "{background} background task(s) still run {} seconds after the turn's end, so it is not finished.",
            since / 1000
        ),
    }
}
