//! Controls for text, of one line and of several.

use leptos::{
    html::{Input, Textarea},
    prelude::*,
};

use super::{Labelled, Ties};
use crate::{components::block, error::AppError};

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
    /// Which keyboard a phone shows, as `inputmode` has it.
    #[prop(optional)]
    inputmode: Option<&'static str>,
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
    let ties = Ties::new(&name, id, field, hint, problem);
    let (id, described, invalid) = (ties.id.clone(), ties.described.clone(), ties.invalid());
    view! {
        <Labelled ties label hint>
            <input
                id=id
                name=name
                type=kind
                value=value
                autocomplete=autocomplete
                autocapitalize="none"
                inputmode=inputmode
                required=required
                list=list
                aria-describedby=described
                aria-invalid=invalid
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
    #[prop(optional, into)]
    field: Option<String>,
    /// First value.
    #[prop(optional, into)]
    value: String,
    /// Explanation under the control.
    #[prop(optional)]
    hint: Option<&'static str>,
    /// Visible lines.
    #[prop(default = 6)]
    rows: u32,
    /// Called with the text while it is typed.
    #[prop(optional, into)]
    on_value: Option<Callback<String>>,
    /// The element.
    #[prop(optional)]
    node_ref: NodeRef<Textarea>,
) -> impl IntoView {
    let ties = Ties::new(&name, id, field.as_deref(), hint, problem);
    let (id, described, invalid) = (ties.id.clone(), ties.described.clone(), ties.invalid());
    view! {
        <Labelled ties label hint>
            <textarea
                id=id
                name=name
                rows=rows
                aria-describedby=described
                aria-invalid=invalid
                node_ref=node_ref
                inner_html=escape(&value)
                on:input:target=move |event| {
                    if let Some(on_value) = on_value {
                        on_value.run(event.target().value());
                    }
                }
            ></textarea>
        </Labelled>
    }
    .into_any()
}

/// Text as the HTML content of a textarea.
fn escape(text: &str) -> String {
    block(text).replace('&', "&amp;").replace('<', "&lt;")
}
