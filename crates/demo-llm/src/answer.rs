//! An answer, ready to be put into a wire format.
//!
//! Must not know which wire format that will be.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    dialect::translate,
    request::{ModelRequest, Role},
    scenario::{ModelPace, Scenario},
    template::{expand, expand_json, verify_tail},
    turn::{ErrorAnswer, Turn, UsageFigures},
};

const UNKNOWN: &str = "This is AutoCode's built-in demonstration model: it only knows its scripted scenarios and cannot \
    work on anything else. Choose a real model for this agent to build your own project.";

/// What the scripted model says and does in one turn.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What it says; may be empty.
    pub text: String,
    /// What it calls; none means that its turn ends.
    pub tools: Vec<ToolUse>,
    /// Fail with this instead.
    pub error: Option<ErrorAnswer>,
    /// Time before the first byte.
    pub delay: Duration,
    /// Time between pieces of a stream.
    pub chunk_delay: Duration,
    /// Figures to report.
    pub usage: UsageFigures,
}

/// A tool call with its placeholders filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolUse {
    /// The tool's name.
    pub name: String,
    /// Its input.
    pub input: Value,
}

impl Answer {
    pub(crate) fn from_turn(scenario: &Scenario, request: &ModelRequest, turn: &Turn) -> Self {
        let prompt = request.prompt_text();
        let value = |name: &str| match name {
            "cwd" => Some(request.cwd.clone().unwrap_or_else(|| ".".to_owned())),
            "verify_tail" => Some(verify_tail(&prompt)),
            _ => name.strip_prefix("file:").and_then(|file| scenario.files.get(file).cloned()),
        };
        let text = match &turn.verdict {
            Some(verdict) => expand_json(&json!(verdict), &value).to_string(),
            None if turn.plan => plan(scenario),
            None => expand(&turn.text, &value),
        };
        // Only a coding CLI is slowed down: waiting for a judgement teaches nobody anything.
        let pace: Option<&ModelPace> =
            scenario.models.iter().find(|m| m.name == request.model && request.role == Role::Coding);
        let (delay, chunk_delay) = pace.map_or((0, 0), |pace| (pace.delay_ms, pace.chunk_delay_ms));
        Self {
            text,
            tools: turn
                .tools
                .iter()
                .map(|tool| ToolUse { name: tool.name.clone(), input: expand_json(&tool.input, &value) })
                .map(|tool| translate(tool, &request.tools))
                .collect(),
            error: turn.error.clone(),
            delay: Duration::from_millis(delay + turn.delay_ms),
            chunk_delay: Duration::from_millis(chunk_delay + turn.chunk_delay_ms),
            usage: turn.usage.unwrap_or(scenario.usage),
        }
    }

    pub(crate) fn unknown(scenario: &Scenario) -> Self {
        Self {
            text: UNKNOWN.to_owned(),
            tools: Vec::new(),
            error: None,
            delay: Duration::ZERO,
            chunk_delay: Duration::ZERO,
            usage: scenario.usage,
        }
    }
}

/// The plan as JSON; its first step says that it is a demonstration, since a person may have asked for something else.
fn plan(scenario: &Scenario) -> String {
    let mut steps = scenario.project.steps.clone();
    if let Some(first) = steps.first_mut() {
        first.instructions.push_str(
            "\n(This plan is AutoCode's built-in demonstration: the demo model plans and builds only this program. \
             Choose a real model to have your own project planned.)",
        );
    }
    json!({ "steps": steps }).to_string()
}
