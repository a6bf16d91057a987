//! Form controls: label, hint and error belong to the control they are about.
//!
//! All forms post without scripts too; controls are uncontrolled, so that nothing typed before hydration is lost.

use leptos::{
    html::{Input, Textarea},
    prelude::*,
    server_fn::ServerFn,
};

use crate::{components::block, error::AppError};

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

/// The message for one field, if the error is about it.
fn about(error: Option<&AppError>, field: &str) -> Option<String> {
    match error {
        Some(AppError::Invalid(errors)) => {
            errors.iter().find(|e| e.field == field).map(|e| e.message.clone())
        }
        _ => None,
    }
}

/// What stands around every control.
#[component]
fn Labelled(
    id: String,
    label: &'static str,
    hint: Option<&'static str>,
    message: Memo<Option<String>>,
    children: Children,
) -> impl IntoView {
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

/// A one-line input.
#[component]
pub fn Field(
    /// Name in the form, also the key of field errors unless `field` is given.
    #[prop(into)]
    name: String,
    /// Visible label.
    label: &'static str,
    /// The last error of the form's action.
    #[prop(into)]
    problem: Signal<Option<AppError>>,
    /// Element id, where the name alone is not unique on the page.
    #[prop(optional, into)]
    id: Option<String>,
    /// Key of field errors.
    #[prop(optional)]
    field: Option<&'static str>,
    /// Input type.
    #[prop(default = "text")]
    kind: &'static str,
    /// First value.
    #[prop(optional, into)]
    value: String,
    /// Explanation under the control.
    #[prop(optional)]
    hint: Option<&'static str>,
    /// Value of `autocomplete`.
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// Whether the browser insists on a value.
    #[prop(optional)]
    required: bool,
    /// Id of a datalist.
    #[prop(optional)]
    list: Option<&'static str>,
    /// Called with the value while it is typed.
    #[prop(optional, into)]
    on_value: Option<Callback<String>>,
    /// The element.
    #[prop(optional)]
    node_ref: NodeRef<Input>,
) -> impl IntoView {
    let id = id.unwrap_or_else(|| name.clone());
    let key = field.map_or_else(|| name.clone(), str::to_owned);
    let message = Memo::new(move |_| problem.with(|error| about(error.as_ref(), &key)));
    let described = hint.map_or_else(|| format!("{id}-error"), |_| format!("{id}-hint {id}-error"));
    view! {
        <Labelled id=id.clone() label hint message>
            <input
                id=id
                name=name
                type=kind
                value=value
                autocomplete=autocomplete
                autocapitalize="none"
                required=required
                list=list
                aria-describedby=described
                aria-invalid=move || message.with(Option::is_some).then_some("true")
                node_ref=node_ref
                on:input:target=move |event| {
                    if let Some(on_value) = on_value {
                        on_value.run(event.target().value());
                    }
                }
            />
        </Labelled>
    }
    .into_any()
}

/// A text of several lines.
#[component]
pub fn TextArea(
    /// Name in the form, also the key of field errors unless `field` is given.
    #[prop(into)]
    name: String,
    /// Visible label.
    label: &'static str,
    /// The last error of the form's action.
    #[prop(into)]
    problem: Signal<Option<AppError>>,
    /// Element id, where the name alone is not unique on the page.
    #[prop(optional, into)]
    id: Option<String>,
    /// Key of field errors.
    #[prop(optional)]
    field: Option<&'static str>,
    /// First value.
    #[prop(optional, into)]
    value: String,
    /// Explanation under the control.
    #[prop(optional)]
    hint: Option<&'static str>,
    /// Visible lines.
    #[prop(default = 6)]
    rows: u32,
    /// The element.
    #[prop(optional)]
    node_ref: NodeRef<Textarea>,
) -> impl IntoView {
    let id = id.unwrap_or_else(|| name.clone());
    let key = field.map_or_else(|| name.clone(), str::to_owned);
    let message = Memo::new(move |_| problem.with(|error| about(error.as_ref(), &key)));
    let described = hint.map_or_else(|| format!("{id}-error"), |_| format!("{id}-hint {id}-error"));
    view! {
        <Labelled id=id.clone() label hint message>
            <textarea
                id=id
                name=name
                rows=rows
                aria-describedby=described
                aria-invalid=move || message.with(Option::is_some).then_some("true")
                node_ref=node_ref
                inner_html=escape(&value)
            ></textarea>
        </Labelled>
    }
    .into_any()
}

/// Text as the HTML content of a textarea.
fn escape(text: &str) -> String {
    block(text).replace('&', "&amp;").replace('<', "&lt;")
}

/// The part of an error that no field of the form shows.
#[component]
pub fn FormError(
    /// The last error of the form's action.
    #[prop(into)]
    problem: Signal<Option<AppError>>,
    /// Fields that show their own errors.
    #[prop(optional)]
    fields: &'static [&'static str],
) -> impl IntoView {
    let text = Memo::new(move |_| {
        problem.with(|error| match error {
            Some(AppError::Invalid(errors)) => errors
                .iter()
                .filter(|e| !fields.contains(&e.field.as_str()))
                .map(|e| e.message.as_str())
                .reduce(|_, _| "Several values are not acceptable.")
                .map(str::to_owned),
            other => other.as_ref().map(ToString::to_string),
        })
    });
    view! {
        <p class="form-error" role="alert" hidden=move || text.with(Option::is_none)>
            {move || text.get()}
        </p>
    }
    .into_any()
}
