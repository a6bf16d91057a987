//! The table of the fault matrix, for the terminal and for the documentation.

use std::{fmt::Write as _, process::Command, time::Duration};

use tokio::task::JoinError;

use super::rows::{Outcome, Row};

/// What became of a row.
pub struct Run {
    row: Row,
    outcomes: Vec<Outcome>,
    failures: Vec<String>,
}

impl Run {
    pub fn new(row: Row) -> Self {
        Self { row, outcomes: vec![], failures: vec![] }
    }

    pub fn add(&mut self, outcome: Result<Outcome, JoinError>) {
        match outcome {
            Ok(outcome) if outcome.reaction <= self.row.bound => self.outcomes.push(outcome),
            Ok(outcome) => {
                self.failures.push(format!("{:?} for \u{201c}{}\u{201d}", outcome.reaction, outcome.said))
            }
            Err(error) => self.failures.push(error.to_string()),
        }
    }

    pub fn passed(&self) -> bool {
        self.failures.is_empty() && !self.outcomes.is_empty()
    }

    /// Why it failed, one short line each; to be printed last, because a log that is cut keeps its end.
    pub fn in_short(&self) -> String {
        let line =
            |failure: &String| format!("FAIL {}: {}\n", self.row.case, super::soak::short(failure, 600));
        self.failures.iter().map(line).collect()
    }

    fn times(&self) -> String {
        let times: Vec<String> = self.outcomes.iter().map(|outcome| seconds(outcome.reaction)).collect();
        times.join(", ")
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}

/// The rows with their reaction times and bounds; Markdown if wanted.
pub fn table(runs: &[Run], markdown: bool) -> String {
    let mut text = String::new();
    if markdown {
        text.push_str("| situation | case | reaction | bound | what was decided |\n|---|---|---|---|---|\n");
    }
    for run in runs {
        let said =
            run.outcomes.last().map(|outcome| outcome.said.replace(['\n', '|'], " ")).unwrap_or_default();
        let said: String = said.chars().take(110).collect();
        let (row, bound) = (&run.row, seconds(run.row.bound));
        let case = row.case.replace('_', " ");
        match markdown {
            true => writeln!(text, "| {} | {case} | {} | {bound} | {said} |", row.situation, run.times()),
            false => {
                let word = if run.passed() { "ok  " } else { "FAIL" };
                writeln!(text, "{word} {} / {case}: {} (at most {bound}) {said}", row.situation, run.times())
            }
        }
        .unwrap();
        for failure in run.failures.iter().filter(|_| !markdown) {
            writeln!(text, "     {failure}").unwrap();
        }
    }
    text
}

pub fn version(program: &str, argument: &str) -> String {
    let output = Command::new(program).arg(argument).output().unwrap();
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// The programs that were driven.
pub fn versions() -> String {
    let claude = std::env::var("AUTOCODE_CLAUDE").unwrap_or_else(|_| {
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../node_modules/.bin/claude").to_owned()
    });
    format!("{}, {}", version(&claude, "--version"), version("tmux", "-V"))
}

/// `docs/faults.md`.
pub fn document(runs: &[Run], rounds: usize) -> String {
    let date = version("date", "+%Y-%m-%d");
    let passed = runs.iter().filter(|run| run.passed()).count();
    format!(
        "# The fault matrix, measured\n\nWritten by `make faults` on {date} with {}: every row {rounds} times in a row, {} rows at a \
         time, {passed} of {} passed. The real supervisor, runner, nanobot, tmux and Claude Code; only the model is scripted.\n\n\
         The reaction is the time from the fault to the logged decision (or, for a fault in an answer of the model, from that \
         answer's last byte). Times that a person sets, such as the five minutes without progress, are shortened and subtracted.\n\n{}",
        versions(),
        super::AT_ONCE,
        runs.len(),
        table(runs, true),
    )
}
