//! The command palette: every agent, project and action within a few letters.
//!
//! Here is what every page needs of it, its button and its keys; the dialog's code is loaded when it is first opened.

mod dialog;
mod entries;

use leptos::{ev, prelude::*, wasm_bindgen::JsCast as _, web_sys};

use crate::{
    components::{Icon, icon},
    part::late,
};

late!(palette, palette, PaletteOpener, |palette| view! { <dialog::Palette palette /> }.into_any());

/// Opens the palette from anywhere in the layout.
#[derive(Clone, Copy)]
pub struct PaletteOpener {
    /// How often it was asked for.
    wanted: RwSignal<usize>,
}

impl PaletteOpener {
    /// A palette that nobody has asked for; in the browser its keys are heard from now on.
    pub fn new() -> Self {
        let opener = Self { wanted: RwSignal::new(0) };
        let keys = window_event_listener(ev::keydown, move |event| {
            if opens(&event) {
                event.prevent_default();
                opener.open();
            }
        });
        on_cleanup(move || keys.remove());
        opener
    }

    /// How often it was asked for.
    pub fn wanted(self) -> Signal<usize> {
        self.wanted.into()
    }

    /// Asks for it.
    fn open(self) {
        self.wanted.update(|times| *times += 1);
    }
}

/// The visible way to the palette.
#[component]
pub fn PaletteButton(
    /// What it opens.
    palette: PaletteOpener,
) -> impl IntoView {
    // Without scripts there is no palette.
    let ready = RwSignal::new(false);
    Effect::new(move |_| ready.set(true));
    view! {
        <button
            type="button"
            class="palette-button"
            aria-haspopup="dialog"
            aria-keyshortcuts="Control+K Meta+K"
            disabled=move || !ready.get()
            on:click=move |_| palette.open()
        >
            <Icon path=icon::SEARCH />
            <span class="palette-word">"Search or do\u{2026}"</span>
            <kbd aria-hidden="true">"Ctrl K"</kbd>
        </button>
    }
    .into_any()
}

/// Whether a key opens the palette; in a terminal Ctrl+K belongs to the program there.
fn opens(event: &ev::KeyboardEvent) -> bool {
    let letter = event.key().eq_ignore_ascii_case("k") && !event.shift_key() && !event.alt_key();
    // Where nothing has the focus, the target is the document, which is no element.
    let element = || event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    let in_terminal = || element().is_some_and(|e| e.closest(".xterm").is_ok_and(|t| t.is_some()));
    letter && (event.meta_key() || event.ctrl_key() && !in_terminal())
}
