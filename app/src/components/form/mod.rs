//! Form controls: label, hint and error belong to the control they are about.
//!
//! All forms post without scripts too; controls are uncontrolled, so that nothing typed before hydration is lost.

mod choice;
mod combobox;
mod draft;
mod field;
mod shared;
mod tell;
mod typed;

use leptos::{html::Form, prelude::*, server_fn::ServerFn};

use crate::error::AppError;

pub use choice::{Choice, Select};
pub use combobox::{Combobox, Suggestions};
pub use draft::{DraftNote, Kept, forget_draft, forget_drafts, forget_sent_drafts, keep_draft, kept_draft};
pub use field::{Field, TextArea};
pub use shared::{pending_of_form, problem_of_form, problem_without_form};
pub use tell::tell;
pub use typed::Typed;

/// What went wrong in the last run of an action; none while it never ran or went well.
pub fn problem<S>(action: ServerAction<S>) -> Signal<Option<AppError>>
where
    S: ServerFn<Error = AppError> + Clone + Send + Sync + 'static,
    S::Output: Send + Sync + 'static,
{
    let value = action.value();
    Signal::derive(move || value.with(|last| last.as_ref().and_then(|result| result.as_ref().err().cloned())))
}

/// How often an action went well; what a list is loaded again for, so that a refusal leaves the form as it is.
pub fn successes<S>(action: ServerAction<S>) -> Memo<usize>
where
    S: ServerFn<Error = AppError> + Clone + Send + Sync + 'static,
    S::Output: Send + Sync + 'static,
{
    let value = action.value();
    Memo::new(move |before: Option<&usize>| {
        let went_well = value.with(|last| matches!(last, Some(Ok(_))));
        before.copied().unwrap_or(0) + usize::from(went_well)
    })
}

/// Empties a form whenever an action went well once more.
pub fn reset_after(done: Memo<usize>, form: NodeRef<Form>) {
    Effect::new(move |_| {
        if done.get() > 0
            && let Some(form) = form.get_untracked()
        {
            form.reset();
        }
    });
}

/// The message for one field, if the error is about it.
fn about(error: Option<&AppError>, field: &str) -> Option<String> {
    match error {
        Some(AppError::Invalid(errors)) => {
            errors.iter().find(|e| e.field == field).map(|e| e.message.clone())
        }
        _ => None,
    }
}

/// What ties a control to its label, hint and error.
#[derive(Clone)]
struct Ties {
    /// Element id of the control.
    id: String,
    /// Ids of the texts about it.
    described: String,
    /// What is wrong with its value.
    message: Memo<Option<String>>,
}

impl Ties {
    /// For a control of this name; id and key of field errors are the name unless they are given.
    fn new(
        name: &str,
        id: Option<String>,
        field: Option<&str>,
        hint: Option<&str>,
        problem: Signal<Option<AppError>>,
    ) -> Self {
        let id = id.unwrap_or_else(|| name.to_owned());
        let key = field.unwrap_or(name).to_owned();
        let message = Memo::new(move |_| problem.with(|error| about(error.as_ref(), &key)));
        let described = hint.map_or_else(|| format!("{id}-error"), |_| format!("{id}-hint {id}-error"));
        Self { id, described, message }
    }

    /// `true` while the value is not acceptable, for `aria-invalid`.
    fn invalid(&self) -> impl Fn() -> Option<&'static str> + Clone + use<> {
        let message = self.message;
        move || message.with(Option::is_some).then_some("true")
    }
}

/// What stands around every control.
#[component]
fn Labelled(
    ties: Ties,
    label: &'static str,
    hint: Option<&'static str>,
    children: Children,
) -> impl IntoView {
    let Ties { id, message, .. } = ties;
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            {children()}
            {hint.map(|hint| view! { <p class="hint" id=format!("{id}-hint")>{hint}</p> })}
            <p class="error" id=format!("{id}-error") hidden=move || message.with(Option::is_none)>
                {move || message.get()}
            </p>
        </div>
    }
    .into_any()
}

/// The part of an error that no field of the form shows.
#[component]
pub fn FormError(
    /// The last error of the form's action.
    #[prop(into)]
    problem: Signal<Option<AppError>>,
    /// Fields that show their own errors, with all that is below them.
    #[prop(optional)]
    fields: &'static [&'static str],
) -> impl IntoView {
    let text = Memo::new(move |_| {
        problem.with(|error| match error {
            Some(AppError::Invalid(errors)) => errors
                .iter()
                .filter(|e| !fields.iter().any(|field| is_in(&e.field, field)))
                .map(|e| e.message.as_str())
                .reduce(|_, _| "Several values are not acceptable.")
                .map(str::to_owned),
            other => other.as_ref().map(ToString::to_string),
        })
    });
    view! {
        <p class="form-error" role="alert" hidden=move || text.with(Option::is_none)>
            {move || text.get()}
            // A dialog asks where there are scripts; this is the way without.
            <a href="/settings#confirm" hidden=move || problem.with(|p| *p != Some(AppError::StepUpRequired))>
                "Confirm that it is you"
            </a>
        </p>
    }
    .into_any()
}

/// Whether a path names a field or something in it.
fn is_in(path: &str, field: &str) -> bool {
    path.strip_prefix(field).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}
