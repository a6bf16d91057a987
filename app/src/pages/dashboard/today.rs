//! Four numbers: who waits, what runs, and what today cost so far.

use leptos::prelude::*;

use crate::{
    components::{cost, tokens},
    model::{Project, UsageSummary},
};

/// The numbers, kept up to date.
#[component]
pub fn Today(
    /// Tokens and cost since midnight UTC.
    today: Memo<UsageSummary>,
    /// Projects that wait for a person.
    help: Memo<Vec<Project>>,
    /// Projects that are being worked on.
    active: Memo<Vec<Project>>,
) -> impl IntoView {
    let requests = move || match today.get().requests {
        1 => "1 model request".to_owned(),
        requests => format!("{requests} model requests"),
    };
    view! {
        <dl class="stats" aria-label="Now and today">
            <div data-tone=move || (!help.with(Vec::is_empty)).then_some("help")>
                <dt>"Need help"</dt>
                <dd data-testid="count-help">{move || help.with(Vec::len)}</dd>
            </div>
            <div data-tone=move || (!active.with(Vec::is_empty)).then_some("run")>
                <dt>"Running"</dt>
                <dd data-testid="count-running">{move || active.with(Vec::len)}</dd>
            </div>
            <div>
                <dt>"Tokens today"</dt>
                <dd>
                    <span data-testid="tokens-today">{move || tokens(&today.get().tokens)}</span>
                    <small>{requests}</small>
                </dd>
            </div>
            <div>
                <dt>"Cost today"</dt>
                <dd>
                    <span data-testid="cost-today">{move || cost(today.get().cost_micro_usd)}</span>
                    <small>"since midnight UTC"</small>
                </dd>
            </div>
        </dl>
    }
    .into_any()
}
