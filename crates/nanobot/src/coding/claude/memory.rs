//! What the driver has to know again after a crash of the nanobot.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// What survives a crash of the nanobot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// Id of the conversation.
    pub conversation: Option<String>,
    /// Where its record is.
    pub transcript: Option<PathBuf>,
    /// Process id of the CLI, and the kernel's start time of that process.
    pub process: Option<(u32, u64)>,
    /// SHA-256 over the credentials that the running CLI has.
    pub fingerprint: String,
    /// Where its hooks report.
    pub hook_socket: PathBuf,
    /// SHA-256 of the secret that its hooks have, hexadecimal.
    pub hook_secret: String,
}
