//! `autocode screen`: what the loop makes of a saved terminal screen, for people who report a misunderstanding.
//!
//! Must not know a CLI's phrases: the drivers' classifiers do. Reads one file, changes nothing.

use std::{
    fs,
    io::{self, Read as _},
    path::Path,
    process::ExitCode,
};

use autocode_nanobot::coding::{
    claude, codex, opencode,
    screen::{ScreenReading, ScreenStatus},
};

use crate::cli::{ScreenArgs, ScreenCli};

/// Largest capture that is read, in bytes; a screen with all its colours has a few dozen kilobytes.
const MAX_CAPTURE: u64 = 4 * 1024 * 1024;

/// Prints the state of the screen as the first word, then what led to it.
pub fn run(args: &ScreenArgs) -> ExitCode {
    match capture(&args.file) {
        Ok(capture) => {
            print!("{}", report(args.cli, &capture, args.dead));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("autocode: {} cannot be read: {error}.", args.file.display());
            ExitCode::FAILURE
        }
    }
}

fn capture(file: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    if file.as_os_str() == "-" {
        io::stdin().lock().take(MAX_CAPTURE).read_to_end(&mut bytes)?;
    } else {
        fs::File::open(file)?.take(MAX_CAPTURE).read_to_end(&mut bytes)?;
    }
    // A capture may be cut in the middle of a character.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn report(cli: ScreenCli, capture: &str, dead: bool) -> String {
    let reading = match cli {
        ScreenCli::Claude => claude::screen::classify(capture, dead),
        ScreenCli::Codex => codex::screen::classify(capture, dead),
        ScreenCli::Opencode => opencode::screen::classify(capture, dead),
    };
    render(&reading)
}

fn render(reading: &ScreenReading) -> String {
    let mut text = format!("{}\n  meaning:  {}\n", reading.status.word(), meaning(reading.status));
    let mut line = |name: &str, value: &str| text += &format!("  {name:<9} {value}\n");
    line("evidence:", &reading.evidence);
    match &reading.draft {
        Some(draft) => {
            for (row, part) in draft.lines().enumerate() {
                line(if row == 0 { "draft:" } else { "" }, part);
            }
        }
        None => line("draft:", "none"),
    }
    line("screen:", &format!("{} lines with text", reading.text.lines().filter(|l| !l.is_empty()).count()));
    text
}

/// What the loop does with a screen of this state, in one sentence.
fn meaning(status: ScreenStatus) -> &'static str {
    match status {
        ScreenStatus::StartFailed => "The CLI said why it cannot start; a person is asked.",
        ScreenStatus::StartDialog => "The CLI asks something before its first prompt; nothing may be pasted.",
        ScreenStatus::Idle => "The input box is empty and takes a prompt.",
        ScreenStatus::IdleDraft => "Text stands in the input box that was not submitted; no prompt is sent.",
        ScreenStatus::Busy => "A turn is under way; no prompt is sent.",
        ScreenStatus::Permission => "A tool waits for approval; a paste would answer it, so nothing is sent.",
        ScreenStatus::Question => "The CLI asks to choose; a paste would answer it, so nothing is sent.",
        ScreenStatus::PlanApproval => {
            "A plan waits for approval; a paste would answer it, so nothing is sent."
        }
        ScreenStatus::Interrupted => "The last turn was interrupted; the loop stands back.",
        ScreenStatus::ApiError => "The last turn ended in an error of the model's API, or is retried.",
        ScreenStatus::UsageLimit => "A usage limit was reached and a dialog asks what to do.",
        ScreenStatus::Compacting => "The conversation is being summarised; no prompt is sent.",
        ScreenStatus::Exited => {
            "The CLI has ended: a shell or nothing is left, and a paste would be run by it."
        }
        ScreenStatus::Unknown => {
            "Nothing that is known; if the CLI shows this for long, a person is asked. Please report this screen."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_is_the_state_and_the_evidence_follows() {
        let rule = "─".repeat(40);
        let screen = format!("✻ Worked for 3s\n\n{rule}\n❯ \n{rule}\n  ? for shortcuts\n");
        let idle = "idle\n  meaning:  The input box is empty and takes a prompt.\n  evidence: ❯\n  draft:    none\n  \
                    screen:   5 lines with text\n";
        assert_eq!(report(ScreenCli::Claude, &screen, false), idle);
        assert!(report(ScreenCli::Claude, &screen, true).starts_with("exited\n"));
        assert!(report(ScreenCli::Claude, "", false).starts_with("unknown\n"));
    }

    #[test]
    fn each_cli_has_its_own_eyes() {
        let codex = "› go\n\n◦ Working (1s • esc to interrupt)\n\n› Ask Codex to do anything\n\n  gpt · /w\n";
        assert!(report(ScreenCli::Codex, codex, false).starts_with("busy\n"));
        let opencode = "  ┃\n  ┃  △ Permission required\n  ┃    # Shell command\n";
        assert!(report(ScreenCli::Opencode, opencode, false).starts_with("permission\n"));
    }

    #[test]
    fn a_file_that_is_not_there_is_said() {
        assert!(capture(Path::new("/nowhere/at/all")).is_err());
    }
}
