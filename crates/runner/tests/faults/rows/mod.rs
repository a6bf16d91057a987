//! The fault matrix: one row per case of a situation, in the order of the table that the loop is built to.

mod api;
mod cli;
mod delivery;
mod dialogs;
mod ends;
mod progress;
mod surroundings;
mod turns;

use std::{future::Future, pin::Pin, time::Duration};

use super::stage::{Seen, Stage};

/// What a row measured.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// From the fault to the reaction.
    pub reaction: Duration,
    /// The decision that was the reaction.
    pub said: String,
}

/// A row's work.
pub type Work = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// A row of the matrix.
#[derive(Clone, Copy)]
pub struct Row {
    /// The situation, in the words of the table.
    pub situation: &'static str,
    /// The case, unique.
    pub case: &'static str,
    /// Longest reaction.
    pub bound: Duration,
    pub run: fn() -> Work,
}

const fn row(situation: &'static str, case: &'static str, bound_ms: u64, run: fn() -> Work) -> Row {
    Row { situation, case, bound: Duration::from_millis(bound_ms), run }
}

/// All rows.
pub fn all() -> Vec<Row> {
    [
        cli::ROWS,
        progress::ROWS,
        dialogs::ROWS,
        api::ROWS,
        delivery::ROWS,
        surroundings::ROWS,
        ends::ROWS,
        turns::ROWS,
    ]
    .concat()
}

/// Longest wait for anything on a busy machine.
pub const LONG: Duration = Duration::from_secs(90);

impl Stage {
    /// Waits until the CLI has taken a prompt and works on it.
    pub async fn in_turn(&mut self) {
        use autocode_nanobot::protocol::Event;
        let begun = |seen: &Seen| matches!(seen.what, super::stage::What::Nanobot(Event::TurnStarted { .. }));
        self.until(LONG, "a turn begins", begun).await;
        // The CLI acknowledges a prompt before it asks the model.
        let deadline = tokio::time::Instant::now() + LONG;
        while self.count("# Step 1:") == 0 {
            assert!(tokio::time::Instant::now() < deadline, "the model must be asked");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }

    /// The reaction to a fault that was injected at this time, when `mark` events had been seen.
    pub async fn reaction(&mut self, injected: i64, mark: usize, limit: Duration, words: &[&str]) -> Outcome {
        let what = format!("a decision with {words:?}");
        let seen = self.from(mark, limit, &what, |seen| seen.at >= injected - 5 && seen.decides(words)).await;
        let reaction = Duration::from_millis(u64::try_from(seen.at - injected).unwrap_or_default());
        Outcome { reaction, said: seen.text().to_owned() }
    }
}
