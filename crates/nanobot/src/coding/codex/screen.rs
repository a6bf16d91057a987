//! Codex CLI's screens: the one place that knows its phrases.
//!
//! Must do no I/O. Judged from the bottom upwards, by structure first: the row with `›` is the input box or the pointer
//! of a menu, a status row says how to interrupt, `■` begins what went wrong, and a turn that is over says how long it took.

use super::menu::{Menu, PERMISSIONS, START_QUESTIONS};
use crate::coding::screen::{Cell, ScreenReading, ScreenStatus, is_shell_prompt, line_text, parse_lines};

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

/// Sign in front of the input box, of a submitted prompt, and of the chosen line of a menu.
pub(super) const SIGN: char = '›';
/// Begins the evidence of a screen that is busy only because no turn's end is to be seen.
pub const NO_END: &str = "no end of the turn below:";

/// How many rows may stand below the input box.
const FOOTER: usize = 6;

fn judge(cells: &[Vec<Cell>], lines: &[String], dead: bool) -> Judgement {
    use ScreenStatus as S;
    let plain = |status: S, evidence: &str| (status, evidence.to_owned(), None);
    if dead {
        return plain(S::Exited, "the pane's process has ended");
    }
    let Some(last) = lines.last() else { return plain(S::Unknown, "empty screen") };
    if is_shell_prompt(last) {
        return plain(S::Exited, last);
    }
    if let Some(line) = lines.iter().rev().take(4).find(|l| left_to_a_shell(l)) {
        return plain(S::Exited, line);
    }
    if let Some(menu) = Menu::find(lines) {
        let (status, evidence) = menu.judge(lines);
        return (status, evidence, None);
    }
    match lines.iter().rposition(|line| line.starts_with(SIGN)) {
        Some(row) => judge_box(cells, lines, row),
        None => judge_without_box(lines),
    }
}

/// A program that was killed leaves its last picture, and the shell writes into it.
fn left_to_a_shell(line: &str) -> bool {
    let prompt = |word: &str| {
        let name = word.trim_end_matches(['#', '$']);
        name.len() < word.len()
            && (name.contains('@')
                || name.rsplit_once('-').is_some_and(|(shell, version)| {
                    shell.ends_with("sh") && version.starts_with(|c: char| c.is_ascii_digit())
                }))
    };
    line.contains("Pane is dead")
        || line.contains("codex resume ") && !line.contains('›')
        || line.split_whitespace().any(prompt)
}

fn judge_box(cells: &[Vec<Cell>], lines: &[String], row: usize) -> Judgement {
    use ScreenStatus as S;
    // The box ends at the blank line above the footer.
    let end = lines[row..].iter().rposition(String::is_empty).map_or(lines.len(), |offset| row + offset);
    if lines.len() - end > FOOTER {
        return judge_without_box(lines);
    }
    let draft = draft(cells, row, end);
    let above = &lines[..row];
    if let Some((status, line)) = status_row(above) {
        return (status, line, draft);
    }
    let prompt = above.iter().rposition(|line| line.starts_with(SIGN));
    let turn: Vec<&String> =
        above[prompt.map_or(0, |row| row + 1)..].iter().filter(|l| !l.is_empty()).collect();
    let said = |line: &String| line.starts_with('•');
    let over = turn.iter().rposition(|line| is_over(line));
    let wrong = turn.iter().rposition(|line| line.starts_with('■'));
    if let Some(at) = wrong.filter(|at| over.is_none_or(|over| over < *at)) {
        let text = turn[at..].iter().map(|line| line.as_str()).collect::<Vec<_>>().join(" ");
        if let Some(status) = what_went_wrong(&text) {
            return (status, turn[at].clone(), draft);
        }
    }
    let begun = prompt.is_some() || !above.iter().any(|line| line.contains("OpenAI Codex (v"));
    if begun && over.is_none() && wrong.is_none() && turn.last().is_some() {
        // An answer without its end: it is still being written, although no status row says so meanwhile.
        if let Some(line) = turn.iter().rev().find(|line| said(line)).or(turn.last()) {
            return (S::Busy, format!("{NO_END} {}", line.trim()), draft);
        }
    }
    match draft {
        Some(text) => (S::IdleDraft, text.clone(), Some(text)),
        None => (S::Idle, lines[row].clone(), None),
    }
}

