//! How well users are kept apart, as measured.

use leptos::prelude::*;

use crate::{
    api,
    components::{Load, LocalTime},
    model::{IsolationFact, IsolationReport},
};

/// The level with its facts and date.
#[component]
pub fn Isolation() -> impl IntoView {
    let report = Resource::new(|| (), |()| api::load_isolation());
    view! {
        <section class="group" id="isolation">
            <h2>"Isolation"</h2>
            <Load resource=report let:report>
                <Report report />
            </Load>
        </section>
    }
    .into_any()
}

#[component]
fn Report(report: IsolationReport) -> impl IntoView {
    let meaning = match report.level {
        0 => {
            "none: agents can read whatever the server can. Let only people in whom you trust with all of it."
        }
        1 => "file access is limited, nothing else.",
        2 => "each user\u{2019}s agents run inside bubblewrap, all under one account.",
        3 => "each user\u{2019}s agents run inside bubblewrap under an account of their own.",
        _ => "own account, bubblewrap, private network and limits for each user.",
    };
    let facts = report.facts.into_iter().map(|fact| view! { <Fact fact /> }).collect_view();
    view! {
        <div class="panel stack">
            <p data-testid="isolation-level">
                <strong>{format!("Level {} of 4: ", report.level)}</strong>
                {meaning}
            </p>
            <ul class="isolation-facts">{facts}</ul>
            <p class="hint">"Measured by starting a cell, " <LocalTime at=report.measured_at /> "."</p>
        </div>
    }
    .into_any()
}

#[component]
fn Fact(fact: IsolationFact) -> impl IntoView {
    view! {
        <li data-holds=fact.holds.to_string()>
            <span class="fact-sign">{if fact.holds { "Yes" } else { "No" }}</span>
            <div>
                <strong>{fact.name}</strong>
                <p class="hint">{fact.detail}</p>
            </div>
        </li>
    }
    .into_any()
}
