//! One project in a list.

use leptos::prelude::*;

use crate::{
    components::{Live, StatusBadge},
    model::Project,
};

/// A project's name, status and progress, linked to its page and kept up to date.
#[component]
pub fn ProjectCard(
    /// The project as it was when the list was drawn.
    project: Project,
) -> impl IntoView {
    let href = format!("/projects/{}", project.id);
    let project: Signal<Project> = Live::expect().project(project).into();
    let total = move || project.with(|p| p.implementation_plan.steps.len());
    let finished = move || project.with(|p| p.implementation_plan.finished());
    let now = move || {
        project.with(|p| {
            let step =
                usize::try_from(p.current_step).ok().and_then(|at| p.implementation_plan.steps.get(at));
            p.question.clone().or_else(|| p.running.then(|| step.map(|s| s.title.clone())).flatten())
        })
    };
    view! {
        <article class="card">
            <h3>
                <a href=href>{move || project.with(|p| p.name.clone())}</a>
            </h3>
            <StatusBadge project />
            <p class="card-now">{now}</p>
            <p class="card-progress" hidden=move || total() == 0>
                <progress
                    max=move || total().to_string()
                    value=move || finished().to_string()
                    aria-label="Finished steps"
                ></progress>
                <span>{move || format!("{} of {} steps", finished(), total())}</span>
            </p>
        </article>
    }
    .into_any()
}
