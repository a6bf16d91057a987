//! The password again, in a dialog, when the server wants it before an action; the action is then done once more.
//!
//! Whether and how long a password counts is the server's business; the dialog's code is loaded when it is first asked. Without scripts the settings page has the same form.

mod dialog;

use leptos::{prelude::*, server_fn::ServerFn};

use super::{Field, FormError, problem};
use crate::{api, error::AppError, part::late};

late!(step_up, step_up, StepUp, |step_up| view! { <dialog::StepUpDialog step_up /> }.into_any());

/// What waits for the password.
#[derive(Clone, Copy)]
pub struct StepUp {
    waiting: RwSignal<Option<Callback<()>>>,
    /// How often the password was asked for.
    wanted: RwSignal<usize>,
}

impl StepUp {
    /// Makes it known to the pages in the frame.
    pub fn provide() -> Self {
        let step_up = Self { waiting: RwSignal::new(None), wanted: RwSignal::new(0) };
        provide_context(step_up);
        step_up
    }

    /// Asks for the password; `again` is called when it was right.
    pub fn ask(self, again: Callback<()>) {
        self.waiting.set(Some(again));
        self.wanted.update(|times| *times += 1);
    }

    /// How often the password was asked for.
    pub fn wanted(self) -> Signal<usize> {
        self.wanted.into()
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
