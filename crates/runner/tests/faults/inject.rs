//! The faults: what can be done to the processes, the terminal and the disk of a stage.

use std::{fs, time::Duration};

use autocode_tmux::{Key, Lines, PaneInfo};
use rustix::process::{Pid, Signal, kill_process};
use tokio::time::sleep;

use super::stage::{SESSION, Stage};

/// Kills a process that cannot object; one that is gone already is fine.
pub fn kill(pid: u32) {
    let pid = i32::try_from(pid).ok().filter(|pid| *pid > 1).and_then(Pid::from_raw).unwrap();
    match kill_process(pid, Signal::KILL) {
        Ok(()) | Err(rustix::io::Errno::SRCH) => {}
        Err(error) => panic!("{error}"),
    }
}

fn arguments(pid: u32) -> String {
    let bytes = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&bytes).replace('\0', " ")
}

impl Stage {
    pub async fn pane(&self) -> Option<PaneInfo> {
        self.tmux.pane(&SESSION.parse().unwrap()).await.unwrap_or_default()
    }

    /// The terminal as a person sees it.
    pub async fn screen(&self) -> String {
        match self.pane().await {
            Some(pane) => self.tmux.capture(pane.id, Lines::Screen).await.unwrap_or_default(),
            None => "(no terminal)".to_owned(),
        }
    }

    pub async fn kill_cli(&self) {
        kill(self.pane().await.unwrap().pid);
    }

    pub async fn kill_tmux(&self) {
        self.tmux.kill_server().await.unwrap();
    }

    /// The newest process with this role.
    fn process(&self, role: &str, not: Option<u32>) -> Option<u32> {
        let mut found = super::evidence::processes_of(&self.root());
        found.sort_unstable();
        found.into_iter().rev().find(|pid| Some(*pid) != not && arguments(*pid).contains(role))
    }

    pub fn nanobot(&self) -> Option<u32> {
        self.process(" nanobot --workspace ", None)
    }

    pub fn kill_nanobot(&self) {
        kill(self.nanobot().unwrap());
    }

    pub fn kill_runner(&self) {
        let supervisor = self.supervisor.as_ref().map(std::process::Child::id);
        kill(self.process(" --serve", supervisor).unwrap());
    }

    /// Presses a key as a person in the terminal would.
    pub async fn press(&self, key: Key) {
        self.tmux.send_key(self.pane().await.unwrap().id, key).await.unwrap();
    }

    /// Types text as a person in the terminal would, without Enter.
    pub async fn type_text(&self, text: &str) {
        let pane = self.pane().await.unwrap().id;
        for c in text.chars() {
            self.tmux.send_key(pane, Key::Char(c)).await.unwrap();
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// tmux loses the next Enter, or the next paste.
    pub fn lose(&self, what: &str) {
        fs::write(self.root().join(format!("lose-{what}")), "").unwrap();
    }
}
