//! Text frames of the terminal socket; binary frames are bytes of the terminal itself.

use serde::{Deserialize, Serialize};

/// Longest pause of the server on a terminal socket, in milliseconds; a page that hears nothing for much longer takes the
/// connection for dead.
pub const TERMINAL_BEAT_MS: u32 = 8_000;

/// From a viewer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum TerminalRequest {
    /// The viewer has room for so much; first, so that the first picture fits.
    Resize {
        /// Columns.
        cols: u16,
        /// Rows.
        rows: u16,
    },
    /// Give the terminal this viewer's size, as if the viewer had typed.
    Lead,
    /// The viewer has drawn so much. One that has said this once, if only 0, is sent no more than a small window beyond.
    Acknowledge {
        /// Bytes of output since the connection began.
        bytes: u64,
    },
    /// The agent is to send nothing until the terminal is given back.
    TakeOver,
    /// The agent may go on.
    GiveBack,
}

/// To a viewer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum TerminalNotice {
    /// The session is attached; what it shows follows.
    Opened,
    /// The terminal has this size now.
    Size {
        /// Columns.
        cols: u16,
        /// Rows.
        rows: u16,
        /// It is this viewer's own size, because the viewer typed last or is alone.
        leading: bool,
    },
    /// Who types in the terminal.
    Agent {
        /// The agent's hands; none when it does not work there.
        hands: Option<Hands>,
        /// Who has taken over from it.
        taken: TakenBy,
    },
    /// What was typed was dropped: in this sign-in the password has to be typed again first.
    PasswordWanted,
    /// Nothing happened, and the connection stands.
    Alive,
    /// There is no session (any more).
    Closed {
        /// Why, for a person.
        reason: String,
    },
}

/// What the agent does in its terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hands {
    /// Nothing now; it may begin at any moment.
    Near,
    /// It types.
    Typing,
    /// Nothing, for a person has taken over.
    Off,
}

/// Who has taken over a terminal from the agent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TakenBy {
    /// Nobody.
    #[default]
    Nobody,
    /// This viewer.
    You,
    /// Another viewer, or one that is gone and may come back.
    Another,
}
