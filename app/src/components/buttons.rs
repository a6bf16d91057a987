//! Buttons that send forms.

use leptos::prelude::*;

/// The button that sends a form; busy while the action runs.
#[component]
pub fn Submit(
    /// What it does.
    label: &'static str,
    /// Whether the action runs.
    #[prop(into)]
    pending: Signal<bool>,
    /// Style: `primary`, `danger` or nothing.
    #[prop(default = "primary")]
    tone: &'static str,
) -> impl IntoView {
    view! {
        <button
            type="submit"
            class="button"
            data-tone=tone
            disabled=pending
            aria-busy=move || pending.get().then_some("true")
        >
            {label}
        </button>
    }
    .into_any()
}

/// A form of one button for an action on one thing.
#[component]
pub fn ActionButton(
    /// What it does.
    label: &'static str,
    /// Whether it can be done now.
    #[prop(into)]
    enabled: Signal<bool>,
    /// Whether the action runs.
    #[prop(into)]
    pending: Signal<bool>,
    /// Style: `primary`, `danger` or nothing.
    #[prop(default = "")]
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
