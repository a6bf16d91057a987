//! Below the banner: search, copy and paste, the way back from the past, and the own size.

use leptos::{ev::KeyboardEvent, prelude::*};

use super::panel::{Panel, Past, Wish};
use crate::components::icon::{self, Icon};

/// The controls of a terminal.
#[component]
pub fn Tools(panel: Panel) -> impl IntoView {
    let off = move || !panel.open.get();
    view! {
        <div class="terminal-tools" role="toolbar" aria-label="Terminal">
            <Search panel />
            <button
                type="button"
                id="terminal-look-back"
                class="button"
                data-tone="quiet"
                disabled=off
                aria-busy=move || (panel.past.get() == Past::Loading).then_some("true")
                hidden=move || panel.past.get() == Past::Open
                on:click=move |_| panel.ask(Wish::LookBack)
            >
                "Scroll back"
            </button>
            <button
                type="button"
                class="button"
                data-tone="primary"
                data-testid="terminal-return"
                hidden=move || panel.past.get() != Past::Open
                on:click=move |_| panel.ask(Wish::Return)
            >
                "Back to now"
            </button>
            <button
                type="button"
                class="button"
                data-tone="quiet"
                disabled=move || !panel.selected.get()
                on:click=move |_| panel.ask(Wish::Copy)
            >
                "Copy"
            </button>
            <button type="button" class="button" data-tone="quiet" disabled=off on:click=move |_| panel.ask(Wish::Paste)>
                "Paste"
            </button>
            <button
                type="button"
                class="button"
                data-tone="quiet"
                hidden=move || off() || panel.leading.get()
                title="The terminal has the size of another window, in which somebody typed last"
                on:click=move |_| panel.ask(Wish::Lead)
            >
                "Use this window\u{2019}s size"
            </button>
        </div>
    }
    .into_any()
}

#[component]
fn Search(panel: Panel) -> impl IntoView {
    let text = RwSignal::new(String::new());
    let find = move |up: bool| panel.ask(Wish::Find { text: text.get_untracked(), up });
    let pressed = move |event: KeyboardEvent| match event.key().as_str() {
        "Enter" if !event.is_composing() => {
            event.prevent_default();
            find(!event.shift_key());
        }
        "Escape" => panel.ask(Wish::Return),
        _ => {}
    };
    let nothing = move || text.with(String::is_empty) || !panel.open.get();
    let result = move || match panel.found.get() {
        Some(_) if text.with(String::is_empty) => String::new(),
        Some((_, 0)) => "Not found".to_owned(),
        Some((0, count)) => format!("{count} found"),
        Some((at, count)) => format!("{at} of {count}"),
        None => String::new(),
    };
    view! {
        <div class="terminal-search" role="search" aria-label="Terminal">
            <label class="visually-hidden" for="terminal-search">
                "Search in the terminal"
            </label>
            <input
                id="terminal-search"
                type="search"
                maxlength="200"
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                placeholder="Search"
                on:input:target=move |event| text.set(event.target().value())
                on:keydown=pressed
            />
            <button type="button" class="icon-button" aria-label="Find older" disabled=nothing on:click=move |_| find(true)>
                <Icon path=icon::UP />
            </button>
            <button type="button" class="icon-button" aria-label="Find newer" disabled=nothing on:click=move |_| find(false)>
                <Icon path=icon::DOWN />
            </button>
            <span role="status" data-testid="terminal-found">
                {result}
            </span>
        </div>
    }
    .into_any()
}
