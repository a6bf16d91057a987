//! Measuring where a service manager starts users' cells: an empty cell that it starts in the same way, under an account of
//! its own, lets its probe say what it found.
//!
//! Must not start anything: connecting to the unit's socket does.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use autocode_sandbox::{CellSpec, Facts, Group};
use tokio::{io::AsyncReadExt as _, net::UnixStream, time::timeout};

use super::{doors, protocol::MAX_REPLY, spec};
use crate::config::Config;

/// A probe ends within ten seconds; starting a unit comes before.
const LIMIT: Duration = Duration::from_secs(15);

/// The unit's socket, `autocode-probe.socket`; there is none where the server starts users' cells itself.
fn socket(config: &Config) -> PathBuf {
    config.run_dir.join(".probe.sock")
}

/// Where the server lays out the bait for it.
fn doors_folder(config: &Config) -> PathBuf {
    config.run_dir.join(".doors")
}

/// The empty cell that the unit starts; `folder` is its account's.
pub fn empty_cell(config: &Config, folder: &Path) -> CellSpec {
    CellSpec {
        home: folder.join("home"),
        run_dir: folder.join("run"),
        doors: Some(doors_folder(config)),
        group: Group::own(),
        ..spec(config, "nobody")
    }
}

/// What the unit's probe finds, with bait laid out by this process; none where there is no such unit.
pub(super) async fn examine(config: &Config) -> Option<Result<Facts, String>> {
    let socket = socket(config);
    if !socket.exists() {
        return None;
    }
    let asked = timeout(LIMIT, ask(config, &socket)).await;
    Some(asked.unwrap_or_else(|_| Err("autocode-probe.service does not answer".to_owned())))
}

async fn ask(config: &Config, socket: &Path) -> Result<Facts, String> {
    let canaries = doors::canaries(config).map_err(|e| format!("no bait can be laid out ({e})"))?;
    let folder = doors_folder(config);
    doors::make_folder(&folder, &canaries).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut said = Vec::new();
    let limit = u64::try_from(MAX_REPLY).unwrap_or(u64::MAX);
    let stream = UnixStream::connect(socket).await.map_err(|e| format!("{}: {e}", socket.display()))?;
    stream.take(limit).read_to_end(&mut said).await.map_err(|e| e.to_string())?;
    serde_json::from_slice(&said).map_err(|_| "autocode-probe.service failed; its log says why".to_owned())
}
