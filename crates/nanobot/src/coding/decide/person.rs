//! Rules while a person is needed.

use super::{Action, prompt::REMOVE_DRAFT, stand_back, turn::after_stall, wait};
use crate::{
    coding::{Activity, Observation, Presence, screen::ScreenStatus, text::same_words},
    state::{AfterAnswer, Help, PromptKind, StepPhase},
};

pub(super) fn waiting(open: &Help, seen: &Observation) -> Action {
    if !open.asked {
        return if seen.screen.is_some() || seen.presence != Presence::Alive {
            Action::AskForHelp(Box::new(open.clone()))
        } else {
            Action::ReadScreen
        };
    }
    if seen.answer.is_none() && open.resumes_at.is_some_and(|at| seen.now >= at) {
        return by_itself(open);
    }
    if let AfterAnswer::Draft { resume } = &open.then {
        return draft(resume, seen);
    }
    let Some(answer) = &seen.answer else {
        if let AfterAnswer::Interrupt { resume } = &open.then
            && (seen.activity != Activity::Busy || seen.presence != Presence::Alive)
        {
            return Action::Enter {
                phase: *resume.clone(),
                prompt: None,
                why: "The turn moves again; going on with it.".to_owned(),
            };
        }
        if let AfterAnswer::Dialog { resume } = &open.then
            && (matches!(seen.activity, Activity::Busy | Activity::Idle) || seen.presence != Presence::Alive)
        {
            let Some(screen) = &seen.screen else {
                return if seen.presence == Presence::Alive {
                    Action::ReadScreen
                } else {
                    leave(resume, None)
                };
            };
            if !screen.status.is_dialog() && screen.status != ScreenStatus::Unknown {
                return leave(resume, None);
            }
        }
        return wait(false);
    };
    match &open.then {
        AfterAnswer::Fix => Action::NextAttempt {
            instructions: answer.clone(),
            from_person: true,
            error: None,
            new_approach: false,
        },
        AfterAnswer::Continue => Action::Enter {
            phase: StepPhase::Ready,
            prompt: Some(PromptKind::Continue { why: format!("A person says: {answer}") }),
            why: "A person answered; going on with the step.".to_owned(),
        },
        AfterAnswer::Interrupt { .. } => Action::Interrupt {
            prompt: after_stall(&format!("A person says: {answer}. There was no progress")),
            why: "A person answered; interrupting the turn that makes no progress.".to_owned(),
        },
        AfterAnswer::Retry { resume } | AfterAnswer::Draft { resume } => {
            leave(resume, Some("A person answered; trying again."))
        }
        AfterAnswer::Dialog { resume } => {
            let Some(screen) = &seen.screen else {
                return if seen.presence == Presence::Alive {
                    Action::ReadScreen
                } else {
                    leave(resume, None)
                };
            };
            match screen.status {
                ScreenStatus::Permission
                | ScreenStatus::Question
                | ScreenStatus::PlanApproval
                | ScreenStatus::UsageLimit => Action::PressEscape,
                // A dialog at the start has no harmless key.
                ScreenStatus::StartDialog => stand_back("The dialog is still open in the terminal."),
                _ if same_words(answer, "I answered it in the terminal") => leave(resume, None),
                _ => Action::Enter {
                    phase: StepPhase::Ready,
                    prompt: Some(PromptKind::Continue { why: format!("A person says: {answer}") }),
                    why: "A person answered; going on with the step.".to_owned(),
                },
            }
        }
    }
}

/// Somebody's text stood in the input box when the question was asked.
fn draft(resume: &StepPhase, seen: &Observation) -> Action {
    if seen.presence != Presence::Alive {
        return leave(resume, Some("The coding CLI with the forgotten text has ended; going on."));
    }
    let remove = match &seen.answer {
        Some(answer) if same_words(answer, REMOVE_DRAFT) => true,
        Some(_) => {
            return leave(resume, Some("The text stays in the input box; waiting for its end again."));
        }
        None => false,
    };
    match &seen.screen {
        None => Action::ReadScreen,
        Some(screen) if screen.draft.is_none() => {
            leave(resume, Some("The text is gone from the input box; going on."))
        }
        Some(_) if remove => Action::RemoveDraft,
        Some(_) => wait(false),
    }
}

/// The time has come that the question named.
fn by_itself(open: &Help) -> Action {
    const WHY: &str = "The time of the pause is over; going on without an answer.";
    match &open.then {
        AfterAnswer::Retry { resume }
        | AfterAnswer::Draft { resume }
        | AfterAnswer::Dialog { resume }
        | AfterAnswer::Interrupt { resume } => leave(resume, Some(WHY)),
        AfterAnswer::Fix | AfterAnswer::Continue => Action::Enter {
            phase: StepPhase::Ready,
            prompt: Some(PromptKind::Continue {
                why: "The work had to pause for a limit or an error of the model; the pause is over."
                    .to_owned(),
            }),
            why: WHY.to_owned(),
        },
    }
}

fn leave(resume: &StepPhase, why: Option<&str>) -> Action {
    Action::Enter {
        phase: resume.clone(),
        prompt: None,
        why: why.unwrap_or("The dialog in the terminal is closed; going on where the step was.").to_owned(),
    }
}
