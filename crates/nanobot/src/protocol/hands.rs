//! Whether the nanobot's hands are on the terminal's keys, as it is told to people who look at it.

use serde::{Deserialize, Serialize};

/// What the nanobot does with its terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hands {
    /// Nothing now; it may begin at any moment.
    #[default]
    Near,
    /// It types, or waits for what it typed to arrive.
    Typing,
    /// Nothing, for a person has taken over.
    Off,
}
