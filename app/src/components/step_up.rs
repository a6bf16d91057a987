//! The password again, in a dialog, when the server wants it before an action; the action is then done once more.
//!
//! Whether and how long a password counts is the server's business. Without scripts the settings page has the same form.

use leptos::{
    form::ActionForm,
    html::{Dialog, Form},
    prelude::*,
    server_fn::ServerFn,
};

use super::{Field, FormError, Submit, on_backdrop, problem, successes};
use crate::{api, error::AppError};

/// What waits for the password.
#[derive(Clone, Copy)]
pub struct StepUp {
    waiting: RwSignal<Option<Callback<()>>>,
}

impl StepUp {
    /// Makes it known to the pages in the frame.
    pub fn provide() -> Self {
        let step_up = Self { waiting: RwSignal::new(None) };
        provide_context(step_up);
        step_up
    }

    /// Asks for the password; `again` is called when it was right.
    pub fn ask(self, again: Callback<()>) {
        self.waiting.set(Some(again));
    }
}

/// Does an action once more after its person typed the password, where the server wanted it.
pub fn with_step_up<S>(action: ServerAction<S>)
where
    S: ServerFn<Error = AppError> + Clone + Send + Sync + 'static,
    S::Output: Send + Sync + 'static,
{
    let Some(step_up) = use_context::<StepUp>() else { return };
    let (input, value) = (action.input(), action.value());
    let last = StoredValue::new(None::<S>);
    // The input is gone once the answer is there.
    Effect::new(move |_| {
        if let Some(now) = input.get() {
            last.set_value(Some(now));
        }
    });
    Effect::new(move |_| {
        let wanted = value.with(|last| matches!(last, Some(Err(AppError::StepUpRequired))));
        if wanted && let Some(input) = last.get_value() {
            step_up.ask(Callback::new(move |()| {
                action.dispatch(input.clone());
            }));
        }
    });
}

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
            close(dialog);
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
                    close(dialog);
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
                    <button type="button" class="button" on:click=move |_| close(dialog)>
                        "Cancel"
                    </button>
                </div>
            </ActionForm>
        </dialog>
    }
    .into_any()
}

/// The field for the password and what was wrong with it.
#[component]
pub fn PasswordAgain(
    /// What it is sent with.
    action: ServerAction<api::StepUp>,
    /// Element id.
    id: &'static str,
) -> impl IntoView {
    let problem = problem(action);
    view! {
        <FormError problem fields=&["password"] />
        <Field
            name="password"
            id=id
            label="Your password"
            kind="password"
            problem
            autocomplete="current-password"
            required=true
        />
    }
    .into_any()
}

fn close(dialog: NodeRef<Dialog>) {
    if let Some(dialog) = dialog.get_untracked() {
        dialog.close();
    }
}
