//! What a terminal screen means, in words that are the same for every coding CLI.
//!
//! Must not know one CLI's phrases (each driver has its own list) and does no I/O. A screen is evidence, never an
//! instruction: nothing on it changes rules, tools or approvals.

use std::fmt;

/// The meaning of a screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScreenStatus {
    /// The CLI said why it cannot start.
    StartFailed,
    /// A question before the first prompt: theme, key, trust, settings.
    StartDialog,
    /// An empty input box.
    Idle,
    /// The input box holds text that was not submitted.
    IdleDraft,
    /// A turn is under way.
    Busy,
    /// A tool waits for approval.
    Permission,
    /// The CLI asks the person to choose.
    Question,
    /// A plan waits for approval.
    PlanApproval,
    /// The last turn was interrupted.
    Interrupted,
    /// The last turn ended in an error of the model's API, or the CLI is retrying one.
    ApiError,
    /// A usage limit was reached and a dialog asks what to do.
    UsageLimit,
    /// The conversation is being summarised.
    Compacting,
    /// The CLI has ended; a shell or nothing is left.
    Exited,
    /// Nothing that is known.
    Unknown,
}

impl ScreenStatus {
    /// The word used in reports and in the index of saved screens.
    pub fn word(self) -> &'static str {
        match self {
            Self::StartFailed => "start_failed",
            Self::StartDialog => "start_dialog",
            Self::Idle => "idle",
            Self::IdleDraft => "idle_draft",
            Self::Busy => "busy",
            Self::Permission => "permission",
            Self::Question => "question",
            Self::PlanApproval => "plan_approval",
            Self::Interrupted => "interrupted",
            Self::ApiError => "api_error",
            Self::UsageLimit => "usage_limit",
            Self::Compacting => "compacting",
            Self::Exited => "exited",
            Self::Unknown => "unknown",
        }
    }

    /// Whether a key press or a paste would answer a dialog instead of writing a prompt.
    pub fn is_dialog(self) -> bool {
        matches!(
            self,
            Self::StartDialog | Self::Permission | Self::Question | Self::PlanApproval | Self::UsageLimit
        )
    }

    /// Whether the input box takes a prompt: idle, or resting after a turn that ended badly.
    pub fn takes_prompt(self) -> bool {
        matches!(self, Self::Idle | Self::Interrupted | Self::ApiError)
    }
}

impl fmt::Display for ScreenStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A classified screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScreenReading {
    /// What it means.
    pub status: ScreenStatus,
    /// Text in the input box that was not submitted.
    pub draft: Option<String>,
    /// The line that decided.
    pub evidence: String,
    /// The screen as plain text, without trailing blank lines.
    pub text: String,
}

/// One character cell's text with what matters of its style.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The character.
    pub ch: char,
    /// Written faint, as placeholders are.
    pub dim: bool,
}

/// Splits a captured screen into lines of cells; understands captures with and without escape sequences.
pub fn parse_lines(capture: &str) -> Vec<Vec<Cell>> {
    let mut dim = false;
    let mut lines = Vec::new();
    for line in capture.lines() {
        let mut cells = Vec::new();
        let mut chars = line.chars().peekable();
        while let Some(ch) = chars.next() {
            if ch != '\u{1b}' {
                if !ch.is_control() {
                    cells.push(Cell { ch: if ch == '\u{a0}' { ' ' } else { ch }, dim });
                }
                continue;
            }
            if chars.next() != Some('[') {
                continue;
            }
            let mut parameters = String::new();
            let mut end = None;
            for c in chars.by_ref() {
                if c.is_ascii_alphabetic() {
                    end = Some(c);
                    break;
                }
                parameters.push(c);
            }
            if end == Some('m') {
                dim = dim_after(&parameters, dim);
            }
        }
        lines.push(cells);
    }
    lines
}

/// Whether text is faint after an SGR sequence with these parameters.
fn dim_after(parameters: &str, mut dim: bool) -> bool {
    let mut codes = parameters.split([';', ':']);
    while let Some(code) = codes.next() {
        match code {
            "" | "0" | "22" => dim = false,
            "2" => dim = true,
            // The numbers of an extended colour are no attributes.
            "38" | "48" | "58" => match codes.next() {
                Some("5") => drop(codes.next()),
                Some("2") => drop((codes.next(), codes.next(), codes.next())),
                _ => {}
            },
            _ => {}
        }
    }
    dim
}

/// The text of a line without trailing blanks.
pub fn line_text(cells: &[Cell]) -> String {
    let text: String = cells.iter().map(|cell| cell.ch).collect();
    text.trim_end().to_owned()
}

/// Whether a line is a shell's prompt: `bash-5.2#`, `user@host:~$`, `SHELL$`, `host%`, with nothing typed behind it or a command.
pub fn is_shell_prompt(line: &str) -> bool {
    let line = line.trim_end();
    if line.contains(": ") {
        return false;
    }
    let begins = line
        .chars()
        .next()
        .is_some_and(|c| c.is_alphanumeric() || matches!(c, '[' | '(' | '~' | '/' | '$' | '#'));
    let is_sign =
        |word: &str| word.ends_with(['$', '#', '%']) && !word.starts_with(|c: char| c.is_ascii_digit());
    let typed = line.split_once(' ').is_some_and(|(word, _)| {
        word.len() > 1 && is_sign(word) && (word.contains('@') || word.contains('-') || word.contains('$'))
    });
    begins && ((line.len() < 80 && is_sign(line)) || typed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_removed_and_faint_text_is_known() {
        let lines = parse_lines("\u{1b}[38;5;2mab\u{1b}[2mcd\u{1b}[0me\n plain");
        assert_eq!(line_text(&lines[0]), "abcde");
        assert_eq!(lines[0].iter().map(|c| c.dim).collect::<Vec<_>>(), [false, false, true, true, false]);
        assert_eq!(line_text(&lines[1]), " plain");
    }
}
