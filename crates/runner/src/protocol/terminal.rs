//! What a terminal connection carries besides bytes.

use autocode_nanobot::protocol::Hands;
use serde::{Deserialize, Serialize};

/// JSON frames to the runner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum TerminalRequest {
    /// The viewer has room for so much; the session gets this size while the viewer leads.
    Resize {
        /// Columns, 2 to 1000.
        cols: u16,
        /// Rows, 2 to 1000.
        rows: u16,
    },
    /// Lead from now on, as by typing.
    Lead,
    /// The viewer has drawn so much. One that has said this once, if only 0, is sent no more than a small window beyond.
    Acknowledge {
        /// Bytes of output since the connection began.
        bytes: u64,
    },
    /// The nanobot is to send nothing until the terminal is given back.
    TakeOver,
    /// The nanobot may go on; any viewer may say so.
    GiveBack,
}

/// JSON frames from the runner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum TerminalNotice {
    /// First: the session is attached.
    Opened,
    /// The session has this size now: that of the viewer who leads, which is the one who typed last.
    Size {
        /// Columns.
        cols: u16,
        /// Rows.
        rows: u16,
        /// This viewer leads.
        leading: bool,
    },
    /// Who types in the terminal.
    Agent {
        /// The nanobot's hands; none when none works in the session.
        hands: Option<Hands>,
        /// Who has taken over.
        taken: TakenBy,
    },
    /// Last: why the stream ends.
    Closed {
        /// For a person.
        reason: String,
    },
}

/// Who has taken over a terminal from the nanobot, as one viewer is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TakenBy {
    /// Nobody.
    Nobody,
    /// This viewer.
    You,
    /// Another viewer, or one that is gone and may come back.
    Another,
}
