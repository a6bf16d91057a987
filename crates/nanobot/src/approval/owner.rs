//! Questions to the project's owner that come up in the middle of a turn, one after the other.
//!
//! Must not know where they are shown: the loop does that, and hands the words back.

use std::future::pending;

use tokio::sync::{mpsc, oneshot};

/// Questions that may wait; as many as dialogs can be open.
const CAPACITY: usize = 16;

/// What became of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum OwnerReply {
    /// The owner's words.
    Answer(String),
    /// The CLI went on without.
    Settled,
    /// The loop is ending.
    Ending,
}

/// A question to the owner.
#[derive(Debug)]
pub struct OwnerQuestion {
    /// What is asked.
    pub text: String,
    /// Answers to choose from.
    pub suggestions: Vec<String>,
    reply: oneshot::Sender<OwnerReply>,
}

/// Where the broker asks.
#[derive(Debug)]
pub(super) struct Owners {
    sender: mpsc::Sender<OwnerQuestion>,
}

impl Owners {
    /// Waits for the owner; dropping the future withdraws the question.
    pub(super) async fn ask(&self, text: String, suggestions: &[&str]) -> OwnerReply {
        let (reply, answer) = oneshot::channel();
        let suggestions = suggestions.iter().map(|&word| word.to_owned()).collect();
        if self.sender.send(OwnerQuestion { text, suggestions, reply }).await.is_err() {
            return OwnerReply::Ending;
        }
        answer.await.unwrap_or(OwnerReply::Ending)
    }
}

/// What the loop has to show.
#[derive(Debug, PartialEq, Eq)]
pub enum DeskNews {
    /// A question is open now.
    Asked {
        /// What is asked.
        text: String,
        /// Answers to choose from.
        suggestions: Vec<String>,
    },
    /// The open question needs no answer any more.
    Withdrawn,
}

/// The loop's end: the question that is open, and those behind it.
#[derive(Debug)]
pub struct OwnerDesk {
    incoming: mpsc::Receiver<OwnerQuestion>,
    open: Option<oneshot::Sender<OwnerReply>>,
}

pub(super) fn desk() -> (Owners, OwnerDesk) {
    let (sender, incoming) = mpsc::channel(CAPACITY);
    (Owners { sender }, OwnerDesk { incoming, open: None })
}

impl OwnerDesk {
    /// Whether a question waits for the owner's answer.
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// The next question, or the end of the open one; pending for ever without a broker. Cancel safe.
    pub async fn next(&mut self) -> DeskNews {
        if let Some(open) = &mut self.open {
            open.closed().await;
            self.open = None;
            return DeskNews::Withdrawn;
        }
        loop {
            let Some(question) = self.incoming.recv().await else { return pending().await };
            // Withdrawn while it waited behind another.
            if question.reply.is_closed() {
                continue;
            }
            self.open = Some(question.reply);
            return DeskNews::Asked { text: question.text, suggestions: question.suggestions };
        }
    }

    /// Gives the owner's words to whoever asked; `false` when nothing was open any more.
    pub fn answer(&mut self, text: &str) -> bool {
        let words = text.trim().to_owned();
        self.open.take().is_some_and(|open| open.send(OwnerReply::Answer(words)).is_ok())
    }

    /// The CLI went on without an answer: nothing that it asked counts any more.
    pub fn settle(&mut self) {
        let waiting = std::iter::from_fn(|| self.incoming.try_recv().ok()).map(|question| question.reply);
        for reply in self.open.take().into_iter().chain(waiting) {
            // Nobody waits any more if this fails.
            let _ = reply.send(OwnerReply::Settled);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn asked(text: &str) -> DeskNews {
        DeskNews::Asked { text: text.into(), suggestions: vec!["Allow".into()] }
    }

    #[tokio::test]
    async fn questions_come_one_after_the_other_and_can_be_withdrawn() {
        let (owners, mut desk) = desk();
        let owners = Arc::new(owners);
        let ask = |text: &'static str| {
            let owners = owners.clone();
            tokio::spawn(async move { owners.ask(text.to_owned(), &["Allow"]).await })
        };
        assert!(!desk.answer("nobody asked"));
        let first = ask("1");
        assert_eq!(desk.next().await, asked("1"));
        let (second, third) = (ask("2"), ask("3"));
        while desk.incoming.len() < 2 {
            tokio::task::yield_now().await;
        }
        first.abort();
        assert_eq!(desk.next().await, DeskNews::Withdrawn);
        second.abort();
        assert!(second.await.unwrap_err().is_cancelled());
        assert_eq!(desk.next().await, asked("3"));
        assert!(desk.answer(" yes \n"));
        assert_eq!(third.await.unwrap(), OwnerReply::Answer("yes".into()));

        let (fourth, fifth) = (ask("4"), ask("5"));
        assert!(matches!(desk.next().await, DeskNews::Asked { .. }));
        while desk.incoming.is_empty() {
            tokio::task::yield_now().await;
        }
        desk.settle();
        assert_eq!((fourth.await.unwrap(), fifth.await.unwrap()), (OwnerReply::Settled, OwnerReply::Settled));
        let sixth = ask("6");
        assert!(matches!(desk.next().await, DeskNews::Asked { .. }));
        drop(desk);
        assert_eq!(sixth.await.unwrap(), OwnerReply::Ending);
        assert_eq!(ask("7").await.unwrap(), OwnerReply::Ending);
    }
}
