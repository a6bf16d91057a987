//! A project's log: the lines that came with the page, those that arrive, and older ones when they are asked for.
//!
//! Must not draw a line as anything but text: an agent may have copied it from anywhere.

mod store;
mod tools;

use leptos::{html::Div, prelude::*};

use crate::{
    components::Live,
    model::{LogEntry, LogLevel, ProjectId},
};
use store::LogStore;
use tools::Tools;

/// Distance in pixels from the end within which the view counts as following.
const FOLLOW_SLACK: i32 = 40;

/// What a person calls a level.
fn label(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Info => "Info",
        LogLevel::Action => "Action",
        LogLevel::Error => "Error",
        LogLevel::AgentDecision => "Decision",
    }
}

/// The log with its filters; follows its end until a person scrolls away from it.
#[component]
pub fn LogView(
    /// Whose log it is.
    project: ProjectId,
    /// The lines that came with the page, oldest first.
    first: Vec<LogEntry>,
) -> impl IntoView {
    let store = LogStore::new(project, Live::expect(), first);
    let follow = RwSignal::new(true);
    let list = NodeRef::<Div>::new();
    let lines = store.shown;
    Effect::new(move |_| {
        lines.track();
        if follow.get() {
            // The new lines are drawn by then.
            request_animation_frame(move || {
                if let Some(list) = list.try_get_untracked().flatten() {
                    list.set_scroll_top(list.scroll_height());
                }
            });
        }
    });
    let last_top = StoredValue::new(0);
    let scrolled = move |_| {
        if let Some(list) = list.get_untracked() {
            let top = list.scroll_top();
            let hidden = list.scroll_height() - top - list.client_height();
            // A line may have come between our own scrolling and its event: only a way up is a person's.
            if hidden <= FOLLOW_SLACK {
                follow.set(true);
            } else if top < last_top.get_value() {
                follow.set(false);
            }
            last_top.set_value(top);
        }
    };
    let older = move |_| {
        follow.set(false);
        let before = list.get_untracked().map(|list| (list.scroll_height(), list.scroll_top()));
        store.load_older(move || {
            // What the person reads stays where it is.
            request_animation_frame(move || {
                if let (Some(list), Some((height, top))) = (list.try_get_untracked().flatten(), before) {
                    list.set_scroll_top(list.scroll_height() - height + top);
                }
            });
        });
    };
    view! {
        <Tools store follow />
        <p class="form-error" role="alert" hidden=move || store.problem.with(Option::is_none)>
            {move || store.problem.with(|problem| problem.as_ref().map(ToString::to_string))}
        </p>
        <p class="log-older">
            <button
                type="button"
                class="button"
                data-tone="quiet"
                disabled=store.loading
                hidden=move || !store.more.get()
                on:click=older
            >
                "Load older"
            </button>
            <span class="muted" role="status" data-testid="log-note">
                {move || store.note()}
            </span>
        </p>
        // A list inside, because the role of a log would take the list's own away.
        <div
            class="logs"
            data-testid="logs"
            role="log"
            aria-label="Log"
            tabindex="0"
            node_ref=list
            on:scroll=scrolled
        >
            <ol>
                <For each=move || lines.get() key=|entry| entry.id let:entry>
                    <li data-level=entry.level.as_str() data-id=entry.id.to_string()>
                        <time datetime=entry.timestamp.to_string()>{entry.timestamp.clock()}</time>
                        <span class="log-level">{label(entry.level)}</span>
                        <span class="log-text">{entry.message}</span>
                    </li>
                </For>
            </ol>
        </div>
    }
    .into_any()
}
