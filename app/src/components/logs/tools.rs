//! What stands above a log: levels, search, follow, download.

use std::time::Duration;

use leptos::prelude::*;

use super::{label, store::LogStore};
use crate::model::LogLevel;

/// How long nothing is typed before it is searched for.
const PAUSE: Duration = Duration::from_millis(300);

/// The controls of a log view.
#[component]
pub fn Tools(store: LogStore, follow: RwSignal<bool>) -> impl IntoView {
    let typed = StoredValue::new(0_u64);
    let search = move |text: String| {
        typed.update_value(|typed| *typed += 1);
        let now = typed.get_value();
        set_timeout(
            move || {
                if typed.try_get_value() == Some(now) {
                    store.filter.update(|filter| filter.text = text);
                }
            },
            PAUSE,
        );
    };
    let file = move |extension: &str| {
        format!("/api/v1/projects/{}/logs.{extension}{}", store.project, store.filter.with(|f| f.address()))
    };
    view! {
        <div class="log-tools" role="search" aria-label="Log">
            <div class="field log-search">
                <label for="log-search">"Search"</label>
                <input
                    id="log-search"
                    type="search"
                    maxlength="200"
                    autocomplete="off"
                    on:input:target=move |event| search(event.target().value())
                />
            </div>
            <fieldset class="log-levels">
                <legend class="visually-hidden">"Levels"</legend>
                {LogLevel::ALL.map(|level| view! { <Level store level /> }).into_iter().collect_view()}
            </fieldset>
            <label class="check">
                <input
                    type="checkbox"
                    role="switch"
                    prop:checked=follow
                    checked=true
                    on:change:target=move |event| follow.set(event.target().checked())
                />
                "Follow"
            </label>
            <span class="log-download">
                "Download: "
                <a href=move || file("txt") download="" rel="external">
                    "Text"
                </a>
                " "
                <a href=move || file("ndjson") download="" rel="external">
                    "JSON lines"
                </a>
            </span>
        </div>
    }
    .into_any()
}

#[component]
fn Level(store: LogStore, level: LogLevel) -> impl IntoView {
    let change = move |wanted: bool| {
        store.filter.update(|filter| {
            filter.without.retain(|other| *other != level);
            if !wanted {
                filter.without.push(level);
            }
        });
    };
    view! {
        <label class="check">
            <input type="checkbox" checked=true on:change:target=move |event| change(event.target().checked()) />
            {label(level)}
        </label>
    }
    .into_any()
}
