//! What a coding CLI asks in the middle of a turn, and the way to whoever decides it.
//!
//! The same for every CLI: a driver turns its own form into a [`Dialog`] and an answer back. Must not decide; without an
//! answer the result is a refusal, never a permission.

mod on_screen;

use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

/// Dialogs that may wait to be taken up; a CLI asks one after the other, its helpers may ask besides.
const CAPACITY: usize = 16;

/// Something that a CLI wants to know before it goes on.
#[derive(Clone, Debug, PartialEq)]
pub enum Dialog {
    /// Whether a tool may be used.
    Permission {
        /// The tool's name.
        tool: String,
        /// One phrase about the call, for people.
        summary: String,
        /// The call's input as the CLI stated it.
        input: Value,
    },
    /// Questions to a person.
    Questions(Vec<Question>),
    /// Whether a plan of the CLI may be carried out.
    Plan {
        /// The plan.
        text: String,
    },
}

/// One question of a CLI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The question; the CLI knows its answer by this text.
    pub text: String,
    /// What to choose from; another answer is possible.
    pub choices: Vec<Choice>,
    /// More than one may be chosen.
    pub several: bool,
}

/// One answer that a CLI offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The answer.
    pub label: String,
    /// What it means.
    pub description: String,
}

/// What a CLI is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DialogAnswer {
    /// Go on as you said.
    Allow,
    /// Do not; the words are for the CLI.
    Deny {
        /// Why, and what to do instead.
        message: String,
    },
    /// Each question's text with its answer.
    Answers(Vec<(String, String)>),
}

impl DialogAnswer {
    /// A refusal with these words.
    pub fn deny(message: impl Into<String>) -> Self {
        Self::Deny { message: message.into() }
    }
}

/// A dialog that waits for its answer.
#[derive(Debug)]
pub struct Asked {
    /// What is asked.
    pub dialog: Dialog,
    /// Where the answer goes; closed when the CLI does not ask any more.
    pub reply: oneshot::Sender<DialogAnswer>,
}

/// Where a driver hands in what its CLI asks; cheap to clone.
#[derive(Clone, Debug)]
pub struct DialogDesk {
    sender: mpsc::Sender<Asked>,
}

impl DialogDesk {
    /// A desk, and what is handed in there.
    pub fn open() -> (Self, mpsc::Receiver<Asked>) {
        let (sender, asked) = mpsc::channel(CAPACITY);
        (Self { sender }, asked)
    }

    /// Waits for the decision. Dropping the future withdraws the dialog.
    pub async fn ask(&self, dialog: Dialog) -> DialogAnswer {
        let (reply, answer) = oneshot::channel();
        if self.sender.try_send(Asked { dialog, reply }).is_err() {
            return DialogAnswer::deny(
                "AutoCode cannot decide this now: too much waits for a decision, or the agent is being stopped.",
            );
        }
        let stopped =
            || DialogAnswer::deny("AutoCode stopped before this was decided, so it is not allowed.");
        answer.await.unwrap_or_else(|_| stopped())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Dialog {
        Dialog::Plan { text: "x".into() }
    }

    #[tokio::test]
    async fn without_a_decision_the_answer_is_no() {
        let (desk, mut asked) = DialogDesk::open();
        let asking = tokio::spawn({
            let desk = desk.clone();
            async move { desk.ask(plan()).await }
        });
        drop(asked.recv().await.unwrap());
        assert!(
            matches!(asking.await.unwrap(), DialogAnswer::Deny { message } if message.contains("stopped"))
        );

        let waiting: Vec<_> = (0..CAPACITY)
            .map(|_| {
                let desk = desk.clone();
                tokio::spawn(async move { desk.ask(plan()).await })
            })
            .collect();
        while asked.len() < CAPACITY {
            tokio::task::yield_now().await;
        }
        assert!(
            matches!(desk.ask(plan()).await, DialogAnswer::Deny { message } if message.contains("too much"))
        );
        drop(asked);
        for answer in waiting {
            assert!(matches!(answer.await.unwrap(), DialogAnswer::Deny { .. }));
        }
        assert!(matches!(desk.ask(plan()).await, DialogAnswer::Deny { .. }));
    }
}
