//! Ends the nanobot that an earlier runner left behind, so that never two of them work for one instance.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::process::Signal;
use tokio::time::{Instant, sleep};
use tracing::info;

use crate::process::signal_group;

const FILE: &str = "nanobot.pid";
/// How long it may take to end: by itself, after SIGTERM, after SIGKILL.
const PATIENCE: [Duration; 3] = [Duration::from_secs(2), Duration::from_millis(500), Duration::from_secs(1)];

/// Notes which process works for an instance, and where; the start time guards against a reused number.
pub(crate) fn note(run_dir: &Path, pid: u32, workspace: &Path) -> io::Result<()> {
    let started = start_time(pid).unwrap_or_default();
    fs::write(run_dir.join(FILE), format!("{pid} {started} {}", workspace.display()))
}

/// Where the noted process works, or worked.
pub(crate) fn workspace(run_dir: &Path) -> Option<PathBuf> {
    let text = fs::read_to_string(run_dir.join(FILE)).ok()?;
    text.splitn(3, ' ').nth(2).map(PathBuf::from)
}

/// Ends the noted process and its group, if it still lives.
pub(crate) async fn end(run_dir: &Path) {
    let text = fs::read_to_string(run_dir.join(FILE)).unwrap_or_default();
    let mut words = text.split(' ').map(str::parse::<u64>);
    let (Some(Ok(pid)), Some(Ok(started))) = (words.next(), words.next()) else { return };
    let Ok(pid) = u32::try_from(pid) else { return };
    let lives = || start_time(pid) == Some(started);
    if !lives() {
        return;
    }
    info!(pid, "a nanobot of an earlier runner is ended");
    // It has lost its standard input and ends by itself, unless it hangs.
    for (signal, patience) in [None, Some(Signal::TERM), Some(Signal::KILL)].into_iter().zip(PATIENCE) {
        if let Some(signal) = signal {
            signal_group(pid, signal);
        }
        let deadline = Instant::now() + patience;
        while Instant::now() < deadline {
            if !lives() {
                signal_group(pid, Signal::KILL);
                return;
            }
            sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Field 22 of `/proc/PID/stat`; `None` if there is no such process, or it is dead and not yet collected.
fn start_time(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name before it, in brackets, may contain anything.
    let mut fields = stat.rsplit_once(") ")?.1.split(' ');
    if fields.next()? == "Z" {
        return None;
    }
    fields.nth(18)?.parse().ok()
}
