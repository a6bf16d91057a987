//! Ending processes: politely, then not, with everything they started.

use std::{process::ExitStatus, time::Duration};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::{process::Child, time::timeout};
use tracing::warn;

/// Sends a signal to a process group; a group that is gone already is fine.
pub(crate) fn signal_group(leader: u32, signal: Signal) {
    let Some(pid) = i32::try_from(leader).ok().filter(|pid| *pid > 1).and_then(Pid::from_raw) else { return };
    match kill_process_group(pid, signal) {
        Ok(()) | Err(rustix::io::Errno::SRCH) => {}
        Err(error) => warn!(leader, %error, "a process group could not be signalled"),
    }
}

/// Waits for a group's leader to end: for the first time by itself, for the second after SIGTERM, then SIGKILL. Then
/// kills what is left of the group.
pub(crate) async fn end(
    child: &mut Child,
    leader: u32,
    patience: [Duration; 2],
) -> std::io::Result<ExitStatus> {
    let [asked, told] = patience;
    let status = match timeout(asked, child.wait()).await {
        Ok(status) => status,
        Err(_) => {
            signal_group(leader, Signal::TERM);
            match timeout(told, child.wait()).await {
                Ok(status) => status,
                Err(_) => {
                    signal_group(leader, Signal::KILL);
                    child.wait().await
                }
            }
        }
    };
    signal_group(leader, Signal::KILL);
    status
}

/// "exit code 3" or "signal 9".
pub(crate) fn describe(status: std::io::Result<ExitStatus>) -> String {
    use std::os::unix::process::ExitStatusExt;
    match status {
        Ok(status) => match (status.code(), status.signal()) {
            (Some(code), _) => format!("exit code {code}"),
            (None, Some(signal)) => format!("signal {signal}"),
            (None, None) => "an unknown end".to_owned(),
        },
        Err(error) => error.to_string(),
    }
}
