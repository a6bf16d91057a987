//! Why agents did what they did lately, over all projects, as it happens.

use leptos::prelude::*;

use crate::{
    components::LocalTime,
    model::{LogEntry, Project},
};

/// The decisions, newest first.
#[component]
pub fn Decisions(
    /// The decisions, oldest first.
    decisions: Signal<Vec<LogEntry>>,
    /// The projects of all, for their names.
    projects: Memo<Vec<Project>>,
) -> impl IntoView {
    let newest_first = move || decisions.get().into_iter().rev().collect::<Vec<_>>();
    view! {
        <section class="group" data-testid="decisions">
            <h2 id="decisions-title">"Recent decisions"</h2>
            <p class="muted" hidden=move || !decisions.with(Vec::is_empty)>
                "As soon as an agent works, each of its decisions is listed here with the reason."
            </p>
            <ol
                class="feed"
                aria-labelledby="decisions-title"
                tabindex="0"
                hidden=move || decisions.with(Vec::is_empty)
            >
                <For each=newest_first key=|entry| entry.id let:entry>
                    <Decision entry projects />
                </For>
            </ol>
        </section>
    }
    .into_any()
}

#[component]
fn Decision(entry: LogEntry, projects: Memo<Vec<Project>>) -> impl IntoView {
    let project = entry.project_id;
    let name = Memo::new(move |_| {
        projects.with(|all| all.iter().find(|p| Some(p.id) == project).map(|p| p.name.clone()))
    });
    let href = project.map(|id| format!("/projects/{id}"));
    view! {
        <li data-id=entry.id.to_string()>
            <p class="decision-head">
                <LocalTime at=Signal::stored(entry.timestamp) />
                <a href=href>{name}</a>
            </p>
            <p class="decision-text">{entry.message}</p>
        </li>
    }
    .into_any()
}
