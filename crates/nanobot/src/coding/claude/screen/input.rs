//! The input box at the bottom, and what stands around it.
//!
//! Must not know dialogs beyond whether one covers the box.

use super::{
    Judgement, dialog,
    phrases::{BUSY, COMPACTING, PLACEHOLDERS, RETRYING},
    turn,
};
use crate::coding::screen::{Cell, ScreenStatus as S};

/// Rows of the input box: from the line with the prompt sign to the lower rule.
pub(super) struct InputBox {
    first: usize,
    /// Row of the lower rule.
    end: usize,
}

pub(super) fn is_rule(line: &str) -> bool {
    let line = line.trim();
    line.chars().count() >= 10 && line.chars().all(|c| c == '─')
}

impl InputBox {
    /// The box that the CLI draws: rule, `❯ …`, rule, and a footer or the commands that fit what is typed.
    pub(super) fn find(lines: &[String]) -> Option<Self> {
        let end = lines.iter().rposition(|line| is_rule(line))?;
        let upper =
            lines[..end].iter().rposition(|line| is_rule(line) || line.trim_start().starts_with("────"))?;
        let first = upper + 1;
        let head = lines.get(first..end)?.first()?;
        // A menu may stand between two rules; below it are its keys or the rest of its choices.
        let covered = lines[end + 1..].iter().any(|line| dialog::is_hint(line) || dialog::is_choice(line));
        (head.starts_with(['❯', '>', '!', '#']) && !covered).then_some(Self { first, end })
    }

    /// What stands below the box.
    pub(super) fn footer<'a>(&self, lines: &'a [String]) -> &'a [String] {
        &lines[self.end + 1..]
    }

    pub(super) fn judge(&self, cells: &[Vec<Cell>], lines: &[String]) -> Judgement {
        let draft = self.draft(cells);
        let footer = self.footer(lines);
        let above = &lines[..self.first.saturating_sub(1)];
        let activity = activity(above);
        let own_word =
            |phrase: &str| activity.iter().find(|line| line.contains(phrase) && !line.starts_with('●'));
        if let Some(line) = own_word(COMPACTING) {
            return (S::Compacting, line.clone(), draft);
        }
        if let Some(line) = own_word(RETRYING) {
            return (S::ApiError, line.clone(), draft);
        }
        if let Some(line) = footer.iter().find(|line| BUSY.iter().any(|phrase| line.contains(phrase))) {
            return (S::Busy, line.clone(), draft);
        }
        // With a status line or a draft the footer does not say that a turn runs; the spinner does.
        if let Some(line) = activity.last().filter(|line| is_spinner(line)) {
            return (S::Busy, line.clone(), draft);
        }
        let ended = turn::how_it_ended(above);
        match draft {
            // A stray key is not a draft worth a name, but it still keeps prompts away.
            Some(text) if text.chars().count() > 2 || lines[self.first].starts_with('!') => {
                // Esc before the first reply puts the prompt back into the box; a footer is missing then. Text that
                // a person typed looks the same, and both mean: leave the box alone.
                let put_back = !text.contains("[Pasted text") && footer.iter().all(|l| l.trim().is_empty());
                let interrupted = put_back || matches!(ended, Some((S::Interrupted, _)));
                (if interrupted { S::Interrupted } else { S::IdleDraft }, text.clone(), Some(text))
            }
            other => match ended {
                Some((status, line)) => (status, line, other),
                None => (S::Idle, lines[self.first].clone(), other),
            },
        }
    }

    /// Text in the box; faint text is a placeholder, except for its first cell, which the cursor covers.
    fn draft(&self, cells: &[Vec<Cell>]) -> Option<String> {
        let mut text = String::new();
        let (mut faint, mut solid) = (0usize, 0usize);
        for (row, line) in cells.get(self.first..self.end)?.iter().enumerate() {
            for cell in line.iter().skip(usize::from(row == 0)) {
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
}

/// The last lines above the box that begin at the margin: tips, tasks and queued prompts are indented. It is one line
/// but in a narrow pane.
fn activity(above: &[String]) -> &[String] {
    let at_margin = |line: &String| line.starts_with(|c: char| !c.is_whitespace());
    let Some(last) = above.iter().rposition(at_margin) else { return &[] };
    let first = above[..last].iter().rposition(|line| !at_margin(line)).map_or(0, |row| row + 1);
    &above[first..=last]
}

/// `✻ Whisking… (4s · thinking)`: a sign, something in progress, an ellipsis. The past tense has no ellipsis, and the
/// words may be any: a task's own, a person's choice, any language.
fn is_spinner(line: &str) -> bool {
    let mut chars = line.chars();
    let sign = chars.next().is_some_and(|c| "·✢✳✶✻✽*∗".contains(c)) && chars.next() == Some(' ');
    let rest = chars.as_str().trim_end();
    sign && rest.split_once('…').is_some_and(|(words, after)| {
        !words.trim().is_empty() && (after.is_empty() || after.trim_start().starts_with('('))
    })
}
