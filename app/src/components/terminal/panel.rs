//! What the pieces around a terminal show, and what they ask of it.
//!
//! Only signals and a door: on the server there is no terminal behind it.

use leptos::prelude::*;

#[cfg(feature = "hydrate")]
use super::session::Session;
#[cfg(feature = "hydrate")]
use crate::components::StepUp;
use crate::model::{Hands, TakenBy};

/// A copy of what the terminal has shown, for scrolling and searching.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Past {
    /// What happens now is seen.
    #[default]
    Closed,
    /// Asked for.
    Loading,
    /// In front of what happens now.
    Open,
}

/// What a person asks of the terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// The agent is to send nothing.
    TakeOver,
    /// The agent may go on.
    GiveBack,
    /// Give the terminal this page's size.
    Lead,
    /// Type this.
    Keys(String),
    /// Press a cursor key, by the last letter of its sequence.
    Cursor(char),
    /// Copy what is selected.
    Copy,
    /// Type what the clipboard holds.
    Paste,
    /// Look at what was shown before.
    LookBack,
    /// Look at what happens now.
    Return,
    /// Look for a text in the past, upwards or downwards.
    Find {
        /// What.
        text: String,
        /// Towards what is older.
        up: bool,
    },
}

/// The terminal of a page, as its surroundings see it.
#[derive(Clone, Copy)]
pub struct Panel {
    /// What a person should know about the connection.
    pub note: RwSignal<Option<String>>,
    /// Attached.
    pub open: RwSignal<bool>,
    /// The terminal has this page's size.
    pub leading: RwSignal<bool>,
    /// The agent's hands; none when no agent works here.
    pub hands: RwSignal<Option<Hands>>,
    /// Who has taken over from the agent.
    pub taken: RwSignal<TakenBy>,
    /// Text is selected.
    pub selected: RwSignal<bool>,
    /// Whether the past is looked at.
    pub past: RwSignal<Past>,
    /// Which of how many places was found, from 1; none before a search.
    pub found: RwSignal<Option<(u32, u32)>>,
    /// Ctrl is held for the next character.
    pub control: RwSignal<bool>,
    /// Where the password is asked for, if the page has such a place.
    #[cfg(feature = "hydrate")]
    pub step_up: Option<StepUp>,
    #[cfg(feature = "hydrate")]
    session: StoredValue<Option<Session>, LocalStorage>,
}

impl Panel {
    /// Nothing is connected yet.
    pub fn new() -> Self {
        Self {
            note: RwSignal::new(None),
            open: RwSignal::new(false),
            leading: RwSignal::new(true),
            hands: RwSignal::new(None),
            taken: RwSignal::new(TakenBy::Nobody),
            selected: RwSignal::new(false),
            past: RwSignal::new(Past::Closed),
            found: RwSignal::new(None),
            control: RwSignal::new(false),
            #[cfg(feature = "hydrate")]
            step_up: use_context(),
            #[cfg(feature = "hydrate")]
            session: StoredValue::new_local(None),
        }
    }

    /// The terminal of this page from now on; the one before is taken away.
    #[cfg(feature = "hydrate")]
    pub fn set_session(self, session: Session) {
        self.session.set_value(Some(session));
    }

    /// Asks the terminal; nothing happens while there is none.
    #[cfg(feature = "hydrate")]
    pub fn ask(self, wish: Wish) {
        self.session.with_value(|session| {
            if let Some(session) = session {
                session.carry_out(wish);
            }
        });
    }

    /// On the server nobody is there to ask.
    #[cfg(not(feature = "hydrate"))]
    pub fn ask(self, _wish: Wish) {}
}
