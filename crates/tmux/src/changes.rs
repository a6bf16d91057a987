//! Whether anything was written to a pane since one last looked: costs no process and no question to tmux.
//!
//! Must not read what was written. The kernel tells of every write to the pane's terminal device, so a screen needs to
//! be captured only after one; a program that redraws for a new size writes as well.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use rustix::fs::inotify::{CreateFlags, WatchFlags, add_watch, init};

/// Writes to one terminal device.
#[derive(Debug)]
pub struct Changes {
    inotify: File,
}

impl Changes {
    /// Watches a pane's terminal device ([`crate::PaneInfo::tty`]) from now on.
    ///
    /// # Errors
    /// The device is gone, or the system has no more watches to give.
    pub fn watch(tty: &Path) -> io::Result<Self> {
        let inotify = init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC)?;
        add_watch(&inotify, tty, WatchFlags::MODIFY)?;
        Ok(Self { inotify: inotify.into() })
    }

    /// Whether something was written since the last call, or since the watch began. Never waits.
    pub fn since_last(&self) -> bool {
        let mut any = false;
        loop {
            match drain(&self.inotify) {
                Ok(()) => any = true,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return any,
                // In doubt there may be something to see.
                Err(_) => return true,
            }
        }
    }
}

/// Takes one batch of notices.
fn drain(mut inotify: &File) -> io::Result<()> {
    let mut notices = [0u8; 4096];
    inotify.read(&mut notices).map(drop)
}
