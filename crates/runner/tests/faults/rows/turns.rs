//! An undisturbed plan: how soon the end of a turn is noticed, and what a step costs.

use std::time::Duration;

use autocode_nanobot::protocol::Event;

use super::{LONG, Outcome, Row, row};
use crate::{
    gate::Who,
    stage::{Play, Stage, What},
};

/// Turns of which the median is taken.
const TURNS: usize = 20;

/// The product's own goal is 300 ms on a quiet machine; here other rows run beside it.
pub const ROWS: &[Row] =
    &[row("undisturbed work", "median_reaction_to_the_end_of_twenty_turns", 1_000, || Box::pin(turns()))];

async fn turns() -> Outcome {
    let mut stage = Stage::started(Play { steps: TURNS, ..Play::default() }).await;
    stage.completed(LONG * 3).await;
    let judgements = stage.gate.exchanges().iter().filter(|exchange| exchange.who == Who::Judge).count();
    assert_eq!(judgements, TURNS, "one call of the nanobot's model a step");
    let mut times = stage.turn_ends();
    assert_eq!(times.len(), TURNS);
    times.sort();
    let (median, longest) = (times[TURNS / 2], times[TURNS - 1]);
    stage.end().await;
    Outcome {
        reaction: median,
        said: format!("from the last byte of the model to the logged end; longest {longest:?}"),
    }
}

impl Stage {
    /// For each end of a turn: from the last byte of the model before it to its observation.
    pub fn turn_ends(&self) -> Vec<Duration> {
        let exchanges = self.gate.exchanges();
        let bytes: Vec<i64> =
            exchanges.iter().filter(|e| e.who == Who::Coding).filter_map(|e| e.ended).collect();
        let ends =
            self.events.iter().filter(|seen| matches!(seen.what, What::Nanobot(Event::TurnEnded { .. })));
        ends.filter_map(|end| bytes.iter().filter(|at| **at <= end.at).max().map(|last| end.at - last))
            .map(|ms| Duration::from_millis(u64::try_from(ms).unwrap()))
            .collect()
    }
}
