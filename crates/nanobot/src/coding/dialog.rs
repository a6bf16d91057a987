//! What a coding CLI asks in the middle of a turn, and the way to whoever decides it.
//!
//! The same for every CLI: a driver turns its own form into a [`Dialog`] and an answer back. Must not decide; without an
//! answer the result is a refusal, never a permission.

use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

use super::screen::{ScreenReading, ScreenStatus};

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

impl Dialog {
    /// What a screen asks, for a CLI that did not say so in any other way; `None` for permissions and for what is no dialog.
    ///
    /// The text is the part of the screen that the CLI drew as its dialog, which may be cut off. A permission is never read
    /// from it: what is not shown cannot be judged. The answer must not be given by choosing a line of the menu, which may
    /// mean more than it seems (for a plan, the first one also ends all further questions): close the dialog and say the
    /// answer in a prompt.
    pub fn on_screen(screen: &ScreenReading) -> Option<Self> {
        let text = lowest_block(&screen.text);
        match screen.status {
            ScreenStatus::Question => {
                Some(Self::Questions(vec![Question { text, choices: vec![], several: false }]))
            }
            ScreenStatus::PlanApproval => Some(Self::Plan { text }),
            _ => None,
        }
    }
}

/// The lines below what was said before: from the lowest rule that has more than a few lines under it.
fn lowest_block(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let is_rule =
        |line: &&str| line.trim().chars().count() > 20 && line.trim().chars().all(|c| "─━═-".contains(c));
    let rules = lines.iter().enumerate().filter(|(_, line)| is_rule(line)).map(|(at, _)| at);
    let words =
        |at: usize| lines[at..].iter().filter(|line| !line.trim().is_empty() && !is_rule(line)).count();
    let from = rules.rev().find(|at| words(*at) > 5).map_or(0, |at| at + 1);
    let block: Vec<&str> = lines[from..].iter().copied().filter(|line| !is_rule(line)).collect();
    block.join("\n").trim().to_owned()
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

    #[test]
    fn a_screen_asks_what_stands_in_its_lowest_block() {
        let rule = "─".repeat(40);
        let menu = "Which colour do you want?\n❯ 1. Red\n  2. Blue\n  3. Type something.";
        let text =
            format!("● Old news\n{rule}\n ☐ Colour\n\n{menu}\n{rule}\n  4. Chat about this\nEnter to select");
        let screen =
            |status| ScreenReading { status, draft: None, evidence: String::new(), text: text.clone() };
        let expected = format!("☐ Colour\n\n{menu}\n  4. Chat about this\nEnter to select");
        let question = Question { text: expected.clone(), choices: vec![], several: false };
        assert_eq!(
            Dialog::on_screen(&screen(ScreenStatus::Question)),
            Some(Dialog::Questions(vec![question]))
        );
        assert_eq!(
            Dialog::on_screen(&screen(ScreenStatus::PlanApproval)),
            Some(Dialog::Plan { text: expected })
        );
        for status in [ScreenStatus::Permission, ScreenStatus::Idle, ScreenStatus::StartDialog] {
            assert_eq!(Dialog::on_screen(&screen(status)), None);
        }
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
