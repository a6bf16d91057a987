//! For fingers: the keys that a phone's keyboard has not, and a field that it can write into as it likes.
//!
//! A phone's keyboard composes, corrects and replaces whole words, which no terminal understands. It does so in a field;
//! the terminal is sent what changes there.

use leptos::{
    ev::{CompositionEvent, Event, KeyboardEvent, PointerEvent, SubmitEvent},
    html::Input,
    prelude::*,
};

use super::{
    mirror::{DELETE, difference, with_control},
    panel::{Panel, Wish},
};

/// The field's id: a tap on the terminal puts the cursor there.
pub const FIELD_ID: &str = "terminal-field";

/// Keys: what they are called, what is written on them, what they send.
const KEYS: [(&str, &str, &str); 2] = [("Escape", "Esc", "\u{1b}"), ("Tab", "Tab", "\t")];
const ARROWS: [(&str, &str, char); 4] =
    [("Left", "←", 'D'), ("Up", "↑", 'A'), ("Down", "↓", 'B'), ("Right", "→", 'C')];

/// The bar below a terminal; the style sheet shows it where the pointer is a finger.
#[component]
pub fn KeyBar(panel: Panel) -> impl IntoView {
    let field = NodeRef::<Input>::new();
    let mirror = Mirror { panel, field, sent: StoredValue::new(String::new()) };
    let key = move |keys: &'static str| {
        mirror.forget();
        panel.ask(Wish::Keys(keys.to_owned()));
    };
    let plain = move |(name, label, keys): (&'static str, &'static str, &'static str)| {
        view! {
            <button type="button" aria-label=name on:pointerdown=stay on:click=move |_| key(keys)>
                {label}
            </button>
        }
    };
    let arrow = move |(name, label, letter): (&'static str, &'static str, char)| {
        let press = move |_| {
            mirror.forget();
            panel.ask(Wish::Cursor(letter));
        };
        view! {
            <button type="button" aria-label=name on:pointerdown=stay on:click=press>
                {label}
            </button>
        }
    };
    view! {
        <div class="terminal-keys" role="group" aria-label="Keys">
            <form on:submit=move |event| mirror.submit(&event)>
                <label class="visually-hidden" for=FIELD_ID>
                    "Type into the terminal"
                </label>
                <input
                    id=FIELD_ID
                    node_ref=field
                    type="text"
                    autocomplete="off"
                    autocapitalize="off"
                    spellcheck="false"
                    enterkeyhint="send"
                    placeholder="Type here"
                    on:input=move |event| mirror.changed(&event)
                    on:compositionend=move |event| mirror.composed(&event)
                    on:keydown=move |event| mirror.pressed(&event)
                />
            </form>
            <div class="terminal-key-row">
                {KEYS.map(plain).collect_view()}
                <button
                    type="button"
                    aria-label="Control"
                    aria-pressed=move || panel.control.get().to_string()
                    on:pointerdown=stay
                    on:click=move |_| panel.control.update(|held| *held = !*held)
                >
                    "Ctrl"
                </button>
                {ARROWS.map(arrow).collect_view()}
                <button type="button" aria-label="Enter" on:pointerdown=stay on:click=move |_| key("\r")>
                    "⏎"
                </button>
                <button type="button" aria-label="Control C" on:pointerdown=stay on:click=move |_| key("\u{3}")>
                    "^C"
                </button>
            </div>
        </div>
    }
    .into_any()
}

/// A key of the bar takes no focus: the phone's keyboard would go away.
fn stay(event: PointerEvent) {
    event.prevent_default();
}

/// The field, and what of it the terminal has.
#[derive(Clone, Copy)]
struct Mirror {
    panel: Panel,
    field: NodeRef<Input>,
    sent: StoredValue<String>,
}

impl Mirror {
    fn changed(self, event: &Event) {
        // What is being composed may still become anything.
        if !is_composing(event) {
            self.send();
        }
    }

    fn composed(self, _event: &CompositionEvent) {
        self.send();
    }

    /// Sends what has changed in the field since the last time.
    fn send(self) {
        let Some(field) = self.field.get_untracked() else { return };
        let (before, after) = (self.sent.get_value(), field.value());
        let keys = difference(&before, &after);
        if keys.is_empty() {
            return;
        }
        if self.panel.control.get_untracked() {
            self.panel.control.set(false);
            if let Some(key) = keys.chars().last().and_then(with_control) {
                field.set_value(&before);
                self.forget();
                return self.panel.ask(Wish::Keys(key.to_string()));
            }
        }
        self.sent.set_value(after);
        self.panel.ask(Wish::Keys(keys));
    }

    fn submit(self, event: &SubmitEvent) {
        event.prevent_default();
        self.send();
        self.forget();
        self.panel.ask(Wish::Keys("\r".to_owned()));
    }

    /// Keys that change nothing in the field, from a keyboard that has them.
    fn pressed(self, event: &KeyboardEvent) {
        if event.is_composing() {
            return;
        }
        let empty = self.field.get_untracked().is_none_or(|field| field.value().is_empty());
        let wish = match event.key().as_str() {
            "Backspace" if empty => Wish::Keys(DELETE.to_string()),
            "Tab" if !event.shift_key() => Wish::Keys("\t".to_owned()),
            "Escape" => Wish::Keys("\u{1b}".to_owned()),
            "ArrowUp" => Wish::Cursor('A'),
            "ArrowDown" => Wish::Cursor('B'),
            _ => return,
        };
        event.prevent_default();
        self.forget();
        self.panel.ask(wish);
    }

    /// Begins with an empty field: what it held is the terminal's now.
    fn forget(self) {
        self.sent.set_value(String::new());
        if let Some(field) = self.field.get_untracked() {
            field.set_value("");
        }
    }
}

/// Whether an input event comes from the middle of a composition.
#[cfg(feature = "hydrate")]
fn is_composing(event: &Event) -> bool {
    use wasm_bindgen::JsCast;
    event.dyn_ref::<web_sys::InputEvent>().is_some_and(web_sys::InputEvent::is_composing)
}

#[cfg(not(feature = "hydrate"))]
fn is_composing(_event: &Event) -> bool {
    false
}
