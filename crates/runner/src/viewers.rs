//! Whose size a terminal session has: that of the viewer who acted last, on a busy machine as well.
//!
//! tmux goes by the client that it heard of last, and each client reports its size once more after it was attached, as
//! soon as its process gets to run. If that is late, it takes the size from a viewer who has typed or resized since.
//! So the order is kept here, where the frames arrive, and tmux is reminded of it. Must not know what viewers send.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use autocode_tmux::{SessionName, TmuxServer};
use rustix::process::{Pid, Signal, kill_process};
use tokio::sync::watch;
use tracing::debug;

/// Pauses before each look at the size that tmux gave the session.
const LOOKS: [Duration; 4] =
    [Duration::from_millis(300), Duration::from_secs(1), Duration::from_secs(3), Duration::from_secs(10)];

/// Who acted last at each session; shared by all terminals of a runner.
#[derive(Clone, Debug, Default)]
pub(crate) struct Viewers(Arc<Mutex<Last>>);

#[derive(Debug, Default)]
struct Last {
    /// Number of the newest viewer.
    count: u64,
    acted: HashMap<SessionName, u64>,
}

/// One viewer of one session; forgotten when dropped.
#[derive(Debug)]
pub(crate) struct Viewer {
    all: Viewers,
    session: SessionName,
    number: u64,
    /// Columns and rows; a change also means "look again".
    size: watch::Sender<(u16, u16)>,
}

impl Viewers {
    /// A viewer who opens a session now, which is an act, with this many columns and rows.
    pub(crate) fn open(&self, session: SessionName, size: (u16, u16)) -> Viewer {
        let mut last = self.last();
        last.count += 1;
        let number = last.count;
        last.acted.insert(session.clone(), number);
        drop(last);
        Viewer { all: self.clone(), session, number, size: watch::Sender::new(size) }
    }

    fn last(&self) -> MutexGuard<'_, Last> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Viewer {
    /// The viewer typed.
    pub(crate) fn typed(&self) {
        if self.acts() {
            self.size.send_modify(|_| {});
        }
    }

    /// The viewer's window has this many columns and rows now.
    pub(crate) fn resized(&self, size: (u16, u16)) {
        self.acts();
        self.size.send_replace(size);
    }

    /// Whether somebody else had acted last.
    fn acts(&self) -> bool {
        self.all.last().acted.insert(self.session.clone(), self.number) != Some(self.number)
    }

    fn acted_last(&self) -> bool {
        self.all.last().acted.get(&self.session) == Some(&self.number)
    }

    /// Keeps the session at this viewer's size while nobody else acts; `client` is its tmux client. Never returns.
    pub(crate) async fn keep_size(&self, tmux: &TmuxServer, client: Option<u32>) {
        let mut size = self.size.subscribe();
        loop {
            let wanted = *size.borrow_and_update();
            for pause in LOOKS {
                tokio::select! {
                    _ = size.changed() => {
                        size.mark_changed();
                        break;
                    }
                    () = tokio::time::sleep(pause) => {}
                }
                if !self.acted_last() {
                    break;
                }
                match tmux.pane(&self.session).await {
                    Ok(Some(pane)) if (pane.cols, pane.rows) != wanted => remind(client),
                    Ok(_) => {}
                    Err(error) => debug!(%error, "a session's size could not be looked at"),
                }
            }
            // The sender is this viewer's own: it ends with this future.
            if size.changed().await.is_err() {
                return;
            }
        }
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        let mut last = self.all.last();
        if last.acted.get(&self.session) == Some(&self.number) {
            last.acted.remove(&self.session);
        }
    }
}

/// Lets a tmux client report its size again, which makes it the one that tmux goes by.
fn remind(client: Option<u32>) {
    let pid = client.and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw);
    if let Some(Err(error)) = pid.map(|pid| kill_process(pid, Signal::WINCH)) {
        debug!(%error, "a tmux client was gone already");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_acted_last_counts_and_each_session_has_its_own() {
        let all = Viewers::default();
        let (shop, site): (SessionName, SessionName) =
            ("tom-shop".parse().unwrap(), "tom-site".parse().unwrap());
        let one = all.open(shop.clone(), (80, 24));
        let two = all.open(shop, (80, 24));
        let other = all.open(site, (80, 24));
        assert_eq!([one.acted_last(), two.acted_last(), other.acted_last()], [false, true, true]);
        one.typed();
        assert_eq!([one.acted_last(), two.acted_last(), other.acted_last()], [true, false, true]);
        two.resized((90, 30));
        drop(one);
        assert!(two.acted_last());
        drop(two);
        assert_eq!(all.last().acted.len(), 1);
    }
}
