//! Whose hands are on the keys: a person's who has taken over, or the loop's own; told to those who look at the terminal.
//!
//! Must not decide what is typed.

use super::AgentLoop;
use crate::{
    outbox::now,
    protocol::{Event, Hands},
    state::StepPhase,
};

impl AgentLoop {
    /// A person has taken over: from now on nothing is sent, pressed, judged or counted.
    pub(super) async fn hands_off(&mut self) {
        if !self.seen.held {
            self.seen.held = true;
            self.decided(
                "A person has taken over the terminal: nothing is sent and no step goes on until it is given back.",
            )
            .await;
        }
        self.show_hands().await;
    }

    /// The terminal was given back; what the person's time made old begins anew.
    pub(super) async fn hands_back(&mut self, by_itself: bool) {
        if !self.seen.held {
            return;
        }
        self.seen.held = false;
        let now = now();
        self.seen.activity_since = now;
        self.seen.progress.moved(now);
        self.seen.compacting_since = self.seen.compacting_since.map(|_| now);
        self.decided(if by_itself {
            "The page that had taken over the terminal is gone: taking it back and going on where the step was."
        } else {
            "The terminal was given back; going on where the step was."
        })
        .await;
        self.show_hands().await;
    }

    /// Tells those who look at the terminal that something is about to be typed.
    pub(super) async fn show_typing(&mut self) {
        self.tell_hands(Hands::Typing).await;
    }

    /// Tells those who look at the terminal whose hands are on the keys, if that has changed.
    pub(super) async fn show_hands(&mut self) {
        let hands = match self.state.step.as_ref().map(|step| &step.phase) {
            _ if self.seen.held => Hands::Off,
            Some(
                StepPhase::Sending(_) | StepPhase::Interrupting { .. } | StepPhase::ClosingDialog { .. },
            ) => Hands::Typing,
            _ => Hands::Near,
        };
        self.tell_hands(hands).await;
    }

    async fn tell_hands(&mut self, hands: Hands) {
        if self.seen.hands != hands {
            self.seen.hands = hands;
            self.outbox.send(Event::Hands { hands }).await;
        }
    }
}
