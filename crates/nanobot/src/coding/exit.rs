//! Being told of a process's end by the kernel, so that a crash is noticed at once and not at the next look.
//!
//! Must not know what the process is. Where the kernel cannot tell, the loop's slow look remains.

use rustix::{
    event::{PollFd, PollFlags, poll},
    io::Errno,
    process::{Pid, PidfdFlags, pidfd_open},
};
use tokio::sync::oneshot;

/// A watched process, or none.
#[derive(Debug, Default)]
pub struct ProcessExit {
    ended: Option<oneshot::Receiver<()>>,
}

impl ProcessExit {
    /// Watches a process. A thread waits for it, which ends with the process (or with ours) and costs nothing until then.
    pub fn watch(pid: u32) -> Self {
        let process = i32::try_from(pid).ok().and_then(Pid::from_raw);
        let Some(process) = process.and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok()) else {
            return Self::default();
        };
        let (sender, ended) = oneshot::channel();
        let thread = std::thread::Builder::new().name("cli-exit".to_owned()).stack_size(64 * 1024);
        let started = thread.spawn(move || {
            loop {
                match poll(&mut [PollFd::new(&process, PollFlags::IN)], None) {
                    Err(Errno::INTR) => {}
                    Err(_) => return,
                    // Nobody may be waiting any more.
                    Ok(_) => {
                        if sender.send(()).is_err() {
                            tracing::debug!("nobody waits for this end any more");
                        }
                        return;
                    }
                }
            }
        });
        Self { ended: started.is_ok().then_some(ended) }
    }

    /// Returns once when the process has ended, and never again. Cancel safe.
    pub async fn ended(&mut self) {
        let known = match &mut self.ended {
            Some(ended) => ended.await.is_ok(),
            None => false,
        };
        self.ended = None;
        if !known {
            std::future::pending().await
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{process::Command, time::Duration};

    use super::*;

    #[tokio::test]
    async fn an_end_is_told_once() {
        let mut child = Command::new("sleep").arg("30").spawn().unwrap();
        let mut exit = ProcessExit::watch(child.id());
        assert!(tokio::time::timeout(Duration::from_millis(50), exit.ended()).await.is_err());
        child.kill().unwrap();
        tokio::time::timeout(Duration::from_secs(5), exit.ended()).await.unwrap();
        assert!(tokio::time::timeout(Duration::from_millis(50), exit.ended()).await.is_err());
        child.wait().unwrap();
    }
}
