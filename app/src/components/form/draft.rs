//! What is typed into a form, kept in the browser until it was sent and taken: nothing typed is ever lost.
//!
//! A draft outlives a reload, a lost connection, a sign-in that ended and a closed tab; it goes when its form was
//! accepted, when its person throws it away, and when somebody signs out. Passwords and hidden controls are not kept.

use leptos::{html::Div, prelude::*};

/// Names of the controls that a draft has, before they are filled: a form may have to draw some first.
pub type Prepare = Callback<Vec<String>>;

/// A form and the controls in it, kept under a name of its own.
#[component]
pub fn Kept(
    /// Distinguishes the drafts of different forms.
    #[prop(into)]
    name: String,
    /// Called before the controls are filled.
    #[prop(optional)]
    prepare: Option<Prepare>,
    /// The form.
    children: Children,
) -> impl IntoView {
    let around = NodeRef::<Div>::new();
    let restored = RwSignal::new(false);
    let name = StoredValue::new(name);
    Effect::new(move |_| {
        if let Some(around) = around.get() {
            restored.set(storage::restore(&name.get_value(), &around, prepare));
        }
    });
    let keep = move || {
        if let Some(around) = around.get_untracked() {
            storage::keep(&name.get_value(), &around);
        }
    };
    let discard = move |_| {
        storage::forget(&name.get_value());
        if let Err(error) = window().location().reload() {
            leptos::logging::error!("the page cannot be loaded again: {error:?}");
        }
    };
    view! {
        <div
            class="kept"
            node_ref=around
            on:input=move |_| keep()
            on:change=move |_| keep()
            on:submit=move |_| storage::sent(&name.get_value())
        >
            <div class="notice" role="status" data-testid="draft-note" hidden=move || !restored.get()>
                <p>"What you typed here before is back; it was not saved yet."</p>
                <button type="button" class="button" data-tone="quiet" on:click=discard>
                    "Start over"
                </button>
            </div>
            {children()}
        </div>
    }
    .into_any()
}

/// Forgets the drafts that were sent: once a form was accepted, and on the pages to which it leads then.
pub fn forget_sent_drafts() {
    storage::forget_sent();
}

/// Forgets all drafts: for somebody who signs out.
pub fn forget_drafts() {
    storage::forget_all();
}

#[cfg(feature = "hydrate")]
mod storage;

#[cfg(not(feature = "hydrate"))]
mod storage {
    //! On the server nothing is typed.

    use leptos::web_sys::HtmlDivElement;

    use super::Prepare;

    pub fn keep(_: &str, _: &HtmlDivElement) {}
    pub fn sent(_: &str) {}
    pub fn forget(_: &str) {}
    pub fn forget_sent() {}
    pub fn forget_all() {}
    pub fn restore(_: &str, _: &HtmlDivElement, _: Option<Prepare>) -> bool {
        false
    }
}
