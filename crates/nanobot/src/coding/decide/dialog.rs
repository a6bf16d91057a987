//! Rules for dialogs in the terminal: who decides them, and how they are closed.
//!
//! Questions and plans that no hook told of are decided like all others, then closed with Escape and answered by a prompt; a
//! line of a menu is never chosen. Permissions go to a person: what the screen does not show cannot be judged.

use super::{Action, CLOSE_MS, DIALOG_MS, INTERRUPT_MS, MAX_ESCAPES, MAX_SCREEN_DIALOGS, help, wait};
use crate::{
    coding::{
        Activity, Observation, OnScreen,
        dialog::Dialog,
        screen::{ScreenReading, ScreenStatus},
    },
    state::{AfterAnswer, PromptKind, StepPhase, StepState},
};

/// Milliseconds until the screen shows what a key did.
const SHOWN_MS: i64 = 500;

fn is_decidable(status: ScreenStatus) -> bool {
    matches!(status, ScreenStatus::Question | ScreenStatus::PlanApproval)
}

/// What to do about a dialog that nothing else told of.
pub(super) fn open_dialog(
    step: &StepState,
    seen: &Observation,
    screen: &ScreenReading,
    resume: &StepPhase,
) -> Action {
    let start_dialog = screen.status == ScreenStatus::StartDialog;
    if !start_dialog && (seen.answering || seen.now - seen.activity_since < DIALOG_MS) {
        return wait(false);
    }
    // While it is not clear whether a prompt arrived, nothing may be sent after it.
    let sure = !matches!(resume, StepPhase::Sending(_));
    if let Some(dialog) = Dialog::on_screen(screen).filter(|_| sure)
        && step.screen_dialogs < MAX_SCREEN_DIALOGS
    {
        return Action::DecideDialog {
            dialog,
            why: "The coding CLI asks something that only its screen shows; having it decided.",
        };
    }
    let question = match screen.status {
        ScreenStatus::StartDialog => {
            "The coding CLI asks something at its start that is not known. Answer it in the terminal."
        }
        ScreenStatus::PlanApproval => "The coding CLI asks for approval of a plan.",
        ScreenStatus::Permission => "The coding CLI waits for a permission in the terminal.",
        _ => "The coding CLI asks a question in the terminal.",
    };
    help(
        question,
        &["I answered it in the terminal"],
        AfterAnswer::Dialog { resume: Box::new(resume.clone()) },
    )
}

/// The dialog that was put to be decided: waited for, then closed. `None` when there is none.
pub(super) fn on_screen(step: &StepState, seen: &Observation) -> Option<Action> {
    if !matches!(step.phase, StepPhase::Ready | StepPhase::Sent(_)) {
        return None;
    }
    let words = match &seen.on_screen {
        OnScreen::Unasked => return None,
        OnScreen::Deciding => return Some(wait(false)),
        OnScreen::Decided(words) => words,
    };
    let Some(screen) = &seen.screen else { return Some(Action::ReadScreen) };
    is_decidable(screen.status).then(|| Action::CloseDialog {
        prompt: Some(answered(step, words)),
        why: "The dialog is decided: closing it without choosing any of its lines; the answer follows as a prompt.",
    })
}

/// The next prompt with the answer in it. One that was not sent yet is not lost.
fn answered(step: &StepState, words: &str) -> PromptKind {
    match (&step.phase, &step.prompt) {
        (StepPhase::Ready, PromptKind::Fix { instructions }) => {
            PromptKind::Fix { instructions: format!("{words}\n\n{instructions}") }
        }
        (StepPhase::Ready, PromptKind::Continue { why }) => {
            PromptKind::Continue { why: format!("{words}\n\n{why}") }
        }
        // A task that the conversation does not know yet is part of every prompt.
        _ => PromptKind::Continue { why: words.to_owned() },
    }
}

/// Escape was pressed: once the dialog is gone and the CLI rests, the answer is sent.
pub(super) fn closing(step: &StepState, at: i64, presses: u32, seen: &Observation) -> Action {
    let since = seen.now - at;
    if since < SHOWN_MS {
        return wait(true);
    }
    let Some(screen) = &seen.screen else { return Action::ReadScreen };
    if is_decidable(screen.status) {
        return if since < CLOSE_MS {
            wait(true)
        } else if presses < MAX_ESCAPES {
            Action::CloseDialog { prompt: None, why: "The decided dialog is still open: closing it again." }
        } else {
            help(
                "A dialog of the coding CLI is decided but does not close. Close it in the terminal.",
                &["I closed it in the terminal"],
                AfterAnswer::Dialog { resume: Box::new(StepPhase::Ready) },
            )
        };
    }
    let moves = matches!(seen.activity, Activity::Busy | Activity::Waiting);
    if (moves || screen.status == ScreenStatus::Unknown) && since < INTERRUPT_MS {
        return wait(true);
    }
    if seen.activity == Activity::Busy {
        return Action::Interrupt {
            prompt: step.prompt.clone(),
            why: "The coding CLI went on without the answer: ending its turn to tell it.".to_owned(),
        };
    }
    Action::Enter {
        phase: StepPhase::Ready,
        prompt: None,
        why: "The dialog is closed; telling the coding CLI the answer.".to_owned(),
    }
}
