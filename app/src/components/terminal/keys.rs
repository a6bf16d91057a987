//! Keys that are the page's and not the program's: copy, paste, look back, search, leave.
//!
//! All others go to the program, Ctrl+K and Tab included.

use gloo_timers::callback::Timeout;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{HtmlElement, KeyboardEvent};

use super::{
    panel::{Panel, Wish},
    xterm::{Terminal6, same},
};

/// Where the focus goes when it leaves the terminal by the keyboard.
pub const EXIT_ID: &str = "terminal-look-back";

/// Keeps the handler; it is part of the terminal and ends with it.
pub struct Keys {
    _handler: Closure<dyn FnMut(KeyboardEvent) -> bool>,
}

impl Keys {
    /// Decides about each key pressed in a terminal.
    pub fn of(terminal: &Terminal6, panel: Panel) -> Self {
        let handler = Closure::<dyn FnMut(KeyboardEvent) -> bool>::new(move |event: KeyboardEvent| {
            event.type_() != "keydown" || is_programs(&event, panel)
        });
        terminal.attach_custom_key_event_handler(handler.as_ref().unchecked_ref());
        Self { _handler: handler }
    }
}

impl Keys {
    /// Decides about each key pressed in a copy of the past: there is no program, so keys move and search in it. What is
    /// typed goes to the program, and back to what happens now.
    pub fn of_past(terminal: &Terminal6, panel: Panel) -> Self {
        let copy = same(terminal);
        let handler = Closure::<dyn FnMut(KeyboardEvent) -> bool>::new(move |event: KeyboardEvent| {
            event.type_() != "keydown" || (!moves(&event, &copy, panel) && is_programs(&event, panel))
        });
        terminal.attach_custom_key_event_handler(handler.as_ref().unchecked_ref());
        Self { _handler: handler }
    }
}

/// Whether a key was one that moves in a copy.
fn moves(event: &KeyboardEvent, copy: &Terminal6, panel: Panel) -> bool {
    let page = i32::try_from(copy.get_rows()).unwrap_or(1) - 1;
    match event.key().as_str() {
        "Escape" if !event.shift_key() => {
            // The copy goes away when its own handler has returned.
            Timeout::new(0, move || panel.ask(Wish::Return)).forget();
        }
        "PageUp" => copy.scroll_by(-page),
        "PageDown" => copy.scroll_by(page),
        "ArrowUp" => copy.scroll_by(-1),
        "ArrowDown" => copy.scroll_by(1),
        "Home" => copy.scroll_to_top(),
        "End" => copy.scroll_to_bottom(),
        _ => return false,
    }
    event.prevent_default();
    event.stop_propagation();
    true
}

/// Whether a key is the program's; the page's own are acted on.
fn is_programs(event: &KeyboardEvent, panel: Panel) -> bool {
    let (shift, control) = (event.shift_key(), event.ctrl_key());
    match event.key().as_str() {
        "C" | "c" if control && shift => panel.ask(Wish::Copy),
        // The browser pastes, and the terminal hears of it.
        "V" | "v" if control && shift => return false,
        "F" | "f" if control && shift => focus("terminal-search"),
        "PageUp" if shift => panel.ask(Wish::LookBack),
        "Escape" if shift => focus(EXIT_ID),
        "k" if control && !event.meta_key() => {
            // Not for the page's palette: here it deletes to the end of the line.
            event.stop_propagation();
            return true;
        }
        _ => return true,
    }
    event.prevent_default();
    event.stop_propagation();
    false
}

fn focus(id: &str) {
    let element = leptos::prelude::document().get_element_by_id(id);
    if let Some(element) = element.and_then(|element| element.dyn_into::<HtmlElement>().ok())
        && let Err(error) = element.focus()
    {
        leptos::logging::error!("the focus stays in the terminal: {error:?}");
    }
}
