//! A person's own settings, one section each with an anchor of its own.

mod confirm;
mod keys;
mod notifications;
mod password;
mod sessions;
mod subscription;

use leptos::prelude::*;
use leptos_meta::Title;

use confirm::Confirm;
use keys::Keys;
use notifications::NotificationSettings;
use password::Password;
use sessions::Sessions;
use subscription::Subscription;

/// Every section, by anchor and title, in the order of the page.
const SECTIONS: [(&str, &str); 6] = [
    ("keys", "API keys"),
    ("subscription", "Claude subscription"),
    ("notifications", "Notifications"),
    ("password", "Password"),
    ("confirm", "Confirm that it is you"),
    ("sessions", "Sessions"),
];

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
        <Subscription />
        <NotificationSettings />
        <Password />
        <Confirm />
        <Sessions />
    }
    .into_any()
}
