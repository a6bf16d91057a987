//! Editing the plan: every step with its controls, and what to do when the stored plan changes meanwhile.

use leptos::{
    prelude::*,
    wasm_bindgen::JsCast as _,
    web_sys::{Element, HtmlElement},
};

use super::{
    draft::{Draft, Kept},
    row::RowView,
};
use crate::{
    api,
    components::{DraftNote, FormError, Live, forget_draft, keep_draft, kept_draft, problem},
    error::{AppError, FieldError},
    model::{Project, ProjectId, StepStatus},
};

/// Paths of problems that stand at a step.
const FIELDS: &[&str] = &["implementation_plan.steps"];

/// The name under which a project's draft is kept.
fn draft_name(id: ProjectId) -> String {
    format!("plan-{id}")
}

/// What an earlier visit to a project has left unsaved.
pub fn unsaved(project: &Project) -> Option<Kept> {
    kept_draft::<Kept>(&draft_name(project.id)).filter(|kept| kept.differs(&project.implementation_plan))
}

/// The plan as a form of its own; nothing is stored before a person says so.
#[component]
pub fn PlanEditor(
    /// The project.
    project: Signal<Project>,
    /// Called when the person is done.
    close: Callback<()>,
) -> impl IntoView {
    let draft = project.with_untracked(|p| Draft::new(&p.implementation_plan));
    let save = ServerAction::<api::SavePlan>::new();
    let id = project.with_untracked(|p| p.id);
    let restored = RwSignal::new(false);
    if let Some(kept) = project.with_untracked(unsaved) {
        draft.resume(kept);
        restored.set(true);
    }
    Effect::new(move |_| match draft.kept() {
        Some(kept) => keep_draft(&draft_name(id), &kept),
        None => {
            forget_draft(&draft_name(id));
            restored.set(false);
        }
    });
    let close = Callback::new(move |()| {
        forget_draft(&draft_name(id));
        close.run(());
    });
    let begin = move || draft.begin(&project.get_untracked().implementation_plan);
    let live = Live::expect();
    // Keys of the rows that were sent, by position: problems name positions, and rows may have moved since.
    let sent = RwSignal::new(Vec::<usize>::new());
    let announced = RwSignal::new(String::new());
    let problem = problem(save);
    let done = save.value();
    Effect::new(move |_| match done.get() {
        Some(Ok(())) => {
            live.refresh(id);
            close.run(());
        }
        Some(Err(_)) => request_animation_frame(focus_first_problem),
        None => {}
    });
    let store = move |_| {
        sent.set(draft.rows.with_untracked(|rows| rows.iter().map(|row| row.key).collect()));
        save.dispatch(api::SavePlan { id, steps: untrack(|| draft.steps()) });
    };
    let problem_of = move |key: usize| {
        Signal::derive(move || {
            let at = sent.with(|keys| keys.iter().position(|other| *other == key))?;
            problem.with(|error| about_step(error.as_ref(), at))
        })
    };
    let locked = move |step: String| {
        Memo::new(move |_| {
            project.with(|p| {
                let status = p.implementation_plan.steps.iter().find(|s| s.id == step).map(|s| s.status);
                match status {
                    Some(StepStatus::Completed) => Some("Finished: it stays as it is."),
                    Some(StepStatus::Running) if p.running => {
                        Some("Being worked on: stop the project to change it.")
                    }
                    _ => None,
                }
            })
        })
    };
    let outdated = Memo::new(move |_| project.with(|p| draft.is_outdated(&p.implementation_plan)));
    let add = move |_| {
        let key = draft.add(&project.get_untracked().implementation_plan);
        request_animation_frame(move || focus(&format!("edit-title-{key}")));
    };
    view! {
        <div class="plan-editor" role="group" aria-label="Edit plan">
            <p class="hint">
                "Steps run from top to bottom, each as soon as those that it waits for are done. What you save takes effect at the next step."
            </p>
            <DraftNote shown=restored discard=Callback::new(move |()| begin()) />
            <div class="notice" role="status" hidden=move || !outdated.get()>
                <p>"The plan has changed while you were editing. Saving replaces it with yours; finished steps stay."</p>
                <button type="button" class="button" on:click=move |_| begin()>
                    "Drop my changes and show the new plan"
                </button>
            </div>
            <ol class="edit-steps">
                <For each=move || draft.rows.get() key=|row| row.key let:row>
                    <RowView
                        row
                        draft
                        announced
                        problem=problem_of(row.key)
                        locked=locked(row.id.get_value())
                    />
                </For>
            </ol>
            <p class="visually-hidden" role="status">
                {announced}
            </p>
            <button type="button" class="button" on:click=add>
                "Add a step"
            </button>
            <FormError problem fields=FIELDS />
            <div class="actions sticky-actions">
                <button
                    type="button"
                    class="button"
                    data-tone="primary"
                    disabled=save.pending()
                    aria-busy=move || save.pending().get().then_some("true")
                    on:click=store
                >
                    "Save plan"
                </button>
                <button type="button" class="button" on:click=move |_| close.run(())>
                    "Cancel"
                </button>
            </div>
        </div>
    }
    .into_any()
}

/// What is wrong with the step at a position of what was sent, by the part's own name.
fn about_step(error: Option<&AppError>, at: usize) -> Option<AppError> {
    let Some(AppError::Invalid(errors)) = error else { return None };
    let prefix = format!("implementation_plan.steps[{at}].");
    let own = |e: &FieldError| {
        let field = e.field.strip_prefix(&prefix)?.to_owned();
        Some(FieldError { field, message: e.message.clone() })
    };
    let errors: Vec<_> = errors.iter().filter_map(own).collect();
    (!errors.is_empty()).then_some(AppError::Invalid(errors))
}

/// Puts the cursor into the control with this id, if it is there.
pub fn focus(id: &str) {
    focus_element(document().get_element_by_id(id));
}

fn focus_first_problem() {
    match document().query_selector(".plan-editor [aria-invalid]") {
        Ok(found) => focus_element(found),
        Err(error) => leptos::logging::error!("problems cannot be looked for: {error:?}"),
    }
}

fn focus_element(element: Option<Element>) {
    if let Some(element) = element.and_then(|element| element.dyn_into::<HtmlElement>().ok())
        && let Err(error) = element.focus()
    {
        leptos::logging::error!("a control cannot be focused: {error:?}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_find_their_step() {
        let field = |field: &str| FieldError { field: field.to_owned(), message: "!".to_owned() };
        let error = AppError::Invalid(vec![
            field("implementation_plan.steps[1].title"),
            field("implementation_plan.steps[11].title"),
            field("implementation_plan"),
        ]);
        assert_eq!(about_step(Some(&error), 1), Some(AppError::Invalid(vec![field("title")])));
        assert_eq!(about_step(Some(&error), 0), None);
        assert_eq!(about_step(Some(&AppError::NotFound), 1), None);
    }
}
