//! Driving a coding CLI: what a driver must offer, and the decisions that are the same for every CLI.
//!
//! Must not know the plan, the model or the project: those are the agent loop's.

pub mod choose;
pub mod claude;
pub mod codex;
pub mod decide;
pub mod dialog;
pub mod exit;
pub mod generic;
pub mod observation;
pub mod opencode;
pub mod process;
pub mod reset_time;
pub mod screen;
mod surroundings;
pub mod terminal;
pub mod text;

use async_trait::async_trait;
use thiserror::Error;

pub use observation::{Activity, FailureKind, Observation, OnScreen, Presence, Signal, TurnRecord};
pub use surroundings::Surroundings;

/// Why a driver could not do what was asked.
#[derive(Debug, Error)]
pub enum CliError {
    /// The terminal failed.
    #[error("the terminal does not work: {0}")]
    Terminal(#[from] autocode_tmux::TmuxError),
    /// A file of the run could not be read or written.
    #[error("{what}: {source}")]
    File {
        /// What was being done.
        what: String,
        /// Why it failed.
        source: std::io::Error,
    },
    /// The CLI's own configuration cannot be used as it is.
    #[error("{0}")]
    Configuration(String),
    /// There is no pane to talk to.
    #[error("the coding CLI is not running")]
    NotRunning,
}

impl CliError {
    /// Names what was being done when a file operation failed.
    pub fn file(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |source| Self::File { what, source }
    }
}

/// A driver of one coding CLI in one terminal session.
#[async_trait]
pub trait CodingCli: Send {
    /// Name for log messages.
    fn name(&self) -> &'static str;

    /// Looks for a CLI that a former nanobot left running; `true` if it can be used as it is.
    async fn adopt(&mut self) -> Result<bool, CliError>;

    /// Starts the CLI (ending one that still runs), going on with the last conversation where there is one.
    /// Answers whether the conversation goes on.
    async fn start(&mut self) -> Result<bool, CliError>;

    /// Gives up the conversation; the next start begins a new one.
    fn forget_conversation(&mut self);

    /// What must survive a crash of this process, as JSON.
    fn remember(&self) -> serde_json::Value;

    /// Whether the process is there; cheap.
    async fn presence(&mut self) -> Result<Presence, CliError>;

    /// What the CLI itself says it is doing; cheap.
    async fn activity(&mut self) -> Activity;

    /// Whether the running CLI has other credentials than a new one would get.
    fn is_stale(&self) -> bool;

    /// The classified screen.
    async fn screen(&mut self) -> Result<screen::ScreenReading, CliError>;

    /// Length of the conversation's record in bytes: where the record of a prompt sent now begins.
    async fn record_position(&mut self) -> u64;

    /// What the CLI's own record says about a prompt that was sent at a position.
    async fn record_of(&mut self, prompt: &str, position: u64) -> Result<TurnRecord, CliError>;

    /// Writes a prompt into the input box and submits it. The caller has made sure that the box is empty.
    async fn send(&mut self, prompt: &str) -> Result<(), CliError>;

    /// Submits what stands in the input box.
    async fn press_enter(&mut self) -> Result<(), CliError>;

    /// Closes a dialog by denying.
    async fn press_escape(&mut self) -> Result<(), CliError>;

    /// Removes the text in the input box. The caller has made sure that there is some.
    async fn clear_draft(&mut self) -> Result<(), CliError>;

    /// Ends the turn under way, so that the next prompt can be sent once the CLI is idle; harmless when it is idle.
    async fn interrupt(&mut self) -> Result<(), CliError>;

    /// The next pushed signal; pending for ever when there is none. Cancel safe.
    async fn signal(&mut self) -> Signal;
}