/// `Worked for 12s • 08:35`
fn is_over(line: &str) -> bool {
    line.trim_start_matches([' ', '─']).starts_with("Worked for ")
}

/// `◦ Working (1s • esc to interrupt)`, right above the input box but for queued prompts and details.
fn status_row(above: &[String]) -> Option<(ScreenStatus, String)> {
    let over = above.iter().rposition(|line| is_over(line)).map_or(0, |row| row + 1);
    let line = above[over..].iter().rev().take(14).find(|line| {
        let text = line.to_lowercase();
        !line.starts_with([SIGN, ' ']) && INTERRUPTS.iter().any(|phrase| text.contains(phrase))
    })?;
    let text = line.to_lowercase();
    let status = if text.contains("compact") {
        ScreenStatus::Compacting
    } else if text.contains("reconnecting") || text.contains("retrying") {
        ScreenStatus::ApiError
    } else {
        ScreenStatus::Busy
    };
    Some((status, line.clone()))
}

const INTERRUPTS: [&str; 2] = ["esc to interrupt)", "ctrl+c to interrupt)"];

/// What a paragraph that begins with `■` says; none for remarks about a person's command.
fn what_went_wrong(text: &str) -> Option<ScreenStatus> {
    let text = text.to_lowercase();
    if text.contains("interrupted") {
        return Some(ScreenStatus::Interrupted);
    }
    let api = [
        "status",
        "limit",
        "quota",
        "retry",
        "stream",
        "connect",
        "unauthorized",
        "api key",
        "server",
        "demand",
        "error",
        "billing",
        "credits",
        "context window",
        "sign in",
        "log in",
        "timed out",
        "timeout",
    ];
    api.iter().any(|word| text.contains(word)).then_some(ScreenStatus::ApiError)
}

/// Text in the box; a placeholder is faint or known.
fn draft(cells: &[Vec<Cell>], row: usize, end: usize) -> Option<String> {
    let mut text = String::new();
    let (mut faint, mut solid) = (0usize, 0usize);
    for (number, line) in cells.get(row..end)?.iter().enumerate() {
        for cell in line.iter().skip(usize::from(number == 0)) {
            if !cell.ch.is_whitespace() {
                if cell.dim { faint += 1 } else { solid += 1 }
            }
            text.push(cell.ch);
        }
        text.push('\n');
    }
    let text = text.lines().map(str::trim).collect::<Vec<_>>().join("\n").trim().to_owned();
    let placeholder = PLACEHOLDERS.contains(&text.as_str()) || (faint > 0 && solid <= 1);
    (!text.is_empty() && !placeholder).then_some(text)
}

const PLACEHOLDERS: [&str; 8] = [
    "Ask Codex to do anything",
    "Explain this codebase",
    "Summarize recent commits",
    "Implement {feature}",
    "Find and fix a bug in @filename",
    "Write tests for @filename",
    "Improve documentation in @filename",
    "Run /review on my current changes",
];

/// Screens with neither an input box nor a menu with a pointer.
fn judge_without_box(lines: &[String]) -> Judgement {
    use ScreenStatus as S;
    let bottom: Vec<&String> = lines.iter().rev().take(20).collect();
    let find = |phrases: &[&str]| {
        bottom
            .iter()
            .find(|line| phrases.iter().any(|p| line.to_lowercase().contains(p)))
            .map(|line| line.to_string())
    };
    if let Some(line) = find(&[
        "error loading config",
        "error: failed",
        "cannot start",
        "fatal error",
        "stdin is not a terminal",
    ]) {
        return (S::StartFailed, line, None);
    }
    if let Some(line) = find(&START_QUESTIONS) {
        return (S::StartDialog, line, None);
    }
    if let Some(line) = find(&PERMISSIONS) {
        return (S::Permission, line, None);
    }
    if let Some((status, line)) = status_row(lines) {
        return (status, line, None);
    }
    if let Some(line) = find(&[
        "enter to submit",
        "enter submit",
        "enter to confirm",
        "enter confirm",
        "enter to select",
        "enter select",
    ]) {
        return (S::Question, line, None);
    }
    (S::Unknown, lines.last().cloned().unwrap_or_default(), None)
}
