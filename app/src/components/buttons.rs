//! The button that sends a form.

use leptos::prelude::*;

/// Sends the form around it; busy while the action runs.
#[component]
pub fn Submit(
    /// What it does.
    label: &'static str,
    /// Whether the action runs.
    #[prop(into)]
    pending: Signal<bool>,
    /// Whether it can be done now.
    #[prop(into, default = Signal::stored(true))]
    enabled: Signal<bool>,
    /// Style: `primary`, `danger` or nothing.
    #[prop(default = "primary")]
    tone: &'static str,
    /// The whole name, where the label alone does not say which of several buttons this is.
    #[prop(optional, into)]
    name: Option<String>,
) -> impl IntoView {
    view! {
        <button
            type="submit"
            class="button"
            data-tone=tone
            aria-label=name
            disabled=move || pending.get() || !enabled.get()
            aria-busy=move || pending.get().then_some("true")
        >
            {label}
        </button>
    }
    .into_any()
}
