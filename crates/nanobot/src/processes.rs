//! Ending what was started here: process groups, and processes that left their group.
//!
//! Must not guess: outside a group, a process counts only if its environment holds a mark that it was given or
//! inherited. What clears its own environment escapes, and ends with the cell at the latest.

use std::{
    ffi::{OsStr, OsString},
    fs,
    os::{fd::OwnedFd, unix::ffi::OsStrExt as _},
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open, pidfd_send_signal};
use tokio::time::{Instant, sleep};

/// Marks a coding CLI, a verify command and all that they start: the workspace they work in.
pub const WORKSPACE: &str = "AUTOCODE_WORKSPACE";
/// Marks a verify command and all that it starts: the workspace it checks.
pub const VERIFY: &str = "AUTOCODE_VERIFY";

/// Between two looks at what is left.
const LOOK: Duration = Duration::from_millis(20);
/// How long killed processes may take to be gone.
const KILL_LIMIT: Duration = Duration::from_millis(500);

/// A process group that is killed with this value, unless all of it has ended before.
#[derive(Debug)]
pub struct Group(Option<Pid>);

impl Group {
    /// The group of its first process; of none if there is no process.
    pub fn new(leader: Option<u32>) -> Self {
        Self(leader.and_then(|id| i32::try_from(id).ok()).filter(|id| *id > 1).and_then(Pid::from_raw))
    }

    /// Kills what is left of it.
    pub fn kill(&self) {
        if let Some(pid) = self.0
            && let Err(error) = kill_process_group(pid, Signal::KILL)
            && error != rustix::io::Errno::SRCH
        {
            tracing::warn!(%error, "a process group could not be ended");
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The value of a mark of a living process.
pub fn mark_of(pid: u32, mark: &str) -> Option<PathBuf> {
    let environment = fs::read(format!("/proc/{pid}/environ")).ok()?;
    let entry = environment
        .split(|b| *b == 0)
        .find_map(|entry| entry.strip_prefix(mark.as_bytes()).and_then(|rest| rest.strip_prefix(b"=")))?;
    Some(OsString::from(OsStr::from_bytes(entry)).into())
}

/// Ends all processes whose mark fits: SIGTERM, `patience` later SIGKILL. Returns how many there were.
pub async fn end_marked(mark: &str, fits: impl Fn(&Path) -> bool, patience: Duration) -> usize {
    let mut left = marked(mark, &fits);
    let count = left.len();
    if count == 0 {
        return 0;
    }
    if !patience.is_zero() {
        signal(&left, Signal::TERM);
        let deadline = Instant::now() + patience;
        while !left.is_empty() && Instant::now() < deadline {
            sleep(LOOK).await;
            left = marked(mark, &fits);
        }
    }
    // Also what was started while others were ended.
    let deadline = Instant::now() + KILL_LIMIT;
    while !left.is_empty() && Instant::now() < deadline {
        signal(&left, Signal::KILL);
        sleep(LOOK).await;
        left = marked(mark, &fits);
    }
    if !left.is_empty() {
        tracing::warn!(count = left.len(), "processes could not be ended");
    }
    count
}

fn signal(processes: &[OwnedFd], signal: Signal) {
    for process in processes {
        match pidfd_send_signal(process, signal) {
            Ok(()) | Err(rustix::io::Errno::SRCH) => {}
            Err(error) => tracing::warn!(%error, "a process could not be signalled"),
        }
    }
}

/// Handles of the living processes whose mark fits; a number that is used again cannot be mistaken.
fn marked(mark: &str, fits: &impl Fn(&Path) -> bool) -> Vec<OwnedFd> {
    let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
    let own = std::process::id();
    let numbers = processes.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let is_marked = |pid: u32| pid != own && mark_of(pid, mark).is_some_and(|value| fits(&value));
    numbers
        .filter(|pid| is_marked(*pid))
        .filter_map(|pid| {
            let handle = pidfd_open(Pid::from_raw(i32::try_from(pid).ok()?)?, PidfdFlags::empty()).ok()?;
            // The handle may be of a later process with the same number.
            is_marked(pid).then_some(handle)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[tokio::test]
    async fn marked_processes_are_ended_wherever_they_went_and_no_others() {
        let folder = tempfile::tempdir().unwrap();
        let start = |value: &Path, script: &str| {
            Command::new("setsid").args(["sh", "-c", script]).env(WORKSPACE, value).spawn().unwrap()
        };
        let mine = folder.path().join("a");
        let mut polite = start(&mine, "exec sleep 741");
        let mut stubborn = start(&mine, "trap '' TERM HUP; while :; do sleep 0.1; done");
        let mut other = start(&folder.path().join("ab"), "exec sleep 741");
        while mark_of(stubborn.id(), WORKSPACE).as_ref() != Some(&mine)
            || fs::read_to_string(format!("/proc/{}/comm", stubborn.id())).unwrap() != "sh\n"
            || mark_of(polite.id(), WORKSPACE).is_none()
        {
            sleep(LOOK).await;
        }
        // The shell needs a moment to set its trap.
        sleep(Duration::from_millis(200)).await;
        let begun = Instant::now();
        let count = end_marked(WORKSPACE, |value| value == mine, Duration::from_millis(300)).await;
        assert!(count >= 2 && begun.elapsed() < Duration::from_secs(2), "{count} {:?}", begun.elapsed());
        assert!(!polite.wait().unwrap().success() && !stubborn.wait().unwrap().success());
        assert!(other.try_wait().unwrap().is_none());
        other.kill().unwrap();
        other.wait().unwrap();
        assert_eq!(end_marked(WORKSPACE, |value| value == mine, Duration::ZERO).await, 0);
    }
}
