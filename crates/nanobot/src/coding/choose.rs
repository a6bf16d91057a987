//! Which driver an agent's coding CLI has.
//!
//! Must not know what any of them does.

use std::path::Path;

use serde_json::Value;

use super::{
    CliError, CodingCli, Surroundings, claude::ClaudeCode, codex::Codex, generic::Generic, opencode::Opencode,
};
use crate::protocol::{CliKind, NanobotConfig, StartCommand};

/// The driver of the agent's coding CLI, prepared for a run; no CLI is started.
///
/// # Errors
/// Those of the driver: the run's files cannot be written, or its command is none.
pub fn driver(
    config: &NanobotConfig,
    command: &StartCommand,
    home: &Path,
    remembered: &Value,
    around: Surroundings,
) -> Result<Box<dyn CodingCli>, CliError> {
    Ok(match &config.agent.coding_cli {
        CliKind::Claude => Box::new(ClaudeCode::prepare(config, command, home, remembered, around)?),
        CliKind::Codex => Box::new(Codex::prepare(config, command, home, remembered, around)?),
        CliKind::Opencode => Box::new(Opencode::prepare(config, command, home, remembered, around)?),
        CliKind::Generic { command: words } => {
            Box::new(Generic::prepare(words, config, command, home, remembered, around)?)
        }
    })
}
