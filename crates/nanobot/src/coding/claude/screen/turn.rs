//! How the last turn ended, from what stands right above the input box.
//!
//! Must not believe an answer: an error or an interruption counts only in the CLI's own place for it.

use super::phrases::{ERRORS, INTERRUPTED};
use crate::coding::screen::ScreenStatus as S;

/// An interruption or an error, with the line that says it; `None` for a turn that ended well, or no turn.
pub(super) fn how_it_ended(above: &[String]) -> Option<(S, String)> {
    let above = without_tasks(above);
    let prompt = above.iter().rposition(|line| line.starts_with("❯ "));
    let turn = prompt.map_or(above, |row| &above[row + 1..]);
    let last = turn.iter().rev().find(|line| !line.trim().is_empty())?;
    if result(last).is_some_and(|text| text.starts_with(INTERRUPTED) && text.contains('·')) {
        return Some((S::Interrupted, last.clone()));
    }
    // The last message at the margin, or the first line of all: there an error answers the prompt itself.
    let message = turn.iter().rev().find(|line| line.starts_with('●'));
    let first = turn.iter().find(|line| !line.trim().is_empty()).filter(|line| result(line).is_some());
    let error = |line: &&String| {
        let text = result(line).unwrap_or_else(|| line.trim_start_matches(['●', ' ']));
        ERRORS.iter().any(|phrase| text.starts_with(phrase))
    };
    message.filter(error).or_else(|| first.filter(error)).map(|line| (S::ApiError, line.clone()))
}

/// What the CLI itself says below a prompt or a tool call.
fn result(line: &str) -> Option<&str> {
    line.trim_start().strip_prefix('⎿').map(str::trim_start)
}

/// The list of tasks stands between the turn and the box: `  2 tasks (1 done, …)` and what follows.
fn without_tasks(above: &[String]) -> &[String] {
    let margin = above.iter().rposition(|line| line.starts_with(|c: char| !c.is_whitespace())).unwrap_or(0);
    let tasks = above[margin..].iter().position(|line| line.starts_with("  ") && line.contains(" tasks ("));
    tasks.map_or(above, |row| &above[..margin + row])
}
