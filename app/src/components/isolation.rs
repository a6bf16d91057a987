//! A measurement of how well users are kept apart, with its single facts.

use leptos::prelude::*;

use crate::{
    components::LocalTime,
    model::{IsolationFact, IsolationReport},
};

/// What a level means, in a few words.
fn meaning(level: u8) -> &'static str {
    match level {
        0 => {
            "none: agents can read whatever the server can. Let only people in whom you trust with all of it."
        }
        1 => "file access is limited, nothing else.",
        2 => "each user\u{2019}s agents run inside bubblewrap, all under one account.",
        3 => "each user\u{2019}s agents run inside bubblewrap under an account of their own.",
        _ => "own account, bubblewrap, private network and limits for each user.",
    }
}

/// The level with its facts and date.
#[component]
pub fn IsolationFacts(
    /// The measurement.
    report: IsolationReport,
) -> impl IntoView {
    let facts = report.facts.into_iter().map(|fact| view! { <Fact fact /> }).collect_view();
    view! {
        <p data-testid="isolation-level">
            <strong>{format!("Level {} of 4: ", report.level)}</strong>
            {meaning(report.level)}
        </p>
        {report.lacks.map(|lacks| view! { <p class="warning">{lacks}</p> })}
        <ul class="isolation-facts">{facts}</ul>
        <p class="hint">"Measured inside a cell, " <LocalTime at=report.measured_at /> "."</p>
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
