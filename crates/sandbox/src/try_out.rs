//! Finding out what this machine lets cells have, by starting an empty one with the real profile.

use std::{io, process::Stdio, time::Duration};

use tokio::{process::Command, time::timeout};

use crate::{
    Network,
    profile::{self, BWRAP, SYSTEM_PATH, Starter},
};

/// How long a trial may take.
const PROBE_LIMIT: Duration = Duration::from_secs(5);

/// What an empty cell could have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Abilities {
    /// The most private network that starts.
    pub network: Network,
}

/// Whether bubblewrap really starts here with our arguments (within 5 s); the error says what it said.
///
/// # Errors
/// What bubblewrap said.
pub async fn probe() -> Result<(), String> {
    try_out(false).await.map(drop)
}

/// Starts an empty cell, with a private network first, then without; `other_account` tries it as root does for a cell with
/// an account of its own.
///
/// # Errors
/// What bubblewrap said, when not even the lesser one starts.
pub async fn try_out(other_account: bool) -> Result<Abilities, String> {
    let starter = if other_account { Starter::Root } else { Starter::Anybody };
    match start(starter, Network::Private).await {
        Ok(()) => Ok(Abilities { network: Network::Private }),
        Err(_) => start(starter, Network::Host).await.map(|()| Abilities { network: Network::Host }),
    }
}

async fn start(starter: Starter, network: Network) -> Result<(), String> {
    let mut command = Command::new(BWRAP);
    command.args(profile::base_args(starter, network)).args(["--remount-ro", "/", "--clearenv", "--"]);
    if starter == Starter::Root {
        // Any account will do: nobody's.
        command.args(profile::become_account(65_534));
    }
    command.arg("/usr/bin/true").env_clear().env("PATH", SYSTEM_PATH).stdin(Stdio::null()).kill_on_drop(true);
    let output = match timeout(PROBE_LIMIT, command.output()).await {
        Err(_) => return Err("it did not finish within 5 seconds".to_owned()),
        Ok(Err(error)) if error.kind() == io::ErrorKind::NotFound => {
            return Err("it is not installed".to_owned());
        }
        Ok(Err(error)) => return Err(error.to_string()),
        Ok(Ok(output)) => output,
    };
    if output.status.success() {
        return Ok(());
    }
    let message = String::from_utf8_lossy(&output.stderr);
    Err(message.trim().chars().take(300).collect())
}
