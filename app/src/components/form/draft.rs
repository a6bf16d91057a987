//! What is typed into a form, kept in the browser until it was sent and taken: nothing typed is ever lost.
//!
//! A draft outlives a reload, a lost connection, a sign-in that ended and a closed tab; it goes when its form was
//! accepted, when its person throws it away, and when somebody signs out. Passwords are not kept, and of hidden controls
//! only those that say so with `data-kept`. So may controls without a name; they are known by their ids.

use leptos::{html::Div, prelude::*};

use crate::error::AppError;

/// Names of the controls that a draft has, before they are filled: a form may have to draw some first.
pub type Prepare = Callback<Vec<String>>;

/// A form and the controls in it, kept under a name of its own.
///
/// The form has `autocomplete="off"`, lest the browser fill it after a reload with what was stored or thrown away since.
#[component]
pub fn Kept(
    /// Distinguishes the drafts of different forms.
    #[prop(into)]
    name: String,
    /// Called before the controls are filled.
    #[prop(optional)]
    prepare: Option<Prepare>,
    /// Whether the form is on its way.
    #[prop(into)]
    pending: Signal<bool>,
    /// Why it was refused last.
    problem: Signal<Option<AppError>>,
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
    Effect::new(move |before: Option<bool>| {
        let now = pending.get();
        match (before, now) {
            (_, true) => storage::mark(&name.get_value(), true),
            (Some(true), false) if problem.with_untracked(Option::is_some) => {
                storage::mark(&name.get_value(), false);
            }
            (Some(true), false) => {
                storage::forget_if_sent(&name.get_value());
                restored.set(false);
            }
            _ => {}
        }
        now
    });
    let keep = move || {
        if let Some(around) = around.get_untracked() {
            storage::keep(&name.get_value(), &around);
        }
    };
    let discard = move |_| {
        forget_draft(&name.get_value());
        if let Err(error) = window().location().reload() {
            leptos::logging::error!("the page cannot be loaded again: {error:?}");
        }
    };
    view! {
        <div class="kept" node_ref=around on:input=move |_| keep() on:change=move |_| keep()>
            <DraftNote shown=restored discard=Callback::new(discard) />
            {children()}
        </div>
    }
    .into_any()
}

/// Says that a draft is back, with the way to be rid of it.
#[component]
pub fn DraftNote(
    /// Whether one is.
    #[prop(into)]
    shown: Signal<bool>,
    /// Throws it away.
    discard: Callback<()>,
) -> impl IntoView {
    view! {
        <div class="notice" role="status" data-testid="draft-note" hidden=move || !shown.get()>
            <p>"What you typed here before is back; it was not saved yet."</p>
            <button type="button" class="button" data-tone="quiet" on:click=move |_| discard.run(())>
                "Start over"
            </button>
        </div>
    }
    .into_any()
}

pub use store::{forget_draft, forget_drafts, keep_draft, kept_draft};

/// Forgets the drafts of forms that were sent: for the pages to which an accepted form leads.
pub fn forget_sent_drafts() {
    storage::forget_sent();
}

mod store;

#[cfg(feature = "hydrate")]
mod storage;

#[cfg(not(feature = "hydrate"))]
mod storage {
    //! On the server nothing is typed.

    use leptos::web_sys::HtmlDivElement;

    use super::Prepare;

    pub fn keep(_: &str, _: &HtmlDivElement) {}
    pub fn mark(_: &str, _: bool) {}
    pub fn forget_if_sent(_: &str) {}
    pub fn forget_sent() {}
    pub fn restore(_: &str, _: &HtmlDivElement, _: Option<Prepare>) -> bool {
        false
    }
}
