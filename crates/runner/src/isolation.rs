//! What this runner's cell keeps apart, measured when the runner starts.
//!
//! The server takes it for what it is: a claim of the cell. It was measured before any agent ran in it.

use std::path::Path;

use autocode_sandbox::{Challenge, Facts, measure as measure_cell};
use tracing::warn;

use crate::protocol::Isolation;

/// Tries what the challenge in the doors folder lists; without one nothing is known.
pub(crate) fn measure(doors: Option<&Path>, home: &Path) -> Isolation {
    let facts = match doors.map(|doors| (doors, Challenge::read(doors))) {
        Some((doors, Ok(challenge))) => measure_cell(&challenge, doors, home),
        Some((_, Err(error))) => {
            warn!(%error, "the isolation cannot be measured");
            Facts::unknown("It was not measured: there was nothing to try it with.")
        }
        None => Facts::unknown("It was not measured."),
    };
    Isolation { facts, measured_at: crate::clock::now() }
}
