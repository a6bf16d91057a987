//! The step that each running project is at, and for how long.

use leptos::prelude::*;

use crate::{
    api::HomeAgent,
    components::{Live, LocalTime, StatusBadge, duration},
    model::{Project, ProjectStatus, Step, Timestamp},
};

/// The running steps of all projects.
#[component]
pub fn Running(
    /// Projects that are being worked on.
    projects: Memo<Vec<Project>>,
    /// Who works on them.
    agents: Vec<HomeAgent>,
) -> impl IntoView {
    let now = RwSignal::new(None::<Timestamp>);
    #[cfg(feature = "hydrate")]
    clock::tick(now);
    let agents = StoredValue::new(agents);
    view! {
        <section class="group" data-testid="running">
            <h2>"Running"</h2>
            <p class="muted" hidden=move || !projects.with(Vec::is_empty)>
                "Nothing is running. Open a project and press Start."
            </p>
            <ul class="runs" hidden=move || projects.with(Vec::is_empty)>
                <For each=move || projects.get() key=|project| project.id let:project>
                    <Run project agents now />
                </For>
            </ul>
        </section>
    }
    .into_any()
}

/// The step under way, if there is one.
fn step(project: &Project) -> Option<&Step> {
    usize::try_from(project.current_step).ok().and_then(|at| project.implementation_plan.steps.get(at))
}

/// What is being done, in one line.
fn doing(project: &Project) -> String {
    match step(project) {
        Some(step) => format!(
            "Step {} of {}: {}",
            project.current_step + 1,
            project.implementation_plan.steps.len(),
            step.title
        ),
        None if project.status == ProjectStatus::Planning => "Writing the plan".to_owned(),
        None => "Starting".to_owned(),
    }
}

/// One running project.
#[component]
fn Run(
    project: Project,
    agents: StoredValue<Vec<HomeAgent>>,
    now: RwSignal<Option<Timestamp>>,
) -> impl IntoView {
    let href = format!("/projects/{}", project.id);
    let agent = project.agent_id;
    let agent = agents.with_value(|all| all.iter().find(|a| a.id == agent).map(|a| a.name.clone()));
    let project: Signal<Project> = Live::expect().project(project).into();
    let attempts = Memo::new(move |_| project.with(|p| step(p).map_or(0, |step| step.attempts)));
    let since = Memo::new(move |_| project.with(|p| step(p).and_then(|step| step.started_at)));
    let elapsed = move || match (since.get(), now.get()) {
        (Some(since), Some(now)) => Some(duration(since, now).into_any()),
        (Some(since), None) => Some(view! { "since " <LocalTime at=Signal::stored(since) /> }.into_any()),
        (None, _) => None,
    };
    view! {
        <li class="run" data-testid="run">
            <div class="run-head">
                <a class="run-name" href=href>
                    {move || project.with(|p| p.name.clone())}
                </a>
                <span class="muted">{agent}</span>
                <StatusBadge project />
            </div>
            <p class="run-step">{move || project.with(doing)}</p>
            <div class="card-progress">
                <progress
                    max=move || project.with(|p| p.implementation_plan.steps.len().max(1)).to_string()
                    value=move || project.with(|p| p.implementation_plan.finished()).to_string()
                    aria-label="Finished steps"
                ></progress>
                <span class="run-facts">
                    <span>{elapsed}</span>
                    <span hidden=move || attempts.get() == 0>
                        {move || format!("attempt {}", attempts.get())}
                    </span>
                </span>
            </div>
        </li>
    }
    .into_any()
}

#[cfg(feature = "hydrate")]
mod clock {
    //! The browser's clock, as a signal.

    use std::time::Duration;

    use leptos::prelude::*;

    use crate::model::Timestamp;

    /// Sets the signal every second for as long as the caller's owner lives, after the page was taken over.
    pub fn tick(now: RwSignal<Option<Timestamp>>) {
        let read = move || now.set(Some(Timestamp::from_millis(js_sys::Date::now() as i64)));
        Effect::new(move |_| {
            read();
            match set_interval_with_handle(read, Duration::from_secs(1)) {
                Ok(handle) => on_cleanup(move || handle.clear()),
                Err(error) => leptos::logging::error!("there is no clock: {error:?}"),
            }
        });
    }
}
