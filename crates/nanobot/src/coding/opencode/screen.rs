//! opencode's screens: the one place that knows its phrases.
//!
//! Must do no I/O. Judged by structure: `╹▀▀▀` closes the input box, `▣` ends what the model said in a turn, the last row
//! says whether a turn can be interrupted, and `△` begins a request for permission.

use crate::coding::screen::{Cell, ScreenReading, ScreenStatus, is_shell_prompt, line_text, parse_lines};

/// Classifies a capture of the pane, with or without escape sequences. `dead` says that the pane's process has ended.
pub fn classify(capture: &str, dead: bool) -> ScreenReading {
    let cells = parse_lines(capture);
    let mut lines: Vec<String> = cells.iter().map(|line: &Vec<Cell>| line_text(line)).collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    let (status, evidence, draft) = judge(&lines, dead);
    ScreenReading { status, draft, evidence: evidence.trim().to_owned(), text: lines.join("\n") }
}

type Judgement = (ScreenStatus, String, Option<String>);

fn judge(lines: &[String], dead: bool) -> Judgement {
    use ScreenStatus as S;
    let plain = |status: S, evidence: &str| (status, evidence.to_owned(), None);
    if dead {
        return plain(S::Exited, "the pane's process has ended");
    }
    let Some(last) = lines.last() else { return plain(S::Unknown, "empty screen") };
    if is_shell_prompt(last) || last.contains("Pane is dead") {
        return plain(S::Exited, last);
    }
    let bottom = || lines.iter().rev().take(16);
    if let Some(line) = bottom().find(|line| line.contains('△')) {
        return plain(S::Permission, line);
    }
    if bottom().any(|line| line.contains("Allow once") && line.contains("Reject")) {
        return plain(S::Permission, last);
    }
    if let Some(line) = lines.iter().find(|line| START_QUESTIONS.iter().any(|phrase| line.contains(phrase))) {
        return plain(S::StartDialog, line);
    }
    if let Some(line) = bottom().find(|line| line.contains("esc dismiss") || line.contains("enter submit")) {
        return plain(S::Question, line);
    }
    if let Some(line) = bottom().find(|line| START_FAILURES.iter().any(|phrase| line.contains(phrase))) {
        return plain(S::StartFailed, line);
    }
    match lines.iter().rposition(|line| line.trim_start().starts_with("╹▀▀▀")) {
        Some(row) => judge_box(lines, row),
        None => plain(S::Unknown, last),
    }
}

const START_QUESTIONS: [&str; 4] =
    ["Connect a provider", "Select auth method", "Paste the authorization code", "Enter your API key"];
const START_FAILURES: [&str; 4] =
    ["Configuration is invalid", "ConfigInvalidError", "Unexpected error", "is not a valid JSON"];

fn judge_box(lines: &[String], end: usize) -> Judgement {
    use ScreenStatus as S;
    let first = lines[..end].iter().rposition(|line| !in_block(line)).map_or(0, |row| row + 1);
    let draft = draft(&lines[first..end]);
    let footer = lines[end + 1..].iter().find(|line| line.contains("esc") && line.contains("interrupt"));
    let above = &lines[..first];
    let turn = above.iter().rposition(|line| line.trim_start().starts_with('▣'));
    if let Some(line) = footer {
        let status = if line.contains("retrying") {
            S::ApiError
        } else if turn.is_some_and(|row| lines[row].to_lowercase().contains("compaction")) {
            S::Compacting
        } else {
            S::Busy
        };
        return (status, line.clone(), draft);
    }
    if let Some(row) = turn {
        let line = &lines[row];
        if line.contains("interrupted") {
            return (S::Interrupted, line.clone(), draft);
        }
        // A turn that ended in order says how long it took.
        if !has_duration(line) {
            let said = above[..row].iter().rev().find(|line| !block_text(line).is_empty()).unwrap_or(line);
            return (S::ApiError, block_text(said).to_owned(), draft);
        }
    }
    match draft {
        Some(text) => (S::IdleDraft, text.clone(), Some(text)),
        None => (S::Idle, "an empty input box and nothing to interrupt".to_owned(), None),
    }
}

fn in_block(line: &str) -> bool {
    line.trim_start().starts_with('┃')
}

fn block_text(line: &str) -> &str {
    line.trim_start().trim_start_matches('┃').trim()
}

/// `▣  Build · builder · 9.5s`, `· 1m 3s`
fn has_duration(line: &str) -> bool {
    line.rsplit('·').next().is_some_and(|part| {
        let part = part.trim();
        part.starts_with(|c: char| c.is_ascii_digit()) && part.ends_with(['s', 'm', 'h'])
    })
}

/// Text in the box: its last line names the agent and the model, and an empty box shows an example.
fn draft(body: &[String]) -> Option<String> {
    let rows: Vec<&str> = body.iter().map(|line| block_text(line)).collect();
    let end = rows.iter().rposition(|row| !row.is_empty())?;
    let text = rows[..end].join("\n").trim().to_owned();
    (!text.is_empty() && !text.starts_with("Ask anything")).then_some(text)
}
