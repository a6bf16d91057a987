//! The page that wants a second factor to be set up before anything else, and the panel that it shares with the settings.

mod codes;
mod panel;

use leptos::{form::ActionForm, prelude::*};
use leptos_meta::Title;

pub use panel::SecondFactorPanel;

use crate::{
    api,
    components::{Submit, forget_drafts},
};

/// Sets up a second factor, for whoever may do nothing else before.
#[component]
pub fn SecondFactorPage() -> impl IntoView {
    let logout = ServerAction::<api::Logout>::new();
    view! {
        <Title text="Second factor" />
        <main class="gate" id="main">
            <h1 class="brand">"AutoCode"</h1>
            <SecondFactorPanel gate=true />
            <ActionForm action=logout on:submit:capture=|_| forget_drafts()>
                <Submit label="Sign out" tone="quiet" pending=logout.pending() />
            </ActionForm>
        </main>
    }
    .into_any()
}
