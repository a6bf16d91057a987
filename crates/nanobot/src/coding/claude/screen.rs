//! Claude Code's screens: the one place that knows its phrases.
//!
//! Must do no I/O. Works from the bottom of the screen upwards, because everything above the input box is history that
//! may quote any phrase; classifies by structure (a box, a menu, a prompt of a shell) first and by wording second.

use crate::coding::screen::{Cell, ScreenReading, ScreenStatus, line_text, parse_lines};

/// Classifies a capture of the pane, with or without escape sequences. `dead` says that the pane's process has ended.
pub fn classify(capture: &str, dead: bool) -> ScreenReading {
    let cells = parse_lines(capture);
    let mut lines: Vec<String> = cells.iter().map(|line| line_text(line)).collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    let (status, evidence, draft) = judge(&cells, &lines, dead);
    ScreenReading { status, draft, evidence: evidence.trim().to_owned(), text: lines.join("\n") }
}

type Judgement = (ScreenStatus, String, Option<String>);

fn judge(cells: &[Vec<Cell>], lines: &[String], dead: bool) -> Judgement {
    use ScreenStatus as S;
    let plain = |status: S, evidence: &str| (status, evidence.to_owned(), None);
    if dead {
        return plain(S::Exited, "the pane's process has ended");
    }
    let Some(last) = lines.last() else { return plain(S::Unknown, "empty screen") };
    if let Some(line) = lines.iter().rev().take(12).find(|l| START_FAILURES.iter().any(|p| l.contains(p))) {
        return plain(S::StartFailed, line);
    }
    if is_shell_prompt(last) {
        return plain(S::Exited, last);
    }
    if let Some(line) = lines.iter().rev().take(3).find(|l| EXITS.iter().any(|p| l.contains(p))) {
        return plain(S::Exited, line);
    }
    match input_box(lines) {
        Some(input) => judge_box(cells, lines, &input),
        None => judge_without_box(lines),
    }
}

const START_FAILURES: [&str; 2] = ["Unable to connect to Anthropic", "Failed to connect to api.anthropic"];
const EXITS: [&str; 4] = [
    "is already in use.",
    "No conversation found with session ID",
    "cannot be used with root/sudo privileges",
    "Pane is dead",
];
const BUSY: [&str; 2] = ["esc to interrupt", "ctrl+c to interrupt"];

/// `bash-5.2#`, `user@host:~$`, `SHELL$` with nothing typed behind it.
fn is_shell_prompt(line: &str) -> bool {
    let line = line.trim_end();
    line.len() < 80
        && !line.starts_with(' ')
        && (line.ends_with('$') || line.ends_with('#'))
        && line
            .chars()
            .next()
            .is_some_and(|c| c.is_alphanumeric() || matches!(c, '[' | '(' | '~' | '/' | '$' | '#'))
}

/// Rows of the input box: from the line with the prompt sign to the lower rule.
struct InputBox {
    first: usize,
    /// Row of the lower rule.
    end: usize,
}

fn is_rule(line: &str) -> bool {
    let line = line.trim();
    line.chars().count() >= 10 && line.chars().all(|c| c == '─')
}

/// The box that the CLI draws at the bottom: rule, `❯ …`, rule, at most a few footer lines.
fn input_box(lines: &[String]) -> Option<InputBox> {
    let end = lines.iter().rposition(|line| is_rule(line))?;
    if lines.len() - end > 12 {
        return None;
    }
    let upper =
        lines[..end].iter().rposition(|line| is_rule(line) || line.trim_start().starts_with("────"))?;
    let first = upper + 1;
    let body = lines.get(first..end)?;
    let is_input = body
        .first()
        .is_some_and(|line| line.starts_with('❯') || line.starts_with('>') || line.starts_with('!'));
    // A menu between two rules has a numbered choice behind its pointer.
    (is_input && !body.iter().any(|line| is_choice(line.trim_start_matches(['❯', ' '])) && body.len() > 1))
        .then_some(InputBox { first, end })
}

/// `1. Yes`
fn is_choice(line: &str) -> bool {
    let mut rest = line.trim_start().chars();
    rest.next().is_some_and(|c| c.is_ascii_digit()) && rest.next() == Some('.') && rest.next() == Some(' ')
}

fn judge_box(cells: &[Vec<Cell>], lines: &[String], input: &InputBox) -> Judgement {
    use ScreenStatus as S;
    let draft = draft(cells, input);
    let footer = &lines[input.end + 1..];
    let above = &lines[..input.first.saturating_sub(1)];
    let activity = activity(above);
    let busy_footer = footer.iter().find(|l| BUSY.iter().any(|p| l.contains(p)));
    if let Some(line) = activity.iter().find(|l| l.contains("Compacting conversation")) {
        return (S::Compacting, line.to_string(), draft);
    }
    if let Some(line) = activity.iter().find(|l| l.contains("API error") && l.contains("etrying")) {
        return (S::ApiError, line.to_string(), draft);
    }
    if let Some(line) = busy_footer {
        return (S::Busy, line.clone(), draft);
    }
    // With a status line or a draft the footer does not say that a turn runs; the spinner does.
    if let Some(line) = activity.iter().find(|l| is_spinner(l)) {
        return (S::Busy, line.to_string(), draft);
    }
    if let Some((status, line)) = how_the_turn_ended(above) {
        return (status, line, draft);
    }
    match draft {
        // A stray key is not a draft worth a name, but it still keeps prompts away.
        Some(text) if text.chars().count() > 2 => {
            // Esc before the first reply puts the prompt back into the box; a footer is missing then. Text that a
            // person typed looks the same, and both mean: leave the box alone.
            let put_back = !text.contains("[Pasted text") && footer.iter().all(|l| l.trim().is_empty());
            (if put_back { S::Interrupted } else { S::IdleDraft }, text.clone(), Some(text))
        }
        other => (S::Idle, lines[input.first].clone(), other),
    }
}

