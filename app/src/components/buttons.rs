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
) -> impl IntoView {
    view! {
        <button
            type="submit"
            class="button"
            data-tone=tone
            disabled=move || pending.get() || !enabled.get()
            aria-busy=move || pending.get().then_some("true")
        >
            {label}
        </button>
    }
    .into_any()
}
