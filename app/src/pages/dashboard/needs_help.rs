//! Questions of agents that cannot go on, each with its answers right there.

use leptos::{form::ActionForm, prelude::*};

use crate::{
    api,
    components::{Field, FormError, Live, StatusBadge, Submit, problem},
    model::Project,
};

/// The questions; nothing while there are none.
#[component]
pub fn NeedsHelp(
    /// Projects that wait for a person.
    projects: Memo<Vec<Project>>,
) -> impl IntoView {
    view! {
        <section class="group" data-testid="needs-help" hidden=move || projects.with(Vec::is_empty)>
            <h2>"Needs help"</h2>
            <div class="asks">
                <For each=move || projects.get() key=|project| project.id let:project>
                    <Ask project />
                </For>
            </div>
        </section>
    }
    .into_any()
}

/// One question.
#[component]
fn Ask(project: Project) -> impl IntoView {
    let id = project.id;
    let href = format!("/projects/{id}");
    let live = Live::expect();
    let project: Signal<Project> = live.project(project).into();
    let answer = ServerAction::<api::Answer>::new();
    let problem = problem(answer);
    let done = answer.value();
    Effect::new(move |_| {
        if done.with(|last| matches!(last, Some(Ok(())))) {
            live.refresh(id);
        }
    });
    let steps = move || {
        project.with(|p| {
            let plan = &p.implementation_plan;
            (!plan.steps.is_empty()).then(|| format!("{} of {} steps", plan.finished(), plan.steps.len()))
        })
    };
    let suggestions = Memo::new(move |_| project.with(|p| p.suggestions.clone()));
    let buttons = move || {
        let button = |text: String| {
            let value = text.clone();
            view! {
                <button type="submit" class="button" name="text" value=value disabled=answer.pending()>
                    {text}
                </button>
            }
        };
        suggestions.get().into_iter().map(button).collect_view()
    };
    view! {
        <article class="ask">
            <div class="ask-head">
                <h3>
                    <a href=href>{move || project.with(|p| p.name.clone())}</a>
                </h3>
                <StatusBadge project />
                <span class="muted">{steps}</span>
            </div>
            <p class="ask-text">{move || project.with(|p| p.question.clone())}</p>
            // No names: they would be the same for every question, and each article has its project's.
            <ActionForm action=answer attr:class="suggestions">
                <input type="hidden" name="id" value=id.to_string() />
                {buttons}
            </ActionForm>
            <ActionForm action=answer attr:class="inline">
                <FormError problem fields=&["text"] />
                <input type="hidden" name="id" value=id.to_string() />
                <Field name="text" id=format!("answer-{id}") label="Your answer" problem required=true />
                <Submit label="Send" tone="" pending=answer.pending() />
            </ActionForm>
        </article>
    }
    .into_any()
}
