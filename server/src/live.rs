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

/// Hands each user's events to that user's open pages.
#[derive(Clone, Default)]
pub struct LiveHub {
    channels: Arc<Mutex<HashMap<UserId, broadcast::Sender<LiveEvent>>>>,
}

impl LiveHub {
    /// Tells a user's open pages; nobody watching is fine.
    pub fn publish(&self, user: UserId, event: LiveEvent) {
        let mut channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = channels.get(&user)
            && sender.send(event).is_err()
        {
            // The last page has gone: so does the channel.
            channels.remove(&user);
        }
    }

    /// All of a user's events from now on.
    pub fn subscribe(&self, user: UserId) -> broadcast::Receiver<LiveEvent> {
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
        assert_eq!(one.recv().await.unwrap(), event);
        assert!(matches!(two.try_recv(), Err(broadcast::error::TryRecvError::Empty)));
    }
}
