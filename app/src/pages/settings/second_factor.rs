//! The second factor, as a section of the settings.

use leptos::prelude::*;

use crate::pages::second_factor::SecondFactorPanel;

/// The section.
#[component]
pub fn SecondFactorSection() -> impl IntoView {
    view! {
        <section class="group" id="second-factor">
            <h2>"Second factor"</h2>
            <p class="muted">
                "A code that changes every 30 seconds, from an app such as a password manager. Access tokens of scripts are not asked for it."
            </p>
            <SecondFactorPanel />
        </section>
    }
    .into_any()
}
