//! What the unprivileged server and the root process above it say to each other: one JSON text a line.
//!
//! Narrow on purpose. An order names a user and an id; every path follows from the configuration that root itself read.

use app::model::Username;
use autocode_sandbox::Facts;
use serde::{Deserialize, Serialize};

use crate::config::Config;

/// Longest line to root, in bytes.
pub const MAX_ORDER: usize = 4 * 1024;
/// Longest line from root, in bytes.
pub const MAX_REPLY: usize = 64 * 1024;

/// A user's cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellUser {
    /// Names the folders.
    pub username: Username,
    /// Runs the processes and owns the files.
    pub uid: u32,
}

/// What root is asked to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Order {
    /// Make a user's folders and give them, with what is in them, to the user's account.
    Prepare(CellUser),
    /// Start a user's cell.
    Start(CellUser),
    /// Remove a user's folders and limits; the cell has ended.
    Remove {
        /// Whose.
        username: Username,
    },
    /// Count what a user's files take.
    Measure {
        /// Whose.
        username: Username,
    },
    /// Start a cell that belongs to nobody and say what its probe found.
    Examine,
}

/// An order with its number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderLine {
    /// Chosen by the server; the reply carries it.
    pub id: u64,
    /// What is asked.
    pub order: Order,
}

/// What came of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Reply {
    /// Done.
    Done,
    /// The cell was started; none of bubblewrap's walls are around it if there is a warning.
    Started {
        /// What it lacks.
        warning: Option<String>,
    },
    /// What a user's files take.
    Measured {
        /// Bytes of the blocks in use.
        bytes: u64,
        /// Whether everything was counted.
        complete: bool,
    },
    /// What the probe found.
    Examined(Box<Facts>),
    /// It could not be done.
    Failed {
        /// For a person.
        message: String,
    },
}

/// A line from root.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FromRoot {
    /// First: what to serve, as root resolved it.
    Config(Box<Config>),
    /// The reply to an order.
    Reply {
        /// The order's number.
        id: u64,
        /// What came of it.
        reply: Reply,
    },
    /// End in order.
    Stop,
}
