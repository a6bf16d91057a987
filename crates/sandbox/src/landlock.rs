//! The wall where bubblewrap does not start: this process and all it starts may open listed files only.
//!
//! Weaker than bubblewrap: processes, loopback ports and the account stay shared. What must be open for programs to run
//! is listed here; everything else is what the caller names.

use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access as _, AccessFs, Ruleset, RulesetAttr as _, RulesetCreatedAttr as _, RulesetError,
    RulesetStatus, Scope, path_beneath_rules,
};

use crate::etc;

/// What the kernel is asked for; an older one gives what it can.
const WANTED: ABI = ABI::V6;
/// Readable for every program.
const SYSTEM: [&str; 7] = ["/usr", "/bin", "/sbin", "/lib", "/lib64", "/lib32", "/proc"];
/// Devices that programs write to.
const DEVICES: [&str; 9] = [
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/random",
    "/dev/urandom",
    "/dev/tty",
    "/dev/ptmx",
    "/dev/pts",
    "/dev/shm",
];

/// Closes everything for this thread and whatever it becomes but the system's programs, `read` (to read) and `write`.
///
/// To be called before other threads exist.
///
/// # Errors
/// A sentence for a person, if the kernel has no Landlock.
pub fn confine(read: &[PathBuf], write: &[PathBuf]) -> Result<(), String> {
    match restrict(read, write) {
        Ok(RulesetStatus::NotEnforced) => Err("this kernel has no Landlock".to_owned()),
        Ok(_) => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}

fn restrict(read: &[PathBuf], write: &[PathBuf]) -> Result<RulesetStatus, RulesetError> {
    let etc = etc::ENTRIES.iter().map(|entry| Path::new("/etc").join(entry));
    let readable: Vec<PathBuf> =
        SYSTEM.iter().map(PathBuf::from).chain(etc).chain(read.iter().cloned()).collect();
    let writable: Vec<PathBuf> = DEVICES.iter().map(PathBuf::from).chain(write.iter().cloned()).collect();
    let status = Ruleset::default()
        .handle_access(AccessFs::from_all(WANTED))?
        .scope(Scope::from_all(WANTED))?
        .create()?
        .add_rules(path_beneath_rules(present(&readable), AccessFs::from_read(WANTED)))?
        .add_rules(path_beneath_rules(present(&writable), AccessFs::from_all(WANTED)))?
        .restrict_self()?;
    Ok(status.ruleset)
}

/// Those that are there, by their real places: a rule is about a file, not about a name.
fn present(paths: &[PathBuf]) -> Vec<PathBuf> {
    paths.iter().filter_map(|path| path.canonicalize().ok()).collect()
}
