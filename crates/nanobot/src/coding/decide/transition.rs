//! What an action changes in the step's state: noted on the disk before the action is carried out.
//!
//! Pure, and the only place where these fields change; what an action finds out (an output, a commit) is noted by
//! whoever carries it out.

use super::Action;
use crate::{
    coding::{FailureKind, text::tail},
    state::{AfterAnswer, PromptKind, Sending, StepPhase, StepState},
};

/// Longest message of a turn that is kept, in bytes.
const MAX_MESSAGE: usize = 16 * 1024;

/// Changes the state; `answered` says that a person's answer led to the action.
pub fn note(step: &mut StepState, action: &Action, now: i64, answered: bool) {
    match action {
        Action::Start { .. } => {
            step.starts.push(now);
            step.restarted |= matches!(step.phase, StepPhase::Sent(_));
            if matches!(step.phase, StepPhase::Interrupting { .. } | StepPhase::ClosingDialog { .. }) {
                step.phase = StepPhase::Ready;
            }
        }
        Action::StartAnew { prompt, .. } => {
            step.new_conversations += 1;
            step.task_known = false;
            step.prompt = prompt.clone();
            step.phase = StepPhase::Ready;
        }
        Action::Interrupt { prompt, .. } => {
            step.stalls += 1;
            step.prompt = prompt.clone();
            step.phase = StepPhase::Interrupting { at: now };
        }
        Action::AskToEndBackground { why } => {
            step.background_asks += 1;
            step.prompt = PromptKind::Continue {
                why: format!("{why} End it now, or wait until it is done if the step needs its result."),
            };
            step.phase = StepPhase::Ready;
        }
        Action::DecideDialog { .. } => step.screen_dialogs += 1,
        Action::CloseDialog { prompt, .. } => {
            let presses = match step.phase {
                StepPhase::ClosingDialog { presses, .. } => presses + 1,
                _ => 1,
            };
            if let Some(prompt) = prompt {
                step.prompt = prompt.clone();
            }
            step.phase = StepPhase::ClosingDialog { at: now, presses };
        }
        Action::PressEnter => {
            if let StepPhase::Sending(sending) = &mut step.phase {
                sending.enters += 1;
                sending.at = now;
            }
        }
        // What was given back is not in the conversation.
        Action::ClearDraft => step.task_known = false,
        Action::Delivered => {
            if let StepPhase::Sending(sending) = &step.phase {
                step.phase = StepPhase::Sent(Sending { at: now, ..sending.clone() });
                step.task_known = true;
            }
        }
        Action::EndTurn { message, .. } => {
            step.phase = StepPhase::TurnEnded { message: tail(message, MAX_MESSAGE).to_owned() };
            step.failures = 0;
            step.limit_pauses = 0;
            step.background_asks = 0;
            step.restarted = false;
        }
        Action::Enter { phase, prompt, .. } => {
            let about_draft = matches!(&step.phase, StepPhase::Waiting(help) if matches!(help.then, AfterAnswer::Draft { .. }));
            if answered && about_draft {
                step.draft_kept_at = now;
            }
            enter(step, phase, prompt.as_ref(), answered);
        }
        Action::NextAttempt { .. } => next_attempt(step, action),
        Action::AskForHelp(help) => {
            // Asked by a process before this one: the same pause goes on.
            let again = matches!(step.phase, StepPhase::Waiting(_));
            if help.failure == Some(FailureKind::RateLimit) && !again {
                step.limit_pauses += 1;
            }
            let mut help = help.clone();
            help.asked = true;
            step.phase = StepPhase::Waiting(help);
        }
        Action::Wait { .. }
        | Action::ReadScreen
        | Action::ReadRecord
        | Action::Send { .. }
        | Action::PressEscape
        | Action::RemoveDraft
        | Action::Verify
        | Action::Evaluate
        | Action::Commit
        | Action::Finish => {}
    }
}

fn enter(step: &mut StepState, phase: &StepPhase, prompt: Option<&PromptKind>, answered: bool) {
    step.phase = phase.clone();
    if let Some(prompt) = prompt {
        step.prompt = prompt.clone();
    }
    if matches!(phase, StepPhase::BackingOff { .. }) {
        step.failures += 1;
    }
    if answered {
        step.failures = 0;
        step.new_conversations = 0;
        step.background_asks = 0;
        step.screen_dialogs = 0;
        step.starts.clear();
    }
}

fn next_attempt(step: &mut StepState, action: &Action) {
    let Action::NextAttempt { instructions, from_person, error, new_approach } = action else { return };
    if *from_person {
        step.attempts_before_answer = step.attempt;
        step.failures = 0;
        step.stalls = 0;
        step.screen_dialogs = 0;
    }
    // Another failure than before has not been tried another way yet.
    let again = matches!((&step.same_error, error), (Some(a), Some(b)) if a.text == b.text);
    step.approach_changed = *new_approach || (again && step.approach_changed);
    step.same_error = error.clone();
    step.attempt += 1;
    step.prompt = PromptKind::Fix { instructions: instructions.clone() };
    step.phase = StepPhase::Ready;
}
