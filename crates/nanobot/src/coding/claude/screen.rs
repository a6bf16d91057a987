//! Claude Code's screens: what one means, by its structure first and by wording second.
//!
//! Must do no I/O. Works from the bottom of the screen upwards, because everything above the input box or a dialog is
//! history that may quote any phrase.

mod dialog;
mod input;
mod phrases;
mod reader;
mod turn;

use crate::coding::screen::{Cell, ScreenReading, ScreenStatus, is_shell_prompt, line_text, parse_lines};
use input::InputBox;
use phrases::{EXITS, START_FAILURES};

/// State, the line that decided, and a draft.
type Judgement = (ScreenStatus, String, Option<String>);

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

fn judge(cells: &[Vec<Cell>], lines: &[String], dead: bool) -> Judgement {
    use ScreenStatus as S;
    if dead {
        return (S::Exited, "the pane's process has ended".to_owned(), None);
    }
    if lines.is_empty() {
        return (S::Unknown, "empty screen".to_owned(), None);
    }
    let input = InputBox::find(lines);
    let below = input.as_ref().map_or(lines, |input| input.footer(lines));
    if let Some(end) = how_the_program_ended(below, input.is_some()) {
        return end;
    }
    if let Some(input) = input {
        return input.judge(cells, lines);
    }
    dialog::judge(lines)
        .or_else(|| reader::judge(lines))
        .unwrap_or_else(|| (S::Unknown, lines.last().cloned().unwrap_or_default(), None))
}

/// The lines are all below the input box, if there is one: an answer may quote any of these words.
fn how_the_program_ended(below: &[String], has_box: bool) -> Option<Judgement> {
    let says = |line: &&String, phrases: &[&str]| phrases.iter().any(|phrase| line.contains(phrase));
    let failed = || {
        below.iter().rev().filter(|line| !line.is_empty()).take(12).find(|line| says(line, &START_FAILURES))
    };
    if let Some(line) = failed().filter(|_| !has_box) {
        return Some((ScreenStatus::StartFailed, line.clone(), None));
    }
    let last = below.last()?;
    let ended = below
        .iter()
        .rev()
        .take(4)
        .find(|line| line.starts_with(|c: char| !c.is_whitespace()) && says(line, &EXITS));
    let refused =
        || (!has_box && below.len() <= 3 && last.to_lowercase().starts_with("error:")).then_some(last);
    let line = Some(last).filter(|line| is_shell_prompt(line)).or(ended).or_else(refused)?;
    Some((ScreenStatus::Exited, line.clone(), None))
}
