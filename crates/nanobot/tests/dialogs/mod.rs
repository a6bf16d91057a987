//! What the real Claude Code asks in the middle of a turn: permissions, questions and plans, under each policy.
//!
//! The model is scripted, both for the coding CLI and for the nanobot that decides.

mod on_screen;
mod permissions;
mod questions;
mod terminal;

use std::time::Duration;

use autocode_nanobot::protocol::{Event, LogLevel, Phase};

pub const LIMIT: Duration = Duration::from_secs(90);

/// A project of one step that is done when `made` exists; `rules` say what the models do.
pub fn scenario(rules: &str) -> String {
    format!(
        r##"
models = [{{ name = "m" }}]

[project]
name = "P"
description = "A goal-word of the project."
architecture = "An architecture-word."
steps = [{{ id = "1", title = "Make it", instructions = "Make the step-word.", verify = "test -e made" }}]

{rules}

[[rules]]
name = "judge-failed"
role = "judge"
verify = "failed"
turns = [{{ verdict = {{ verdict = "ask", reason = "It is not made.", question = "What now?" }} }}]

[[rules]]
name = "judge-passed"
role = "judge"
turns = [{{ verdict = {{ verdict = "complete", reason = "It is made." }} }}]

[[rules]]
name = "title"
role = "title"
turns = [{{ text = '{{"title": "T"}}' }}]
"##
    )
}

/// The coding model's turns: one tool call each, then an end.
pub fn coding(calls: &[(&str, &str)]) -> String {
    let mut turns = String::new();
    for (tool, input) in calls {
        turns += &format!("{{ text = \"Next.\", tools = [{{ name = \"{tool}\", input = {input} }}] }},\n");
    }
    format!(
        "[[rules]]\nname = \"coding\"\nrole = \"coding\"\nturns = [\n{turns}{{ text = \"I am through.\" }},\n]\n"
    )
}

pub fn bash(command: &str) -> (&'static str, String) {
    ("Bash", format!("{{ command = \"{command}\", description = \"x\" }}"))
}

fn commands(commands: &[&str]) -> String {
    let calls: Vec<_> = commands.iter().map(|command| bash(command)).collect();
    coding(&calls.iter().map(|(tool, input)| (*tool, input.as_str())).collect::<Vec<_>>())
}

/// A rule for the nanobot's model.
pub fn says(role: &str, contains: &str, text: &str) -> String {
    format!(
        "[[rules]]\nname = \"{role}-{contains}\"\nrole = \"{role}\"\ncontains = [\"{contains}\"]\nturns = [{{ text = '{text}' }}]\n"
    )
}

pub fn decisions(events: &[Event], part: &str) -> Vec<String> {
    events
        .iter()
        .filter_map(|event| match event {
            Event::Log { level: LogLevel::AgentDecision, message } if message.contains(part) => {
                Some(message.clone())
            }
            _ => None,
        })
        .collect()
}

fn asked(events: &[Event]) -> Vec<(String, Vec<String>)> {
    events
        .iter()
        .filter_map(|event| match event {
            Event::HelpRequested { question, suggestions, .. } => {
                Some((question.clone(), suggestions.clone()))
            }
            _ => None,
        })
        .collect()
}

fn phases(events: &[Event]) -> Vec<Phase> {
    events
        .iter()
        .filter_map(|event| match event {
            Event::PhaseChanged { phase, .. } => Some(*phase),
            _ => None,
        })
        .collect()
}

pub fn is_help(event: &Event) -> bool {
    matches!(event, Event::HelpRequested { .. })
}

fn is_running(event: &Event) -> bool {
    matches!(event, Event::PhaseChanged { phase: Phase::Running, .. })
}
