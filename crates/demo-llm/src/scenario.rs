//! Scenario files: which answer belongs to which request.
//!
//! Must not know wire formats, and keeps nothing between two requests.

use std::{collections::BTreeMap, fs, path::Path};

use serde::Deserialize;
use thiserror::Error;

use crate::{
    answer::Answer,
    project::DemoProject,
    request::{ModelRequest, Role},
    template::verify_code,
    turn::{Turn, UsageFigures},
};

/// Why a scenario cannot be used.
#[derive(Debug, Error)]
pub enum ScenarioError {
    /// The file cannot be read.
    #[error("The scenario file cannot be read: {0}")]
    Read(#[from] std::io::Error),
    /// It is no TOML, or not of this shape.
    #[error("The scenario is not well-formed: {0}")]
    Parse(#[from] toml::de::Error),
    /// A rule cannot work.
    #[error("Rule \u{201c}{rule}\u{201d}: {problem}")]
    Rule {
        /// The rule's name.
        rule: String,
        /// What is wrong with it.
        problem: &'static str,
    },
}

/// A scenario: a project, the models that play it, and the rules by which they answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// The project that it can build; also the plan for every planning request.
    #[serde(default)]
    pub project: DemoProject,
    /// Models it is offered as.
    #[serde(default)]
    pub models: Vec<ModelPace>,
    /// Texts that strings of turns name as `{{file:NAME}}`.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    /// Usage figures of answers that state none.
    #[serde(default)]
    pub usage: UsageFigures,
    /// The rules; the first that matches answers.
    pub rules: Vec<Rule>,
}

/// A model's name and how slowly it answers a coding CLI.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelPace {
    /// Name without the provider.
    pub name: String,
    /// Milliseconds before the first byte.
    #[serde(default)]
    pub delay_ms: u64,
    /// Milliseconds between the pieces of a stream.
    #[serde(default)]
    pub chunk_delay_ms: u64,
}

/// When to answer, and with what.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// For the journal and for error messages.
    pub name: String,
    /// Model name, `*` for any text within it.
    #[serde(default = "any")]
    pub model: String,
    /// Kind of caller; none means any.
    #[serde(default)]
    pub role: Option<Role>,
    /// The prompt's first line begins with one of these; empty means any.
    #[serde(default)]
    pub first_line: Vec<String>,
    /// The prompt contains all of these.
    #[serde(default)]
    pub contains: Vec<String>,
    /// The prompt contains none of these.
    #[serde(default)]
    pub not_contains: Vec<String>,
    /// How the verify command of an evaluation request ended.
    #[serde(default)]
    pub verify: Option<VerifyOutcome>,
    /// Assistant turns, chosen by how many turns with tool calls came before; the last one repeats.
    pub turns: Vec<Turn>,
}

fn any() -> String {
    "*".to_owned()
}

/// How a verify command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerifyOutcome {
    /// Exit code 0, or there was no command.
    Passed,
    /// Anything else.
    Failed,
}

impl Scenario {
    /// The embedded demonstration.
    ///
    /// # Errors
    /// If it were broken, which a test excludes.
    pub fn builtin() -> Result<Self, ScenarioError> {
        Self::parse(include_str!("../scenarios/builder.toml"))
    }

    /// A scenario from a TOML file.
    ///
    /// # Errors
    /// If the file cannot be read, or as [`Scenario::parse`].
    pub fn load(path: &Path) -> Result<Self, ScenarioError> {
        Self::parse(&fs::read_to_string(path)?)
    }

    /// A scenario from TOML text.
    ///
    /// # Errors
    /// If it is not of the right shape, a rule has no turn, or a rule's last turn calls tools and so would never end.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        let scenario: Self = toml::from_str(text)?;
        for rule in &scenario.rules {
            let problem = match rule.turns.last() {
                None => "it has no turn",
                Some(last) if !last.tools.is_empty() => "its last turn calls tools, so it would never end",
                Some(_) => continue,
            };
            return Err(ScenarioError::Rule { rule: rule.name.clone(), problem });
        }
        Ok(scenario)
    }

    /// The answer to a request, and the name of the rule that gave it.
    pub fn answer(&self, request: &ModelRequest) -> (&str, Answer) {
        match self.rule(request) {
            Some(rule) => {
                let turn = &rule.turns[request.tool_turns.min(rule.turns.len() - 1)];
                (&rule.name, Answer::from_turn(self, request, turn))
            }
            None => ("none", Answer::unknown(self)),
        }
    }

    /// Newest text of the prompt first: a CLI may join a prompt with leftovers of an interrupted one.
    fn rule(&self, request: &ModelRequest) -> Option<&Rule> {
        let fits = |text: &str| {
            self.rules.iter().find(|rule| rule.has_prompt_condition() && rule.matches(request, text))
        };
        let general = || self.rules.iter().find(|rule| rule.matches(request, &request.prompt_text()));
        request.prompt.iter().rev().find_map(|text| fits(text)).or_else(general)
    }
}

impl Rule {
    fn has_prompt_condition(&self) -> bool {
        !self.first_line.is_empty() || !self.contains.is_empty()
    }

    fn matches(&self, request: &ModelRequest, prompt: &str) -> bool {
        let first = prompt.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
        let outcome = match verify_code(prompt) {
            None | Some("0" | "none") => VerifyOutcome::Passed,
            Some(_) => VerifyOutcome::Failed,
        };
        glob(&self.model, &request.model)
            && self.role.is_none_or(|role| role == request.role)
            && (self.first_line.is_empty()
                || self.first_line.iter().any(|line| first.starts_with(line.as_str())))
            && self.contains.iter().all(|text| prompt.contains(text.as_str()))
            && !self.not_contains.iter().any(|text| prompt.contains(text.as_str()))
            && self.verify.is_none_or(|wanted| wanted == outcome)
    }
}

/// Whether a text fits a pattern in which `*` stands for any text.
fn glob(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|tail| {
            tail.char_indices().map(|(i, _)| i).chain([tail.len()]).any(|i| glob(rest, &tail[i..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_text() {
        assert!(glob("*", "") && glob("slow*", "slow-2") && glob("a*c", "abc") && glob("builder", "builder"));
        assert!(!glob("a*c", "abd") && !glob("slow", "slower"));
    }

    #[test]
    fn rules_that_never_end_are_refused() {
        let text = "[[rules]]\nname = 'x'\n[[rules.turns]]\ntools = [{ name = 'Bash', input = { command = 'ls' } }]\n";
        assert!(matches!(Scenario::parse(text), Err(ScenarioError::Rule { .. })));
        assert!(matches!(
            Scenario::parse("[[rules]]\nname = 'x'\nturns = []\n"),
            Err(ScenarioError::Rule { .. })
        ));
        assert!(matches!(Scenario::parse("rule = 1"), Err(ScenarioError::Parse(_))));
    }
}
