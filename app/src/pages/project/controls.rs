//! Start, pause, stop, restart and delete.

use leptos::{form::ActionForm, prelude::*};

use crate::{
    api,
    components::{Field, FormError, Live, Submit, problem},
    error::AppError,
    model::Project,
};

/// The buttons, each enabled when it makes sense, and what went wrong with the last one.
#[component]
pub fn Controls(
    /// The project.
    project: Signal<Project>,
) -> impl IntoView {
    let live = Live::expect();
    let id = project.with_untracked(|p| p.id);
    let (start, pause, stop, restart) = (
        ServerAction::<api::Start>::new(),
        ServerAction::<api::Pause>::new(),
        ServerAction::<api::Stop>::new(),
        ServerAction::<api::Restart>::new(),
    );
    let versions = [start.version(), pause.version(), stop.version(), restart.version()];
    Effect::new(move |before: Option<()>| {
        for version in versions {
            version.track();
        }
        if before.is_some() {
            live.refresh(id);
        }
    });
    let problems = [problem(start), problem(pause), problem(stop), problem(restart)];
    let any: Signal<Option<AppError>> =
        Signal::derive(move || problems.iter().find_map(|problem| problem.get()));
    let allowed = move |rule: fn(&Project) -> bool| Signal::derive(move || project.with(rule));
    view! {
        <div class="controls">
            <div class="actions">
                <ActionForm action=start>
                    <input type="hidden" name="id" value=id.to_string() />
                    <Submit label="Start" enabled=allowed(Project::can_start) pending=start.pending() />
                </ActionForm>
                <ActionForm action=pause>
                    <input type="hidden" name="id" value=id.to_string() />
                    <Submit label="Pause" tone="" enabled=allowed(Project::can_pause) pending=pause.pending() />
                </ActionForm>
                <ActionForm action=stop>
                    <input type="hidden" name="id" value=id.to_string() />
                    <Submit label="Stop" tone="" enabled=allowed(Project::can_stop) pending=stop.pending() />
                </ActionForm>
                <ActionForm action=restart>
                    <input type="hidden" name="id" value=id.to_string() />
                    <Submit label="Restart" tone="" enabled=allowed(Project::can_restart) pending=restart.pending() />
                </ActionForm>
            </div>
            <FormError problem=any />
        </div>
    }
    .into_any()
}

/// Removes the project after its name was typed.
#[component]
pub fn DeleteProject(
    /// The project.
    project: Signal<Project>,
) -> impl IntoView {
    let delete = ServerAction::<api::DeleteProject>::new();
    let problem = problem(delete);
    view! {
        <details class="panel danger-zone">
            <summary>"Delete this project"</summary>
            <ActionForm action=delete attr:class="stack" attr:aria-label="Delete this project">
                <p>"Stops it and removes its log and its workspace with everything in it. There is no way back."</p>
                <FormError problem fields=&["confirmation"] />
                <input type="hidden" name="id" value=project.with_untracked(|p| p.id.to_string()) />
                <Field name="confirmation" label="Type the project's name to confirm" problem required=true />
                <Submit label="Delete project" tone="danger" pending=delete.pending() />
            </ActionForm>
        </details>
    }
    .into_any()
}
