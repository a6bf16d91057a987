//! Codex CLI's menus: what a list of numbered choices asks.
//!
//! Must do no I/O. By what is asked first; an unknown question counts by whether anything was said before it.

use super::screen::SIGN;
use crate::coding::screen::ScreenStatus;

/// A list of numbered choices, one of which the pointer marks.
pub(super) struct Menu<'a> {
    /// The marked line.
    pointer: &'a str,
    /// Everything from the question to the last line, in lower case.
    text: String,
    /// The first line of that, for people.
    question: &'a str,
}

impl<'a> Menu<'a> {
    /// The menu at the bottom of the screen, if there is one.
    pub(super) fn find(lines: &'a [String]) -> Option<Self> {
        let row = lines.iter().rposition(|line| line.trim_start().starts_with(SIGN))?;
        let pointer = &lines[row];
        let choices = lines[row.saturating_sub(12)..].iter().filter(|line| is_choice(line)).count();
        if !is_choice(pointer) || choices < 2 {
            return None;
        }
        // The question begins below the last thing that belongs to the conversation.
        let above = &lines[..row];
        let history = |line: &String| {
            line.starts_with(['•', '■', '✔', '✗', SIGN, '◦']) || line.contains(" Worked for ")
        };
        let first = above.iter().rposition(history).map_or(0, |row| row + 1);
        let question = above[first..]
            .iter()
            .find(|line| line.contains('?'))
            .or_else(|| above[first..].iter().find(|line| !line.is_empty()));
        Some(Self {
            pointer,
            text: lines[first..].join("\n").to_lowercase(),
            question: question.map_or(pointer, |line| line),
        })
    }

    /// What it asks, and the line that says so.
    pub(super) fn judge(&self, lines: &[String]) -> (ScreenStatus, String) {
        use ScreenStatus as S;
        let has = |phrases: &[&str]| phrases.iter().any(|phrase| self.text.contains(phrase));
        let conversation = lines.iter().any(|line| line.contains("OpenAI Codex (v") || line.starts_with('•'));
        let status = if has(&[
            "implement this plan",
            "approve the plan",
            "proceed with the plan",
            "proceed with this plan",
        ]) {
            S::PlanApproval
        } else if has(&["hit your usage limit", "usage limit reached", "out of credits"]) {
            S::UsageLimit
        } else if has(&START_QUESTIONS) {
            S::StartDialog
        } else if has(&PERMISSIONS) {
            S::Permission
        } else if conversation {
            S::Question
        } else {
            // Nothing was said yet: whatever this asks, it asks before the first prompt.
            S::StartDialog
        };
        let evidence = if self.question.is_empty() { self.pointer } else { self.question };
        (status, evidence.to_owned())
    }
}

/// What is asked before the first prompt.
pub(super) const START_QUESTIONS: [&str; 8] = [
    "trust this folder",
    "do you trust",
    "trust and continue",
    "sign in with",
    "provide your own api key",
    "update available",
    "hooks need review",
    "try new model",
];
/// What is asked before a tool is used.
pub(super) const PERMISSIONS: [&str; 9] = [
    "would you like to run",
    "would you like to make",
    "would you like to grant",
    "would you like to allow",
    "do you want to approve",
    "do you want to allow",
    "and tell codex what to do differently",
    "yes, proceed",
    "allow the ",
];

/// `› 1. Yes`, `  2. No`
fn is_choice(line: &str) -> bool {
    let mut rest = line.trim_start_matches([SIGN, ' ']).chars();
    rest.next().is_some_and(|c| c.is_ascii_digit()) && rest.next() == Some('.') && rest.next() == Some(' ')
}
