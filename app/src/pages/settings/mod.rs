//! A person's own settings, one section each with an anchor of its own.

mod confirm;
mod keys;
mod notifications;
mod password;
mod providers;
mod second_factor;
mod sessions;
mod subscription;
mod tokens;

use leptos::prelude::*;
use leptos_meta::Title;

use confirm::Confirm;
use keys::Keys;
use notifications::NotificationSettings;
use password::Password;
use providers::Providers;
use second_factor::SecondFactorSection;
use sessions::Sessions;
use subscription::Subscription;
use tokens::Tokens;

use crate::components::ThemeSwitch;

/// Every section, by anchor and title, in the order of the page.
const SECTIONS: [(&str, &str); 10] = [
    ("keys", "API keys"),
    ("providers", "Own model servers"),
    ("subscription", "Claude subscription"),
    ("notifications", "Notifications"),
    ("appearance", "Appearance"),
    ("password", "Password"),
    ("second-factor", "Second factor"),
    ("confirm", "Confirm that it is you"),
    ("sessions", "Sessions"),
    ("tokens", "Access tokens"),
];

/// The theme; the menu has the same choice.
#[component]
fn Appearance() -> impl IntoView {
    view! {
        <section class="group" id="appearance">
            <h2>"Appearance"</h2>
            <p class="muted">"Kept for this browser. System follows what the device is set to."</p>
            <div class="panel">
                <ThemeSwitch label="Appearance" />
            </div>
        </section>
    }
    .into_any()
}

/// All settings of the signed-in person.
#[component]
pub fn SettingsPage() -> impl IntoView {
    let links = SECTIONS
        .map(|(anchor, title)| view! { <li><a href=format!("#{anchor}")>{title}</a></li> })
        .collect_view();
    view! {
        <Title text="Settings" />
        <h1>"Settings"</h1>
        <nav class="anchors" aria-label="Settings">
            <ul>{links}</ul>
        </nav>
        <Keys />
        <Providers />
        <Subscription />
        <NotificationSettings />
        <Appearance />
        <Password />
        <SecondFactorSection />
        <Confirm />
        <Sessions />
        <Tokens />
    }
    .into_any()
}
