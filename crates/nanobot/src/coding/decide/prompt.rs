//! Rules for a prompt that is to be sent, or was sent and is not acknowledged.

use super::{
    ACKNOWLEDGE_MS, Action, DRAFT_MS, SETTLE_MS, START_MS, UNCLEAR_MS, dialog::open_dialog, help, stand_back,
    wait,
};
use crate::{
    coding::{Activity, Observation, screen::ScreenStatus, text::draft_is},
    state::{AfterAnswer, Sending, StepPhase, StepState},
};

/// The answer that has a forgotten text removed.
pub(super) const REMOVE_DRAFT: &str = "Remove it and go on";
/// The answer that leaves it.
const KEEP_DRAFT: &str = "Leave it, I am still writing";

/// Why a prompt may not be sent now, and what to do instead; `None` if it may.
fn obstacle(step: &StepState, seen: &Observation, resume: &StepPhase) -> Option<Action> {
    let young = seen.started_at.is_some_and(|at| seen.now - at < SETTLE_MS);
    match (seen.activity, &seen.screen) {
        (Activity::Busy, _) => {
            return Some(stand_back("The coding CLI is busy with something else; waiting for its end."));
        }
        (Activity::Waiting, Some(screen)) if screen.status != ScreenStatus::UsageLimit => {
            return Some(open_dialog(step, seen, screen, resume));
        }
        (Activity::Unknown, _) if young => return Some(wait(true)),
        _ => {}
    }
    let Some(screen) = &seen.screen else { return Some(Action::ReadScreen) };
    if screen.status == ScreenStatus::UsageLimit {
        // The wait for it is over; its menu must not take the prompt.
        return Some(Action::PressEscape);
    }
    if screen.status.is_dialog() {
        return Some(open_dialog(step, seen, screen, resume));
    }
    if let Some(draft) = &screen.draft {
        // Given back by a turn that was ended before its first answer.
        if step.last_prompt.as_ref().is_some_and(|last| draft_is(draft, last)) {
            return Some(Action::ClearDraft);
        }
        return Some(foreign_draft(step, seen, draft, resume));
    }
    if screen.status.takes_prompt() {
        return None;
    }
    let since = seen.started_at.unwrap_or(seen.activity_since).max(seen.activity_since);
    if seen.now - since > START_MS {
        return Some(help(
            format!("The terminal shows something unknown ({}). What should be done?", screen.status),
            &["Try again"],
            AfterAnswer::Retry { resume: Box::new(resume.clone()) },
        ));
    }
    Some(wait(young))
}

/// Text of a person: theirs to send or to remove. One that stands there for long was forgotten, and its owner is asked.
fn foreign_draft(step: &StepState, seen: &Observation, draft: &str, resume: &StepPhase) -> Action {
    let since = seen.draft_since.unwrap_or(seen.now).max(step.draft_kept_at);
    if seen.now - since < DRAFT_MS {
        return stand_back(
            "Somebody has typed text into the input box; waiting until it is sent or removed.",
        );
    }
    let shown: String = draft.chars().take(200).collect();
    help(
        format!(
            "For {} minutes nothing could be sent, because text that somebody typed stands in the input box of the coding \
             CLI: \u{201c}{shown}\u{201d}. Send or remove it in the terminal, and the work goes on by itself.",
            DRAFT_MS / 60_000
        ),
        &[REMOVE_DRAFT, KEEP_DRAFT],
        AfterAnswer::Draft { resume: Box::new(resume.clone()) },
    )
}

pub(super) fn ready(step: &StepState, seen: &Observation) -> Action {
    if seen.stale && seen.activity != Activity::Busy && seen.activity != Activity::Waiting {
        return Action::Start {
            why: "The coding CLI still has the credentials of an earlier run; starting it again with its conversation.",
        };
    }
    obstacle(step, seen, &StepPhase::Ready).unwrap_or(Action::Send {
        why: "The coding CLI is idle, its input box is empty and no dialog is open.",
    })
}

pub(super) fn sending(step: &StepState, sending: &Sending, seen: &Observation) -> Action {
    if seen.acknowledged {
        return Action::Delivered;
    }
    if seen.now - sending.at < ACKNOWLEDGE_MS {
        return wait(true);
    }
    let Some(record) = &seen.record else { return Action::ReadRecord };
    if record.prompt_seen {
        return Action::Delivered;
    }
    let phase = StepPhase::Sending(sending.clone());
    let unclear = || {
        help(
            "It is not clear whether the last prompt arrived at the coding CLI. Please look at the terminal: sending it twice could do harm.",
            &["It did not arrive", "It arrived"],
            AfterAnswer::Continue,
        )
    };
    let Some(screen) = &seen.screen else { return Action::ReadScreen };
    if screen.status.is_dialog() {
        return open_dialog(step, seen, screen, &phase);
    }
    if let Some(draft) = &screen.draft {
        let ours = draft_is(draft, &sending.text);
        return match (ours, sending.pastes > 0, sending.enters) {
            (true, true, 0 | 1) => Action::PressEnter,
            (false, ..) => foreign_draft(step, seen, draft, &phase),
            _ => unclear(),
        };
    }
    let idle =
        seen.activity != Activity::Busy && seen.activity != Activity::Waiting && screen.status.takes_prompt();
    if idle && sending.pastes < 2 {
        return Action::Send {
            why: "The prompt is neither in the input box nor in the CLI's record: it was lost, sending it once more.",
        };
    }
    if seen.now - sending.at > UNCLEAR_MS || idle {
        return unclear();
    }
    wait(false)
}
