//! The page that wants a second factor to be set up before anything else, and the panel that it shares with the settings.

mod codes;
mod panel;

use leptos::prelude::*;
use leptos_meta::Title;

pub use panel::SecondFactorPanel;

use crate::components::{SignOut, Submit};

/// Sets up a second factor, for whoever may do nothing else before.
#[component]
pub fn SecondFactorPage() -> impl IntoView {
    view! {
        <Title text="Second factor" />
        <main class="gate" id="main">
            <h1 class="brand">"AutoCode"</h1>
            <SecondFactorPanel gate=true />
            <SignOut>
                <Submit label="Sign out" tone="quiet" pending=false />
            </SignOut>
        </main>
    }
    .into_any()
}
