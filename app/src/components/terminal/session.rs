//! The terminal of a page put together: screen, connection, keys, past; browser only.

use std::rc::Rc;

use futures::{
    channel::mpsc::unbounded,
    future::{AbortHandle, abortable},
};
use gloo_timers::callback::Timeout;
use leptos::{
    leptos_dom::helpers::{WindowListenerHandle, window_event_listener_untyped},
    prelude::*,
    task::spawn_local,
};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{HtmlElement, ResizeObserver};

use super::{
    clipboard,
    connection::Connection,
    held::Held,
    keys::Keys,
    line::Line,
    mirror::cursor,
    panel::{Panel, Past, Wish},
    past::Lookback,
    screen::Screen,
    scroll::{Moves, Scroll},
};
use crate::model::{ProjectId, TerminalRequest};

/// Milliseconds without a change of size before the terminal follows it.
const RESIZE_SETTLE_MS: u32 = 80;

/// Where a terminal is drawn.
pub struct Places {
    /// Around both of the others: wheel and finger are followed here.
    pub frame: HtmlElement,
    /// What happens now.
    pub now: HtmlElement,
    /// What was shown before, in front of it.
    pub past: HtmlElement,
}

/// Whether there is something to connect to.
#[derive(Clone, Copy)]
pub struct Presence {
    /// There may be a session.
    pub ever_started: Memo<bool>,
    /// An agent runs.
    pub running: Memo<bool>,
}

/// A terminal on the page; dropping it disconnects and removes it.
pub struct Session {
    screen: Rc<Screen>,
    line: Line,
    held: Held,
    past: Rc<Lookback>,
    panel: Panel,
    task: AbortHandle,
    observer: Option<ResizeObserver>,
    windows: Vec<WindowListenerHandle>,
    scroll: Scroll,
    _keys: Keys,
    _on_data: Closure<dyn FnMut(String)>,
    _on_binary: Closure<dyn FnMut(String)>,
    _on_select: Closure<dyn FnMut()>,
    _on_size: Closure<dyn FnMut(JsValue)>,
}

impl Session {
    /// Draws a terminal and connects it whenever the project has something to show.
    pub fn open(places: Places, project: ProjectId, presence: Presence, panel: Panel) -> Self {
        let screen = Rc::new(Screen::open(places.now.clone(), 0));
        let (line, held) = (Line::default(), Held::of(project));
        let past = Lookback::new(project, places.past, panel, {
            let line = line.clone();
            // Not before the copy's own handler has returned.
            move |text| {
                line.type_bytes(text.as_bytes());
                Timeout::new(0, move || panel.ask(Wish::Return)).forget();
            }
        });
        let on_data = Closure::<dyn FnMut(String)>::new({
            let line = line.clone();
            move |text: String| line.type_bytes(text.as_bytes())
        });
        // Mouse reports: one character for each byte.
        let on_binary = Closure::<dyn FnMut(String)>::new({
            let line = line.clone();
            move |text: String| line.type_bytes(&text.chars().map(|c| c as u8).collect::<Vec<_>>())
        });
        let on_select = Closure::<dyn FnMut()>::new({
            let screen = screen.clone();
            move || panel.selected.set(screen.terminal().has_selection())
        });
        let terminal = screen.terminal();
        terminal.on_data(on_data.as_ref().unchecked_ref());
        terminal.on_binary(on_binary.as_ref().unchecked_ref());
        terminal.on_selection_change(on_select.as_ref().unchecked_ref());
        let keys = Keys::of(terminal, panel);
        let on_size = follow_size(screen.clone(), line.clone());
        let observer = ResizeObserver::new(on_size.as_ref().unchecked_ref())
            .inspect_err(|error| leptos::logging::error!("the terminal will not follow its size: {error:?}"))
            .ok();
        if let Some(observer) = &observer {
            observer.observe(&places.now);
        }
        let scroll = Scroll::over(places.frame, moves(&screen, &past, panel));
        let (wakes, wake) = unbounded();
        let windows = ["online", "visibilitychange"]
            .map(|name| {
                let wakes = wakes.clone();
                // Fails only when the task is gone.
                window_event_listener_untyped(name, move |_| drop(wakes.unbounded_send(())))
            })
            .into();
        let Presence { ever_started, running } = presence;
        let connection = Connection {
            project,
            screen: screen.clone(),
            line: line.clone(),
            panel,
            held: held.clone(),
            ever_started,
            running,
            wake,
        };
        let (run, task) = abortable(connection.run());
        spawn_local(async move {
            // Ends only by being aborted, which is no fault.
            run.await.ok();
        });
        Self {
            screen,
            line,
            held,
            past,
            panel,
            task,
            observer,
            windows,
            scroll,
            _keys: keys,
            _on_data: on_data,
            _on_binary: on_binary,
            _on_select: on_select,
            _on_size: on_size,
        }
    }

