//! What a run did, in a form that a test can compare as a whole.

use autocode_nanobot::protocol::{Event, StepStatus};

/// The events' kinds for a step, in order.
pub fn milestones(events: &[Event]) -> Vec<String> {
    events
        .iter()
        .filter_map(|event| match event {
            Event::PhaseChanged { phase, .. } => Some(format!("{phase:?}")),
            Event::TurnStarted { step, attempt } => Some(format!("turn {step}.{attempt}")),
            Event::TurnEnded { step } => Some(format!("end {step}")),
            Event::StepUpdated { step } if step.status == StepStatus::Completed => {
                Some(format!("done {}", step.id))
            }
            Event::PlanProposed { steps } => Some(format!("plan of {}", steps.len())),
            Event::HelpRequested { .. } => Some("help".to_owned()),
            _ => None,
        })
        .collect()
}

/// Three steps of the demonstration, of which the second needs a fix.
pub const THREE_STEPS: [&str; 13] = [
    "Running",
    "turn 1.1",
    "end 1",
    "done 1",
    "turn 2.1",
    "end 2",
    "turn 2.2",
    "end 2",
    "done 2",
    "turn 3.1",
    "end 3",
    "done 3",
    "Completed",
];
