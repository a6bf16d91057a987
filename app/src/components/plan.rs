//! The plan of a project with the outcome of each step.

use leptos::prelude::*;

use super::badge::{CHECK, CROSS, PLAY, RING, SKIP, icon};
use crate::{
    components::{block, duration},
    model::{Project, Step, StepStatus},
};

/// The steps in order; each follows its own changes, so that what a person opened stays open.
#[component]
pub fn PlanView(
    /// The project.
    #[prop(into)]
    project: Signal<Project>,
) -> impl IntoView {
    let ids = Memo::new(move |_| {
        project.with(|p| p.implementation_plan.steps.iter().map(|step| step.id.clone()).collect::<Vec<_>>())
    });
    view! {
        <p class="muted" hidden=move || ids.with(|ids| !ids.is_empty())>
            "No plan yet: the agent proposes one when the project starts."
        </p>
        <ol class="plan" aria-label="Plan">
            <For each=move || ids.get() key=Clone::clone let:id>
                <StepView project id />
            </For>
        </ol>
    }
    .into_any()
}

/// The word, the wire name and the shape for a step's status.
fn appearance(status: StepStatus) -> (&'static str, &'static str, &'static str) {
    match status {
        StepStatus::Pending => ("Pending", "pending", RING),
        StepStatus::Running => ("Running", "running", PLAY),
        StepStatus::Completed => ("Completed", "completed", CHECK),
        StepStatus::Failed => ("Failed", "failed", CROSS),
        StepStatus::Skipped => ("Skipped", "skipped", SKIP),
    }
}

#[component]
fn StepView(project: Signal<Project>, id: String) -> impl IntoView {
    let test_id = format!("step-{id}");
    let step = Memo::new(move |_| {
        project.with(|p| p.implementation_plan.steps.iter().find(|s| s.id == id).cloned().unwrap_or_default())
    });
    let look = move || appearance(step.with(|s| s.status));
    view! {
        <li class="step" data-testid=test_id data-status=move || look().1>
            <span class="step-mark">{move || icon(look().2)}</span>
            <div class="step-body">
                <p class="step-head">
                    <strong>{move || step.with(|s| s.title.clone())}</strong>
                    <span class="step-status">{move || look().0}</span>
                </p>
                <p class="step-facts">{move || step.with(facts)}</p>
                <details>
                    <summary>"Details"</summary>
                    <h4>"Task"</h4>
                    <pre>{move || step.with(|s| block(&s.instructions))}</pre>
                    <div hidden=move || step.with(|s| s.verify.is_none())>
                        <h4>"Verified with"</h4>
                        <pre>{move || step.with(|s| s.verify.as_deref().map(block))}</pre>
                    </div>
                    <div hidden=move || step.with(|s| s.verify_output.is_none())>
                        <h4>"Output of the last verification"</h4>
                        <pre data-testid="verify-output">{move || step.with(|s| s.verify_output.as_deref().map(block))}</pre>
                    </div>
                </details>
            </div>
        </li>
    }
    .into_any()
}

/// Attempts, time taken and commit; none before the first attempt.
fn facts(step: &Step) -> Option<String> {
    let mut facts = Vec::new();
    if step.attempts > 0 {
        facts.push(format!("{} {}", step.attempts, if step.attempts == 1 { "attempt" } else { "attempts" }));
    }
    match (step.started_at, step.finished_at) {
        (Some(from), Some(to)) => facts.push(duration(from, to)),
        (Some(from), None) => facts.push(format!("since {} UTC", from.clock())),
        (None, _) => {}
    }
    if let Some(commit) = &step.commit {
        facts.push(format!("commit {}", commit.get(..8).unwrap_or(commit)));
    }
    (!facts.is_empty()).then(|| facts.join(" \u{b7} "))
}
