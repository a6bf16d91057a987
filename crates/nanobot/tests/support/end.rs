//! The end of a project: no process of it stays, also when its test failed.

use std::{path::Path, time::Duration};

use super::Project;

impl Drop for Project {
    fn drop(&mut self) {
        // First the nanobot: it would make the terminal again that is ended below.
        if let Some((child, ..)) = &mut self.child {
            let _ = child.start_kill();
            while matches!(child.try_wait(), Ok(None)) {
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        let tmux = |args: &[&str]| {
            let socket = self.folder.path().join("tmux.sock");
            let output = std::process::Command::new("tmux").arg("-S").arg(socket).args(args).output();
            output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default()
        };
        let processes = tmux(&["list-panes", "-a", "-F", "#{pane_pid}"]);
        tmux(&["kill-server"]);
        // The CLI still writes while it ends, and would make its folders again behind our back.
        let alive = || processes.lines().any(|pid| Path::new("/proc").join(pid).exists());
        for _ in 0..50 {
            if !alive() {
                break;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}
