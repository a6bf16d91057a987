//! Whether this page has taken the terminal over, also after a reload or a lost connection.
//!
//! The runner keeps a terminal taken for a while after the page that took it is gone; a page that comes back within that
//! time goes on holding it. One that comes later finds it with the agent, and leaves it there.

use std::{cell::Cell, rc::Rc};

use super::line::Line;
use crate::model::{ProjectId, TakenBy, TerminalRequest};

/// What the page believes.
#[derive(Clone)]
pub struct Held {
    key: Rc<str>,
    /// Taken by this page, as far as it knows.
    mine: Rc<Cell<bool>>,
    /// The runner has said so on this connection.
    confirmed: Rc<Cell<bool>>,
    /// A new connection has not said anything about it yet.
    returning: Rc<Cell<bool>>,
}

impl Held {
    /// As it was before a reload.
    pub fn of(project: ProjectId) -> Self {
        let key: Rc<str> = format!("autocode.terminal-taken.{project}").into();
        let mine = storage().is_some_and(|kept| matches!(kept.get_item(&key), Ok(Some(_))));
        let returning = Rc::new(Cell::new(true));
        Self { key, mine: Rc::new(Cell::new(mine)), confirmed: Rc::default(), returning }
    }

    /// The person takes over or gives back.
    pub fn set(&self, mine: bool) {
        self.mine.set(mine);
        self.confirmed.set(false);
        let Some(kept) = storage() else { return };
        let done = if mine { kept.set_item(&self.key, "yes") } else { kept.remove_item(&self.key) };
        if let Err(error) = done {
            // Only a reload would miss it.
            leptos::logging::warn!("the browser keeps nothing: {error:?}");
        }
    }

    /// What the runner says; a page that has come back takes up what it held, if that is not over.
    pub fn told(&self, taken: TakenBy, line: &Line) {
        let returning = self.returning.replace(false);
        if !self.mine.get() {
            return;
        }
        match taken {
            TakenBy::You => self.confirmed.set(true),
            TakenBy::Another if returning => line.request(&TerminalRequest::TakeOver),
            TakenBy::Nobody if returning => self.set(false),
            TakenBy::Another | TakenBy::Nobody if self.confirmed.get() => self.set(false),
            // Said before the runner had read what was asked.
            TakenBy::Another | TakenBy::Nobody => {}
        }
    }

    /// The connection ended.
    pub fn disconnected(&self) {
        self.confirmed.set(false);
        self.returning.set(true);
    }
}

fn storage() -> Option<web_sys::Storage> {
    leptos::prelude::window().session_storage().ok().flatten()
}
