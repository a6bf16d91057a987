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
    /// Called with the id of a finished step to whose end the project is to go back; without it there are no details.
    #[prop(optional, into)]
    on_undo: Option<Callback<String>>,
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
                <StepView project id on_undo />
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
fn StepView(project: Signal<Project>, id: String, on_undo: Option<Callback<String>>) -> impl IntoView {
    let test_id = format!("step-{id}");
    let target = id.clone();
    let step = Memo::new(move |_| {
        project.with(|p| p.implementation_plan.steps.iter().find(|s| s.id == id).cloned().unwrap_or_default())
    });
    let look = move || appearance(step.with(|s| s.status));
    let needs = Memo::new(move |_| {
        step.with(|s| (s.status == StepStatus::Pending).then(|| project.with(|p| waits_for(s, p))).flatten())
    });
    view! {
        <li class="step" data-testid=test_id data-status=move || look().1>
            <span class="step-mark">{move || icon(look().2)}</span>
            <div class="step-body">
                <p class="step-head">
                    <strong>{move || step.with(|s| s.title.clone())}</strong>
                    <span class="step-status">{move || look().0}</span>
                </p>
                <p class="step-facts">{move || step.with(facts)}</p>
                <p class="step-facts" hidden=move || needs.with(Option::is_none)>
                    {needs}
                </p>
                {on_undo.map(|on_undo| view! { <StepDetails project step on_undo target /> })}
            </div>
        </li>
    }
    .into_any()
}

/// What was asked, how it was checked, and the way back to its end.
#[component]
fn StepDetails(
    project: Signal<Project>,
    step: Memo<Step>,
    on_undo: Callback<String>,
    target: String,
) -> impl IntoView {
    let fixed = Memo::new(move |_| {
        project.with(|p| p.running) || step.with(|s| s.status != StepStatus::Completed || s.commit.is_none())
    });
    let undo_label = move || step.with(|s| format!("Undo to here\u{2026} to the end of {}", s.title));
    view! {
        <details>
            <summary>"Details"</summary>
            <h3>"Task"</h3>
            <pre>{move || step.with(|s| block(&s.instructions))}</pre>
            <div hidden=move || step.with(|s| s.verify.is_none())>
                <h3>"Verified with"</h3>
                <pre>{move || step.with(|s| s.verify.as_deref().map(block))}</pre>
            </div>
            <div hidden=move || step.with(|s| s.verify_output.is_none())>
                <h3>"Output of the last verification"</h3>
                <pre data-testid="verify-output">{move || step.with(|s| s.verify_output.as_deref().map(block))}</pre>
            </div>
        </details>
        <p class="step-tools" hidden=fixed>
            <button
                type="button"
                class="button"
                data-tone="quiet"
                aria-label=undo_label
                on:click=move |_| on_undo.run(target.clone())
            >
                "Undo to here\u{2026}"
            </button>
        </p>
    }
    .into_any()
}

/// The unfinished steps that a step waits for, as a sentence.
fn waits_for(step: &Step, project: &Project) -> Option<String> {
    let steps = &project.implementation_plan.steps;
    let open = |id: &&String| steps.iter().any(|s| s.id == **id && !s.needs_no_work());
    let position = |id: &String| steps.iter().position(|s| s.id == *id).map_or(0, |at| at + 1).to_string();
    let open: Vec<_> = step.depends_on.iter().filter(open).map(position).collect();
    (!open.is_empty()).then(|| format!("Waits for step {}", open.join(", ")))
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
