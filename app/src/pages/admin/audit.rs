//! The record of security events, newest first, a page at a time.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::words::event;
use crate::{
    api,
    components::{Load, LocalTime},
    model::{AuditEntry, AuditId},
};

/// Events before the one in the address, or the newest.
#[component]
pub fn Audit() -> impl IntoView {
    let query = use_query_map();
    let before =
        Memo::new(move |_| query.with(|query| query.get("before").and_then(|id| id.parse::<AuditId>().ok())));
    let entries = Resource::new(move || before.get(), api::load_audit);
    view! {
        <section class="group" id="audit">
            <h2>"Security events"</h2>
            <Load resource=entries let:entries>
                <Entries entries first=before.get_untracked().is_none() />
            </Load>
        </section>
    }
    .into_any()
}

#[component]
fn Entries(entries: Vec<AuditEntry>, first: bool) -> impl IntoView {
    let older = entries.last().map(|entry| entry.id).filter(|id| id.0 > 1);
    let rows = entries
        .into_iter()
        .map(|entry| {
            let what = event(&entry);
            let actor = if entry.actor.is_empty() { "The server".to_owned() } else { entry.actor };
            view! {
                <li>
                    <span class="event-time">
                        <LocalTime at=entry.created_at />
                    </span>
                    <span class="event">
                        <strong>{actor}</strong>
                        " "
                        {what}
                    </span>
                </li>
            }
        })
        .collect_view();
    view! {
        <ul class="rows panel events" data-testid="audit">
            {rows}
        </ul>
        <p class="actions">
            {(!first)
                .then(|| {
                    view! {
                        <a class="button" data-tone="quiet" href="/admin#audit">
                            "Newest"
                        </a>
                    }
                })}
            {older
                .map(|id| {
                    view! {
                        <a class="button" data-tone="quiet" href=format!("/admin?before={id}#audit")>
                            "Older"
                        </a>
                    }
                })}
        </p>
    }
    .into_any()
}
