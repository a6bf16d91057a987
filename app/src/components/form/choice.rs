//! Controls for one of a few values.

use leptos::prelude::*;

use super::{Labelled, Ties};
use crate::error::AppError;

/// One of a few values, by their names.
#[component]
pub fn Select(
    /// Name in the form.
    name: &'static str,
    /// Element id.
    #[prop(into)]
    id: String,
    /// Visible label.
    label: &'static str,
    /// Value and text of each.
    options: &'static [(&'static str, &'static str)],
    /// The value at first.
    #[prop(into)]
    value: String,
    /// The last error of the form's action.
    #[prop(into)]
    problem: Signal<Option<AppError>>,
    /// Key of field errors.
    field: &'static str,
    /// Explanation under the control.
    #[prop(optional)]
    hint: Option<&'static str>,
    /// Called with the value that was chosen.
    #[prop(optional, into)]
    on_value: Option<Callback<String>>,
) -> impl IntoView {
    let ties = Ties::new(name, Some(id.clone()), Some(field), hint, problem);
    let (described, invalid) = (ties.described.clone(), ties.invalid());
    let options = options
        .iter()
        .map(|(key, text)| view! { <option value=*key selected=*key == value>{*text}</option> })
        .collect_view();
    view! {
        <Labelled ties label hint>
            <select
                id=id
                name=name
                aria-describedby=described
                aria-invalid=invalid
                on:change:target=move |event| {
                    if let Some(on_value) = on_value {
                        on_value.run(event.target().value());
                    }
                }
            >
                {options}
            </select>
        </Labelled>
    }
    .into_any()
}

/// One of a few values, each with an explanation: value, text, explanation.
#[component]
pub fn Choice(
    /// Name in the form.
    name: &'static str,
    /// Prefix of element ids.
    id: &'static str,
    /// What is chosen.
    legend: &'static str,
    /// The values.
    options: Vec<(&'static str, String, &'static str)>,
    /// The value at first.
    value: &'static str,
) -> impl IntoView {
    let options = options
        .into_iter()
        .enumerate()
        .map(|(at, (key, text, explanation))| {
            let (input, about) = (format!("{id}-{at}"), format!("{id}-{at}-about"));
            view! {
                <div class="choice">
                    <input
                        type="radio"
                        id=input.clone()
                        name=name
                        value=key
                        checked=key == value
                        aria-describedby=about.clone()
                    />
                    <div>
                        <label for=input>{text}</label>
                        <p class="hint" id=about>
                            {explanation}
                        </p>
                    </div>
                </div>
            }
        })
        .collect_view();
    view! {
        <fieldset class="choices">
            <legend>{legend}</legend>
            {options}
        </fieldset>
    }
    .into_any()
}
