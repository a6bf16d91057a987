//! A project's log: the lines that came with the page, then those that arrive.

use leptos::{html::Ol, prelude::*};

use crate::{
    components::Live,
    model::{LogEntry, LogLevel, ProjectId},
};

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

/// The log with a filter by level; follows its end until a person scrolls away from it.
#[component]
pub fn LogView(
    /// Whose log it is.
    project: ProjectId,
    /// The lines that came with the page, oldest first.
    first: Vec<LogEntry>,
) -> impl IntoView {
    let live = Live::expect();
    let filter = RwSignal::new("all".to_owned());
    let follow = RwSignal::new(true);
    let list = NodeRef::<Ol>::new();
    let lines = live.logs(project, first);
    Effect::new(move |_| {
        lines.track();
        filter.track();
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
    let options = LogLevel::ALL
        .map(|level| view! { <option value=level.as_str()>{label(level)}</option> })
        .collect_view();
    view! {
        <div class="log-tools">
            <label for="log-level">"Level"</label>
            <select id="log-level" on:change:target=move |event| filter.set(event.target().value())>
                <option value="all">"All"</option>
                {options}
            </select>
            <label class="check">
                <input
                    type="checkbox"
                    prop:checked=follow
                    checked=true
                    on:change:target=move |event| follow.set(event.target().checked())
                />
                "Follow"
            </label>
        </div>
        <p class="muted" hidden=move || lines.with(|lines| !lines.is_empty())>
            "Nothing has happened yet."
        </p>
        <ol
            class="logs"
            data-testid="logs"
            data-filter=filter
            role="log"
            aria-label="Log"
            tabindex="0"
            node_ref=list
            on:scroll=scrolled
        >
            <For each=move || lines.get() key=|entry| entry.id let:entry>
                <li data-level=entry.level.as_str() data-id=entry.id.to_string()>
                    <time datetime=entry.timestamp.to_string()>{entry.timestamp.clock()}</time>
                    <span class="log-level">{label(entry.level)}</span>
                    <span class="log-text">{entry.message}</span>
                </li>
            </For>
        </ol>
    }
    .into_any()
}
