//! The CLI's mode for screen readers: no box, no rules, every line at the margin.
//!
//! Must not know dialogs; they are recognised before.

use super::{
    Judgement,
    phrases::{BUSY, COMPACTING, ERRORS, INTERRUPTED, RETRYING},
};
use crate::coding::screen::ScreenStatus as S;

const MODE: &str = "screen reader mode";
const SPEAKERS: [&str; 6] = ["you: ", "claude: ", "tool: ", "tool error: ", "error: ", "[Accessible"];

/// `None` if nothing speaks for this mode.
pub(super) fn judge(lines: &[String]) -> Option<Judgement> {
    let spoken = |line: &String| SPEAKERS.iter().any(|who| line.starts_with(who));
    if !lines.iter().any(|line| line.contains(MODE) || spoken(line)) {
        return None;
    }
    let near: Vec<&String> = lines.iter().rev().filter(|line| !line.trim().is_empty()).take(6).collect();
    // The turn under way stands below the last word of anybody.
    let since: Vec<&&String> = near.iter().take_while(|line| !spoken(line)).collect();
    let find = |phrase: &str| since.iter().find(|line| line.contains(phrase)).map(|line| (**line).clone());
    if let Some(line) = find(COMPACTING).filter(|line| line.contains('…')) {
        return Some((S::Compacting, line, None));
    }
    if let Some(line) = find(RETRYING) {
        return Some((S::ApiError, line, None));
    }
    if let Some(line) = near.iter().take(3).find(|line| BUSY.iter().any(|phrase| line.contains(phrase))) {
        return Some((S::Busy, (**line).clone(), None));
    }
    let draft = draft(&near);
    let rest = usize::from(draft.is_some());
    let said: Vec<&&String> = near.iter().skip(rest).filter(|line| !is_footer(line)).collect();
    if let Some(line) = said.first().filter(|line| line.starts_with(INTERRUPTED) && line.contains('·')) {
        return Some((S::Interrupted, (**line).to_string(), draft));
    }
    let error = |line: &&&&String| {
        line.strip_prefix("error: ").is_some_and(|text| ERRORS.iter().any(|e| text.starts_with(e)))
    };
    if let Some(line) = said.iter().take(3).find(error) {
        return Some((S::ApiError, (**line).to_string(), draft));
    }
    match draft {
        Some(text) => Some((S::IdleDraft, text.clone(), Some(text))),
        None => Some((S::Idle, "screen reader mode without activity".to_owned(), None)),
    }
}

fn is_footer(line: &str) -> bool {
    line.starts_with("● ") || line.contains("Ctrl+Y to paste") || line.contains("? for shortcuts")
}

/// What is typed stands below the footer, if that is there.
fn draft(near: &[&String]) -> Option<String> {
    let [last, footer, ..] = near else { return None };
    (footer.starts_with("● ") && footer.contains("/effort") && !is_footer(last))
        .then(|| last.trim().to_owned())
        .filter(|text| !text.is_empty())
}
