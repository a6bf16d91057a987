//! A dialog that only the screen shows: put to whoever decides, followed, and closed.
//!
//! Must not decide. The decision takes its time, a day if a person has to make it; the loop goes on looking meanwhile, and
//! withdraws what the screen does not show any more.

use std::future::pending;

use futures::future::BoxFuture;

use super::AgentLoop;
use crate::{
    coding::{
        Observation, OnScreen, Presence,
        decide::Action,
        dialog::{Dialog, DialogAnswer},
    },
    state::StepPhase,
};

/// A dialog that is being decided.
pub(super) struct ScreenDialog {
    dialog: Dialog,
    decision: Decision,
    /// The last look did not show it: one look may fall into the middle of a redraw.
    missed: bool,
}

enum Decision {
    /// Dropping it withdraws the dialog.
    Open(BoxFuture<'static, DialogAnswer>),
    /// What the CLI is to be told.
    Made(String),
}

/// Waits for the decision, in the words for the CLI; for ever if none is open. Cancel safe.
pub(super) async fn decision(open: &mut Option<ScreenDialog>) -> String {
    match open {
        Some(ScreenDialog { dialog, decision: Decision::Open(answer), .. }) => dialog.told(&answer.await),
        _ => pending().await,
    }
}

impl AgentLoop {
    /// Has a dialog decided; waiting goes on with everything else that is waited for.
    pub(super) async fn decide_dialog(&mut self, action: &Action, dialog: &Dialog, why: &str) {
        self.decided(why).await;
        self.noted(action).await;
        let decision = Decision::Open(Box::pin(self.approvals.decide(dialog.clone())));
        self.seen.screen_dialog = Some(ScreenDialog { dialog: dialog.clone(), decision, missed: false });
    }

    /// Keeps the words until the dialog is closed.
    pub(super) fn dialog_decided(&mut self, told: String) {
        if let Some(open) = &mut self.seen.screen_dialog {
            open.decision = Decision::Made(told);
        }
    }

    /// Tells how far the decision is, with a fresh screen; withdraws a dialog that is gone.
    pub(super) async fn follow_screen_dialog(&mut self, seen: &mut Observation) {
        let Some(mut open) = self.seen.screen_dialog.take() else { return };
        let phase = self.state.step.as_ref().map(|step| &step.phase);
        let asks = matches!(phase, Some(StepPhase::Ready | StepPhase::Sent(_)));
        if seen.presence != Presence::Alive || !asks {
            return self.decided("The dialog in the terminal ended with its turn; it needs no answer.").await;
        }
        let screen = self.look().await;
        let shown = Dialog::on_screen(&screen);
        seen.screen = Some(screen);
        let same = shown.as_ref().is_some_and(|shown| shown.asks_the_same(&open.dialog));
        if !same && open.missed {
            // Another one has been open only since now.
            self.seen.activity_since = seen.now;
            seen.activity_since = seen.now;
            let why = "The dialog in the terminal is gone or another one; it needs no answer any more.";
            return self.decided(why).await;
        }
        open.missed = !same;
        seen.on_screen = match &open.decision {
            Decision::Made(words) if same => OnScreen::Decided(words.clone()),
            _ => OnScreen::Deciding,
        };
        self.seen.screen_dialog = Some(open);
    }

    /// Closes a dialog that is decided; the note on the disk says so before the key is pressed.
    pub(super) async fn close_dialog(&mut self, action: &Action, why: &str) {
        self.decided(why).await;
        self.seen.screen_dialog = None;
        self.seen.outcome = None;
        self.noted(action).await;
        if self.stop.is_cancelled() {
            return;
        }
        let pressed = self.cli.press_escape().await;
        self.report(pressed).await;
    }
}
