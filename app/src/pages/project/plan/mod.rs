//! The plan of a project: shown, edited, and taken back to an earlier step.

mod draft;
mod editor;
mod row;
mod undo;

use editor::{PlanEditor, unsaved};
use leptos::{html::Button, prelude::*};
use undo::{UndoDialog, UndoNotice, UndoTarget};

use crate::{
    components::PlanView,
    model::{Project, StepStatus, Undo},
};

/// The plan with all that a person can do with it.
#[component]
pub fn PlanSection(
    /// The project.
    project: Signal<Project>,
    /// The ways back that were taken, newest first.
    undos: Vec<Undo>,
) -> impl IntoView {
    let editing = RwSignal::new(false);
    // What an earlier visit left unsaved is shown at once.
    Effect::new(move |_| editing.set(project.with_untracked(|p| unsaved(p).is_some())));
    let target = RwSignal::new(None::<UndoTarget>);
    let edit = NodeRef::<Button>::new();
    let close = Callback::new(move |()| {
        editing.set(false);
        // Shown again by then.
        request_animation_frame(move || {
            if let Some(edit) = edit.get_untracked()
                && let Err(error) = edit.focus()
            {
                leptos::logging::error!("the button cannot be focused: {error:?}");
            }
        });
    });
    let on_undo = Callback::new(move |id: String| target.set(project.with(|p| UndoTarget::step(p, &id))));
    let nothing_to_undo = Memo::new(move |_| {
        project.with(|p| {
            let done =
                p.implementation_plan.steps.iter().filter(|s| s.status == StepStatus::Completed).count();
            p.running || done == 0
        })
    });
    view! {
        <section class="group" aria-labelledby="plan-title">
            <div class="group-head">
                <h2 id="plan-title">"Plan"</h2>
                <div class="actions" hidden=editing>
                    <button
                        type="button"
                        class="button"
                        data-tone="quiet"
                        hidden=nothing_to_undo
                        on:click=move |_| target.set(Some(UndoTarget::beginning(&project.get())))
                    >
                        "Undo everything\u{2026}"
                    </button>
                    <button type="button" class="button" node_ref=edit on:click=move |_| editing.set(true)>
                        "Edit plan"
                    </button>
                </div>
            </div>
            <UndoNotice project undos />
            <Show when=move || editing.get() fallback=move || view! { <PlanView project on_undo /> }>
                <PlanEditor project close />
            </Show>
            <UndoDialog project target />
        </section>
    }
    .into_any()
}
