//! The server's end of the socket to a user's runner.
//!
//! Must not know what events mean. Whatever comes in is a claim of an untrusted process: frames are bounded, answers
//! have a time limit, and a frame that does not parse ends the connection.

mod connection;
mod dial;
mod terminal;

use std::{io, time::Duration};

use thiserror::Error;

pub use connection::{Link, connect};
pub use terminal::{Output, TerminalLink, TerminalReader, TerminalWriter, View, open_terminal};

/// How long a runner may take to accept a connection and greet.
const GREETING_LIMIT: Duration = Duration::from_secs(5);

/// Why a runner could not be asked.
#[derive(Debug, Error)]
pub enum LinkError {
    /// The socket cannot be reached, or the connection broke.
    #[error("the runner's socket: {0}")]
    Io(#[from] io::Error),
    /// The runner did not answer in time.
    #[error("the runner did not answer within {0:?}")]
    Timeout(Duration),
    /// The connection ended.
    #[error("the connection to the runner ended")]
    Closed,
    /// What came is not of the protocol.
    #[error("the runner sent something unintelligible: {0}")]
    Protocol(String),
    /// The runner says that it could not do it.
    #[error("{0}")]
    Refused(String),
}
