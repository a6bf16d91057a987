//! Who is watching what: one bounded broadcast channel per user, from which every live page of theirs reads.
//!
//! Must not know what a page does with an event. A reader that falls behind is told so and reads the state anew.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use app::model::{LiveEvent, UserId};
use tokio::sync::broadcast;

/// Events that a slow reader may lag behind before it has to start over from the database.
const CAPACITY: usize = 1024;

/// What a page's stream is told.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// Something to pass on as it is.
    Event(LiveEvent),
    /// Tokens were counted: whoever shows sums reads them anew.
    Spent,
}

/// Hands each user's events to that user's open pages.
#[derive(Clone, Default)]
pub struct LiveHub {
    channels: Arc<Mutex<HashMap<UserId, broadcast::Sender<Notice>>>>,
}

impl LiveHub {
    /// Tells a user's open pages; nobody watching is fine.
    pub fn publish(&self, user: UserId, event: LiveEvent) {
        self.tell(user, Notice::Event(event));
    }

    /// Tells a user's open pages that their agents have used tokens.
    pub fn spent(&self, user: UserId) {
        self.tell(user, Notice::Spent);
    }

    fn tell(&self, user: UserId, notice: Notice) {
        let mut channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = channels.get(&user)
            && sender.send(notice).is_err()
        {
            // The last page has gone: so does the channel.
            channels.remove(&user);
        }
    }

    /// All of a user's events from now on.
    pub fn subscribe(&self, user: UserId) -> broadcast::Receiver<Notice> {
        let mut channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        channels.entry(user).or_insert_with(|| broadcast::channel(CAPACITY).0).subscribe()
    }
}

#[cfg(test)]
mod tests {
    use app::model::ProjectId;

    use super::*;

    #[tokio::test]
    async fn events_reach_only_their_user() {
        let hub = LiveHub::default();
        let event = LiveEvent::ProjectDeleted { id: ProjectId(7) };
        hub.publish(UserId(1), event.clone());
        let (mut one, mut two) = (hub.subscribe(UserId(1)), hub.subscribe(UserId(2)));
        hub.publish(UserId(1), event.clone());
        hub.spent(UserId(1));
        assert_eq!(one.recv().await.unwrap(), Notice::Event(event));
        assert_eq!(one.recv().await.unwrap(), Notice::Spent);
        assert!(matches!(two.try_recv(), Err(broadcast::error::TryRecvError::Empty)));
    }
}
