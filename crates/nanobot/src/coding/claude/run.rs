//! What belongs to one run of the CLI: its folder, its secrets, its process.

use std::path::Path;

use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

use crate::{coding::CliError, state::write_atomically};

pub(super) fn private_folder(folder: &Path) -> Result<(), CliError> {
    use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};

    let failed = || CliError::file("the run's folder could not be made");
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed())?;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700)).map_err(failed())
}

/// The secret of this run's hooks; the same after a restart of the nanobot, because the CLI lives on with it.
pub(super) fn run_secret(run_dir: &Path) -> std::io::Result<String> {
    let path = run_dir.join("hook.secret");
    let known = crate::memory::read(&path)?;
    if known.len() == 64 {
        return Ok(known);
    }
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| std::io::Error::other(error.to_string()))?;
    let secret: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    write_atomically(&path, secret.as_bytes())?;
    Ok(secret)
}

pub(super) fn fingerprint(token: &SecretString, gateway_url: &str, model: &str) -> String {
    hash([token.expose_secret(), gateway_url, model])
}

/// SHA-256 over some texts and their borders, hexadecimal.
pub(super) fn hash<const N: usize>(parts: [&str; N]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The kernel's start time of a process that lives: tells it from a later one with the same id.
pub(super) fn process_start(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    if matches!(state, "Z" | "X") {
        return None;
    }
    fields.nth(18)?.parse().ok()
}
