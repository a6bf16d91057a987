//! The dialog that asks for the password.

use leptos::{
    form::ActionForm,
    html::{Dialog, Form},
    prelude::*,
};

use super::{PasswordAgain, StepUp};
use crate::{
    api,
    components::{Submit, close_dialog, on_backdrop, successes},
};

/// The dialog; one in the frame.
#[component]
pub fn StepUpDialog(
    /// What waits.
    step_up: StepUp,
) -> impl IntoView {
    let dialog = NodeRef::<Dialog>::new();
    let form = NodeRef::<Form>::new();
    let action = ServerAction::<api::StepUp>::new();
    let confirmed = successes(action);
    Effect::new(move |_| {
        if step_up.waiting.with(Option::is_some)
            && let Some(dialog) = dialog.get()
            && !dialog.open()
            && let Err(error) = dialog.show_modal()
        {
            leptos::logging::error!("the password cannot be asked for: {error:?}");
        }
    });
    Effect::new(move |before: Option<usize>| {
        let times = confirmed.get();
        if before.is_some_and(|before| times > before) {
            let again = step_up.waiting.get_untracked();
            close_dialog(dialog);
            if let Some(again) = again {
                again.run(());
            }
        }
        times
    });
    view! {
        <dialog
            class="dialog"
            aria-labelledby="step-up-title"
            node_ref=dialog
            // Also by Escape: whatever waited is not done.
            on:close=move |_| {
                step_up.waiting.set(None);
                if let Some(form) = form.get_untracked() {
                    form.reset();
                }
            }
            on:click=move |event| {
                if on_backdrop(&event, dialog) {
                    close_dialog(dialog);
                }
            }
        >
            <ActionForm action node_ref=form attr:class="stack" attr:aria-label="Type your password again">
                <h2 id="step-up-title">"Type your password again"</h2>
                <p class="muted">
                    "What you are about to do could cost money or run programs, so it takes more than an open browser."
                </p>
                <PasswordAgain action id="step-up-password" />
                <div class="actions">
                    <Submit label="Go on" pending=action.pending() />
                    <button type="button" class="button" on:click=move |_| close_dialog(dialog)>
                        "Cancel"
                    </button>
                </div>
            </ActionForm>
        </dialog>
    }
    .into_any()
}
