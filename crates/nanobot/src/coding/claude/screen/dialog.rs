//! Dialogs: menus and whatever else takes keys instead of a prompt.
//!
//! Must not look above the dialog for more than whether there is a conversation: what stands there may quote anything.

use super::{
    Judgement,
    phrases::{HINTS, PERMISSIONS, PLANS, QUESTIONS, START_DIALOGS},
};
use crate::coding::screen::ScreenStatus as S;

/// How far up from the bottom a dialog may begin.
const REACH: usize = 40;

/// `1. Yes`, with or without the pointer, and with the blank that narrow panes leave out.
pub(super) fn is_choice(line: &str) -> bool {
    let line = line.trim_start_matches(['❯', '›', '>', ' ', '│']);
    let Some((number, rest)) = line.split_once('.') else { return false };
    (1..=2).contains(&number.len())
        && number.chars().all(|c| c.is_ascii_digit())
        && !rest.trim().is_empty()
        && !rest.starts_with(|c: char| c.is_ascii_digit())
}

/// The choice under the pointer.
fn is_pointed(line: &str) -> bool {
    line.trim_start_matches([' ', '│']).starts_with(['❯', '›']) && is_choice(line)
}

fn choice_text(line: &str) -> &str {
    line.trim_start_matches(['❯', '›', '>', ' ', '│']).split_once('.').map_or("", |(_, text)| text.trim())
}

pub(super) fn is_hint(line: &str) -> bool {
    HINTS.iter().any(|hint| line.contains(hint))
}

/// A dialog at the bottom of a screen that has no input box there.
pub(super) fn judge(lines: &[String]) -> Option<Judgement> {
    let from = lines.len().saturating_sub(REACH);
    let bottom = &lines[from..];
    let pointed = bottom.iter().rposition(|line| is_pointed(line));
    let hint = bottom.iter().rev().take(4).any(|line| is_hint(line));
    // A numbered list in an answer has neither a pointer nor keys below it.
    let any = pointed.or_else(|| bottom.iter().rposition(|line| is_choice(line)).filter(|_| hint));
    let Some(row) = any else { return without_choices(lines, hint) };
    let begin = begin(bottom, row);
    let block = &bottom[begin..];
    let joined = block.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
    let choices: Vec<&str> =
        block.iter().filter(|line| is_choice(line)).map(|line| choice_text(line)).collect();
    let has = |phrases: &[&str]| phrases.iter().any(|phrase| joined.contains(phrase));
    let say = |status: S, phrases: &[&str]| {
        // A phrase that is wrapped over two lines stands on none of them.
        let line = block.iter().rev().find(|line| phrases.iter().any(|phrase| line.contains(phrase)));
        let line = line.or_else(|| bottom.get(row)).cloned().unwrap_or_default();
        Some((status, line, None))
    };
    let starts = |word: &str| choices.iter().any(|choice| choice.starts_with(word));
    if choices.iter().any(|choice| choice.contains("limit to reset") || choice.contains("for limit")) {
        return say(S::UsageLimit, &["limit to reset", "for limit"]);
    }
    if has(&QUESTIONS) {
        return say(S::Question, &QUESTIONS);
    }
    if has(&PLANS) {
        return say(S::PlanApproval, &PLANS);
    }
    let talked = has_conversation(&lines[..from + begin]);
    if has(&START_DIALOGS) && !talked {
        return say(S::StartDialog, &START_DIALOGS);
    }
    if has(&["Enter to confirm"]) {
        return say(if talked { S::Question } else { S::StartDialog }, &["Enter to confirm"]);
    }
    if has(&PERMISSIONS) || (starts("Yes") && starts("No")) {
        return say(S::Permission, &PERMISSIONS);
    }
    // An unknown menu is a dialog: a paste would answer it.
    say(if talked { S::Question } else { S::StartDialog }, &[])
}

/// Where the dialog with a choice in this row begins: below the rule above it, or else below the last thing said.
fn begin(bottom: &[String], row: usize) -> usize {
    bottom[..row]
        .iter()
        .rposition(|line| {
            super::input::is_rule(line) || line.starts_with("you: ") || line.starts_with("claude: ")
        })
        .map_or(0, |at| at + 1)
}

/// Whether anything was said before: a prompt, an answer, or the sign of a session that has begun.
fn has_conversation(above: &[String]) -> bool {
    above.iter().any(|line| {
        (line.starts_with("❯ ") && !is_choice(line))
            || line.starts_with("● ")
            || ["you: ", "claude: ", "tool: "].iter().any(|who| line.starts_with(who))
            || line.contains("▝▜█████▛▘")
    })
}

/// Start screens that only want Enter, and lists to choose from with arrows.
fn without_choices(lines: &[String], hint: bool) -> Option<Judgement> {
    let near = || lines.iter().rev().take(30);
    let found = near().find(|line| START_DIALOGS.iter().any(|phrase| line.contains(phrase)));
    if let Some(line) = found
        && !has_conversation(lines)
    {
        return Some((S::StartDialog, line.clone(), None));
    }
    let line = near().find(|line| is_hint(line)).filter(|_| hint)?;
    Some((if has_conversation(lines) { S::Question } else { S::StartDialog }, line.clone(), None))
}
