//! How well users are kept apart, as measured, and the way to accept that it has become worse.

use leptos::{form::ActionForm, prelude::*};

use crate::{
    api,
    components::{FormError, IsolationFacts, Load, Submit, problem, successes},
    model::IsolationReport,
};

/// The level with its facts and date.
#[component]
pub fn Isolation() -> impl IntoView {
    let accept = ServerAction::<api::AcceptIsolation>::new();
    let accepted = successes(accept);
    let report = Resource::new(move || accepted.get(), |_| api::load_isolation());
    view! {
        <section class="group" id="isolation">
            <h2>"Isolation"</h2>
            <Load resource=report let:report>
                <Report report accept />
            </Load>
        </section>
    }
    .into_any()
}

#[component]
fn Report(report: IsolationReport, accept: ServerAction<api::AcceptIsolation>) -> impl IntoView {
    let level = report.level;
    let worse = report.accepted.filter(|accepted| *accepted > level);
    view! {
        <div class="panel stack">
            {worse.map(|before| view! { <Accept level before accept /> })}
            <IsolationFacts report />
        </div>
    }
    .into_any()
}

/// Says that nothing starts, and lets an admin change that.
#[component]
fn Accept(level: u8, before: u8, accept: ServerAction<api::AcceptIsolation>) -> impl IntoView {
    let problem = problem(accept);
    view! {
        <ActionForm action=accept attr:class="stack" attr:aria-label="Accept the lower level">
            <p class="warning" role="alert">
                {format!(
                    "The isolation was at level {before} before and is at level {level} now. No agent starts until you accept that or mend it.",
                )}
            </p>
            <FormError problem />
            <input type="hidden" name="level" value=level.to_string() />
            <Submit label="Accept the lower level" tone="danger" pending=accept.pending() />
        </ActionForm>
    }
    .into_any()
}
