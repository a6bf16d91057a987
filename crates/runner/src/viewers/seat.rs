//! The nanobot's seat at a session: what its keeper passes on to it and tells of it.

use autocode_nanobot::protocol::{Command, Hands};
use autocode_tmux::SessionName;
use tokio::{sync::watch, time::sleep_until};

use super::{Scene, Taken, Viewers};

/// A nanobot at a session; nobody can take over from one that has left.
#[derive(Debug)]
pub(crate) struct Seat {
    hands: HandsOf,
    scene: watch::Receiver<Scene>,
    /// What the nanobot knows.
    told: bool,
}

/// A handle for telling where a nanobot's hands are.
#[derive(Clone, Debug)]
pub(crate) struct HandsOf {
    all: Viewers,
    session: SessionName,
}

impl HandsOf {
    /// Tells everybody at the session.
    pub(crate) fn are(&self, hands: Hands) {
        self.all.change(&self.session, |entry| {
            // What a process wrote last may be read when its seat is empty already.
            if entry.hands.is_some() {
                entry.hands = Some(hands);
            }
        });
    }
}

impl Viewers {
    /// A nanobot begins to work in a session.
    pub(crate) fn seat(&self, session: SessionName) -> Seat {
        let scene = self.change(&session, |entry| {
            entry.hands = Some(Hands::default());
            entry.scene.subscribe()
        });
        Seat { hands: HandsOf { all: self.clone(), session }, scene, told: false }
    }
}

impl Seat {
    /// For the reader of what the nanobot writes.
    pub(crate) fn hands(&self) -> HandsOf {
        self.hands.clone()
    }

    /// A new process of the nanobot knows nothing.
    pub(crate) fn begin_anew(&mut self) {
        self.told = false;
        self.hands.are(Hands::default());
    }

    /// The next command that follows from what viewers do; cancel safe.
    pub(crate) async fn next_command(&mut self) -> Command {
        loop {
            let taken = self.scene.borrow_and_update().taken;
            if taken.is_some() != self.told {
                self.told = taken.is_some();
                return if self.told { Command::TakeOver } else { Command::GiveBack { by_itself: false } };
            }
            let left = taken.and_then(|Taken { gone, .. }| gone);
            tokio::select! {
                // The sender is kept by the session, and the session by this seat.
                changed = self.scene.changed() => if changed.is_err() { std::future::pending::<()>().await },
                () = async {
                    match left {
                        Some(at) => sleep_until(at + self.hands.all.grace).await,
                        None => std::future::pending().await,
                    }
                } => {
                    // Unless the viewer has come back in this moment.
                    let over = self.hands.all.change(&self.hands.session, |entry| {
                        let over = entry.taken == taken;
                        if over {
                            entry.taken = None;
                        }
                        over
                    });
                    if over {
                        self.told = false;
                        return Command::GiveBack { by_itself: true };
                    }
                }
            }
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.hands.all.change(&self.hands.session, |entry| {
            entry.hands = None;
            entry.taken = None;
        });
    }
}
