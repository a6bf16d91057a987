//! Who looks at a session, and what all of them are to know: its size, the nanobot's hands, who has taken over.
//!
//! A session has the size of the viewer who acted last. Everybody's tmux client is given that size, so that it makes no
//! difference which of them tmux heard of last. Must not know tmux or what viewers send.

mod seat;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use autocode_nanobot::protocol::Hands;
use autocode_tmux::SessionName;
use tokio::{sync::watch, time::Instant};

use crate::protocol::{TakenBy, TerminalNotice};
pub(crate) use seat::{HandsOf, Seat};

/// How long a viewer who has taken over may be gone before the terminal goes back to the nanobot.
const GRACE: Duration = Duration::from_secs(60);

/// Columns and rows.
pub(crate) type Size = (u16, u16);

/// All viewers of a runner; shared by its terminals and its instances.
#[derive(Clone, Debug)]
pub(crate) struct Viewers {
    all: Arc<Mutex<All>>,
    grace: Duration,
}

#[derive(Debug, Default)]
struct All {
    /// Number of the newest viewer.
    count: u64,
    sessions: HashMap<SessionName, Session>,
}

#[derive(Debug)]
struct Session {
    /// Each with the size it has room for; who acted last stands last, and leads.
    viewers: Vec<(u64, Size)>,
    /// The nanobot's hands, while one has its seat here.
    hands: Option<Hands>,
    taken: Option<Taken>,
    scene: watch::Sender<Scene>,
}

/// A person has taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Taken {
    viewer: u64,
    /// When the viewer left, if so.
    gone: Option<Instant>,
}

/// What everybody at a session is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Scene {
    /// The session's size; none while nobody looks.
    pub(crate) size: Option<Size>,
    leader: Option<u64>,
    hands: Option<Hands>,
    taken: Option<Taken>,
}

impl Session {
    fn new() -> Self {
        let scene = Scene { size: None, leader: None, hands: None, taken: None };
        Self { viewers: Vec::new(), hands: None, taken: None, scene: watch::Sender::new(scene) }
    }

    fn publish(&self) {
        let (leader, size) = self.viewers.last().copied().unzip();
        let scene = Scene { size, leader, hands: self.hands, taken: self.taken };
        self.scene.send_if_modified(|now| std::mem::replace(now, scene) != scene);
    }

    fn is_empty(&self) -> bool {
        self.viewers.is_empty() && self.hands.is_none()
    }
}

impl Default for Viewers {
    fn default() -> Self {
        Self { all: Arc::default(), grace: GRACE }
    }
}

impl Viewers {
    fn all(&self) -> MutexGuard<'_, All> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes a session, tells everybody, and forgets the session if nobody is left.
    fn change<T>(&self, session: &SessionName, change: impl FnOnce(&mut Session) -> T) -> T {
        let mut all = self.all();
        let entry = all.sessions.entry(session.clone()).or_insert_with(Session::new);
        let result = change(entry);
        entry.publish();
        if entry.is_empty() {
            all.sessions.remove(session);
        }
        result
    }

    /// A viewer comes who has room for `size`. To look is not to act: it leads only if nobody else is there.
    pub(crate) fn open(&self, session: SessionName, size: Size) -> Viewer {
        let number = {
            let mut all = self.all();
            all.count += 1;
            all.count
        };
        let scene = self.change(&session, |entry| {
            entry.viewers.insert(0, (number, size));
            entry.scene.subscribe()
        });
        Viewer { all: self.clone(), session, number, scene }
    }
}

/// One viewer of one session; forgotten when dropped.
#[derive(Debug)]
pub(crate) struct Viewer {
    all: Viewers,
    session: SessionName,
    number: u64,
    scene: watch::Receiver<Scene>,
}

impl Viewer {
    /// What is so now, and how it changes.
    pub(crate) fn scene(&self) -> watch::Receiver<Scene> {
        self.scene.clone()
    }

    /// The viewer typed or asked to lead.
    pub(crate) fn acted(&self) {
        // The usual case, with every key: nothing changes.
        if self.scene.borrow().leader == Some(self.number) {
            return;
        }
        self.all.change(&self.session, |entry| {
            if let Some(at) = entry.viewers.iter().position(|(number, _)| *number == self.number) {
                let own = entry.viewers.remove(at);
                entry.viewers.push(own);
            }
        });
    }

    /// The viewer has room for another size.
    pub(crate) fn resized(&self, size: Size) {
        self.all.change(&self.session, |entry| {
            if let Some(own) = entry.viewers.iter_mut().find(|(number, _)| *number == self.number) {
                own.1 = size;
            }
        });
    }

    /// The viewer takes over from the nanobot, or from another viewer who has; nothing without a nanobot.
    pub(crate) fn take_over(&self) {
        self.all.change(&self.session, |entry| {
            if entry.hands.is_some() {
                entry.taken = Some(Taken { viewer: self.number, gone: None });
            }
        });
    }

    /// The terminal goes back to the nanobot.
    pub(crate) fn give_back(&self) {
        self.all.change(&self.session, |entry| entry.taken = None);
    }

    /// What this viewer is told of a scene.
    pub(crate) fn notices(&self, scene: &Scene) -> [Option<TerminalNotice>; 2] {
        let size = scene.size.map(|(cols, rows)| TerminalNotice::Size {
            cols,
            rows,
            leading: scene.leader == Some(self.number),
        });
        let taken = match scene.taken {
            None => TakenBy::Nobody,
            Some(taken) if taken.viewer == self.number => TakenBy::You,
            Some(_) => TakenBy::Another,
        };
        [size, Some(TerminalNotice::Agent { hands: scene.hands, taken })]
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        self.all.change(&self.session, |entry| {
            entry.viewers.retain(|(number, _)| *number != self.number);
            if let Some(taken) = entry.taken.as_mut().filter(|taken| taken.viewer == self.number) {
                taken.gone = Some(Instant::now());
            }
        });
    }
}

#[cfg(test)]
mod tests;