    /// Does what a person asks.
    pub fn carry_out(&self, wish: Wish) {
        match wish {
            Wish::TakeOver => {
                self.held.set(true);
                self.line.request(&TerminalRequest::TakeOver);
                self.focus();
            }
            Wish::GiveBack => {
                self.held.set(false);
                self.line.request(&TerminalRequest::GiveBack);
            }
            Wish::Lead => {
                self.line.request(&TerminalRequest::Lead);
                self.focus();
            }
            Wish::Keys(keys) => self.type_text(&keys),
            Wish::Cursor(letter) => {
                let application = self.screen.terminal().modes().application_cursor();
                self.type_text(&cursor(letter, application));
            }
            Wish::Copy => {
                let terminal = self.screen.terminal();
                let here = terminal.has_selection().then(|| terminal.get_selection());
                if let Some(text) = self.past.selection().or(here) {
                    clipboard::write(text, self.panel);
                }
            }
            Wish::Paste => {
                let screen = self.screen.clone();
                self.past.close();
                clipboard::read(self.panel, move |text| {
                    screen.terminal().paste(&text);
                    screen.terminal().focus();
                });
            }
            Wish::LookBack => self.past.scroll(i32::from(self.screen.size().1) - 1, self.screen.size()),
            Wish::Return => {
                // A list that still glides would look back again.
                self.scroll.rest();
                self.past.close();
                self.focus();
            }
            Wish::Find { text, up } => self.past.find(&text, up, self.screen.size()),
        }
    }

    fn type_text(&self, text: &str) {
        if self.panel.past.get_untracked() != Past::Closed {
            self.past.close();
        }
        self.line.type_bytes(text.as_bytes());
    }

    /// Puts the cursor into the terminal, unless the page has a field of its own for a phone's keyboard.
    fn focus(&self) {
        if !has_finger() {
            self.screen.terminal().focus();
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.task.abort();
        self.past.close();
        if let Some(observer) = &self.observer {
            observer.disconnect();
        }
        for window in self.windows.drain(..) {
            window.remove();
        }
        self.line.set(None);
    }
}

/// Whether the page is used with fingers, so that its keyboard is on the screen.
pub fn has_finger() -> bool {
    matches!(window().match_media("(pointer: coarse)"), Ok(Some(query)) if query.matches())
}

fn moves(screen: &Rc<Screen>, past: &Rc<Lookback>, panel: Panel) -> Moves {
    let (measured, lifted) = (screen.clone(), past.clone());
    let (asked, shown, looked) = (screen.clone(), screen.clone(), past.clone());
    Moves {
        row: Box::new(move || lifted.row().unwrap_or_else(|| measured.row())),
        programs: Box::new(move || {
            panel.past.get_untracked() == Past::Closed && asked.terminal().modes().mouse() != "none"
        }),
        look: Box::new(move |lines| looked.scroll(lines, shown.size())),
    }
}

/// A handler that tells the room once its place has stopped changing, and draws what there is to the new measure.
fn follow_size(screen: Rc<Screen>, line: Line) -> Closure<dyn FnMut(JsValue)> {
    let mut pending: Option<Timeout> = None;
    Closure::new(move |_: JsValue| {
        let (screen, line) = (screen.clone(), line.clone());
        // Replacing the timeout cancels the one before.
        pending.replace(Timeout::new(RESIZE_SETTLE_MS, move || {
            let Some(room) = screen.room() else { return };
            line.tell_room(room);
            screen.show(screen.size());
        }));
    })
}
