//! Going back to an earlier step, and bringing back what was undone.

use leptos::{form::ActionForm, html::Dialog, prelude::*, task::spawn_local};

use crate::{
    api,
    components::{FormError, Live, LocalTime, Submit, problem},
    model::{Project, ProjectId, Step, StepStatus, Undo},
};

/// Where a person may want to go back to, and what that takes away.
#[derive(Clone, Debug, PartialEq)]
pub struct UndoTarget {
    /// Id of the step to whose end; empty for the beginning.
    to_step: String,
    /// Its title.
    title: String,
    /// Titles of the steps that become pending again.
    lost: Vec<String>,
}

impl UndoTarget {
    /// The end of a finished step.
    pub fn step(project: &Project, id: &str) -> Option<Self> {
        let steps = &project.implementation_plan.steps;
        let step = steps.iter().find(|step| step.id == id)?;
        let later =
            |other: &&Step| other.id != id && worked_on(other) && other.finished_at > step.finished_at;
        let running = |other: &&Step| other.finished_at.is_none() && worked_on(other);
        let lost = steps.iter().filter(|other| later(other) || running(other)).map(|s| s.title.clone());
        Some(Self { to_step: id.to_owned(), title: step.title.clone(), lost: lost.collect() })
    }

    /// Before the first step.
    pub fn beginning(project: &Project) -> Self {
        let lost = project.implementation_plan.steps.iter().filter(|step| worked_on(step));
        let lost = lost.map(|step| step.title.clone()).collect();
        Self { to_step: String::new(), title: String::new(), lost }
    }
}

fn worked_on(step: &Step) -> bool {
    !matches!(step.status, StepStatus::Pending | StepStatus::Skipped)
}

/// Asks before anything is taken away.
#[component]
pub fn UndoDialog(project: Signal<Project>, target: RwSignal<Option<UndoTarget>>) -> impl IntoView {
    let undo = ServerAction::<api::UndoTo>::new();
    let live = Live::expect();
    let id = project.with_untracked(|p| p.id);
    let dialog = NodeRef::<Dialog>::new();
    let problem = problem(undo);
    Effect::new(move |_| {
        let wanted = target.with(Option::is_some);
        let Some(dialog) = dialog.get() else { return };
        if !wanted {
            dialog.close();
        } else if !dialog.open()
            && let Err(error) = dialog.show_modal()
        {
            leptos::logging::error!("the dialog cannot be shown: {error:?}");
        }
    });
    let done = undo.value();
    Effect::new(move |_| {
        if done.with(|last| matches!(last, Some(Ok(())))) {
            target.set(None);
            live.refresh(id);
        }
    });
    let text = move |pick: fn(&UndoTarget) -> String| {
        move || target.with(|target| target.as_ref().map(pick).unwrap_or_default())
    };
    let lost = move || target.with(|target| target.as_ref().map(|t| t.lost.clone()).unwrap_or_default());
    view! {
        <dialog class="dialog" aria-labelledby="undo-title" node_ref=dialog on:close=move |_| target.set(None)>
            <ActionForm action=undo attr:class="stack">
                <h2 id="undo-title">{text(question)}</h2>
                <p>
                    "All files of the project and its plan go back to how they were then. "
                    "What is there now is kept aside, so that you can bring it back."
                </p>
                <div hidden=move || lost().is_empty()>
                    <p>"To be done again:"</p>
                    <ul class="bullets">
                        {move || lost().into_iter().map(|title| view! { <li>{title}</li> }).collect_view()}
                    </ul>
                </div>
                <FormError problem />
                <input type="hidden" name="id" value=id.to_string() />
                <input type="hidden" name="to_step" value=text(|target| target.to_step.clone()) />
                <div class="actions">
                    <Submit label="Undo" tone="danger" pending=undo.pending() />
                    <button type="button" class="button" on:click=move |_| target.set(None)>
                        "Cancel"
                    </button>
                </div>
            </ActionForm>
        </dialog>
    }
    .into_any()
}

fn question(target: &UndoTarget) -> String {
    if target.to_step.is_empty() {
        return "Undo everything?".to_owned();
    }
    format!("Undo to the end of \u{201c}{}\u{201d}?", target.title)
}

/// The last way back, as long as nothing was worked on since.
fn last_undo(undos: &[Undo], project: &Project) -> Option<Undo> {
    let last = undos.first().filter(|undo| undo.undone_at.is_none() && !project.running)?;
    let newer = |step: &Step| step.started_at.max(step.finished_at) > Some(last.created_at);
    (!project.implementation_plan.steps.iter().any(newer)).then(|| last.clone())
}

/// Says that the project went back, and offers to bring it forward again.
#[component]
pub fn UndoNotice(project: Signal<Project>, undos: Vec<Undo>) -> impl IntoView {
    let redo = ServerAction::<api::Redo>::new();
    let live = Live::expect();
    let id = project.with_untracked(|p| p.id);
    let undos = following(project, undos);
    let last = Memo::new(move |_| undos.with(|undos| project.with(|p| last_undo(undos, p))));
    let done = redo.value();
    Effect::new(move |_| {
        if done.with(|last| matches!(last, Some(Ok(())))) {
            live.refresh(id);
        }
    });
    let text = move || match last.with(|last| last.as_ref().map(|undo| undo.label.clone())) {
        Some(label) if label.is_empty() => "The project went back to the beginning.".to_owned(),
        Some(label) => format!("The project went back to the end of \u{201c}{label}\u{201d}."),
        None => String::new(),
    };
    let at = Memo::new(move |_| last.with(|last| last.as_ref().map(|undo| undo.created_at)));
    view! {
        <div class="notice" role="status" data-testid="undo-notice" hidden=move || last.with(Option::is_none)>
            <p>
                {text} " " {move || at.get().map(|at| view! { <LocalTime at=Signal::stored(at) /> })}
            </p>
            <ActionForm action=redo>
                <FormError problem=problem(redo) />
                <input type="hidden" name="id" value=id.to_string() />
                <input
                    type="hidden"
                    name="undo_id"
                    value=move || last.with(|last| last.as_ref().map(|undo| undo.id.to_string()))
                />
                <Submit label="Bring it back" tone="" pending=redo.pending() />
            </ActionForm>
        </div>
    }
    .into_any()
}

/// The ways back as they are now: asked for again whenever the project says something new while nothing runs.
fn following(project: Signal<Project>, undos: Vec<Undo>) -> RwSignal<Vec<Undo>> {
    let undos = RwSignal::new(undos);
    let told = Memo::new(move |_| project.with(|p| (p.id, p.running, p.status_reason.clone())));
    Effect::new(move |before: Option<(ProjectId, bool, Option<String>)>| {
        let now = told.get();
        if before.is_some_and(|before| before != now) && !now.1 {
            let id = now.0;
            spawn_local(async move {
                match api::load_undos(id).await {
                    Ok(list) => drop(undos.try_set(list)),
                    Err(error) => leptos::logging::error!("what was undone cannot be read: {error}"),
                }
            });
        }
        now
    });
    undos
}