/// Text in the box; faint text is a placeholder, except for its first cell, which the cursor covers.
fn draft(cells: &[Vec<Cell>], input: &InputBox) -> Option<String> {
    let mut text = String::new();
    let mut faint = 0usize;
    let mut solid = 0usize;
    for (row, line) in cells.get(input.first..input.end)?.iter().enumerate() {
        let skip = if row == 0 { 1 } else { 0 };
        for cell in line.iter().skip(skip) {
            if !cell.ch.is_whitespace() {
                if cell.dim { faint += 1 } else { solid += 1 }
            }
            text.push(cell.ch);
        }
        text.push('\n');
    }
    let text = text.lines().map(str::trim).collect::<Vec<_>>().join("\n").trim().to_owned();
    let placeholder = PLACEHOLDERS.iter().any(|p| text.starts_with(p)) || (faint > 0 && solid <= 1);
    (!text.is_empty() && !placeholder).then_some(text)
}

const PLACEHOLDERS: [&str; 2] = ["Press up to edit queued messages", "Try \""];

/// The block right above the box: the spinner with its tip, queued prompts left out.
fn activity(above: &[String]) -> Vec<&String> {
    above.iter().rev().take(14).collect()
}

/// `✻ Whisking… (4s · thinking)`: a sign, a word in progress, an ellipsis. The past tense has no ellipsis.
fn is_spinner(line: &str) -> bool {
    let mut chars = line.chars();
    let sign = chars.next().is_some_and(|c| "·✢✳✶✻✽*●∗".contains(c)) && chars.next() == Some(' ');
    let word: String = chars.take_while(|c| *c != '…').collect();
    let has_ellipsis = line.contains('…');
    sign && has_ellipsis
        && word.split(' ').count() <= 4
        && word.chars().next().is_some_and(char::is_uppercase)
        && !word.contains('(')
        && (line.trim_end().ends_with('…') || line.contains("… ("))
        && !line.starts_with('●')
}

/// What stands below the last prompt in the history, if the turn did not end well.
fn how_the_turn_ended(above: &[String]) -> Option<(ScreenStatus, String)> {
    let last_prompt = above.iter().rposition(|l| l.starts_with("❯ "));
    let tail = match last_prompt {
        Some(row) => &above[row + 1..],
        None => &above[above.len().saturating_sub(6)..],
    };
    // Only the last paragraphs count: an answer may quote anything earlier.
    let said: Vec<&String> = tail.iter().filter(|l| !l.is_empty()).collect();
    let end = &said[said.len().saturating_sub(6)..];
    for line in end.iter().rev() {
        let text = line.trim_start().trim_start_matches(['⎿', '●', ' ']);
        if text.starts_with("Interrupted ·") {
            return Some((ScreenStatus::Interrupted, line.to_string()));
        }
        let reply = line.trim_start().starts_with('⎿') || line.starts_with('●');
        if reply && API_ERRORS.iter().any(|p| text.contains(p)) {
            return Some((ScreenStatus::ApiError, line.to_string()));
        }
    }
    None
}

const API_ERRORS: [&str; 5] = [
    "API Error:",
    "Credit balance too low",
    "Please run /login",
    "Invalid API key",
    "Request rejected (429)",
];

/// Screens without an input box: dialogs, and the CLI's mode for screen readers.
fn judge_without_box(lines: &[String]) -> Judgement {
    use ScreenStatus as S;
    let bottom: Vec<&String> = lines.iter().rev().take(30).collect();
    let has = |phrase: &str| bottom.iter().find(|l| l.contains(phrase)).map(|l| l.to_string());
    let menu = lines.iter().rev().take(30).any(|l| is_choice(l.trim_start_matches(['❯', ' '])));
    let reader = lines.iter().any(|l| l.contains("screen reader mode"));
    if let Some(line) = has("limit to reset").or_else(|| has("hit your limit").filter(|_| menu)) {
        return (S::UsageLimit, line, None);
    }
    if let Some(line) = has("Enter to select · ↑/↓") {
        return (S::Question, line, None);
    }
    if let Some(line) = has("Would you like to proceed?").filter(|_| menu) {
        return (S::PlanApproval, line, None);
    }
    let asks = has("Do you want to proceed?")
        .or_else(|| has("Do you want to create"))
        .or_else(|| has("Do you want to make"));
    let tool =
        has("Tab to amend").or_else(|| has("Permission Required")).or_else(|| has("Do you want to allow"));
    if let Some(line) = asks.or(tool).filter(|_| menu) {
        return (S::Permission, line, None);
    }
    for phrase in [
        "Press Enter to continue",
        "Enter to confirm",
        "Select login method",
        "Choose the text style",
        "Paste code here",
    ] {
        if let Some(line) = has(phrase) {
            return (S::StartDialog, line, None);
        }
    }
    if menu {
        // An unknown menu is a dialog: a paste would answer it.
        let line = lines.iter().rev().find(|l| l.contains('❯')).cloned().unwrap_or_default();
        return (S::Question, line, None);
    }
    if let Some(line) = BUSY.iter().find_map(|p| has(p)) {
        return (S::Busy, line, None);
    }
    if reader {
        return (S::Idle, "screen reader mode without activity".to_owned(), None);
    }
    (S::Unknown, lines.last().cloned().unwrap_or_default(), None)
}
