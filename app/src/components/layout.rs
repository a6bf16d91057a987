//! The frame around every page of a signed-in person.

use leptos::{html::Details, prelude::*};
use leptos_router::{components::Outlet, hooks::use_location};

use crate::{
    api,
    components::{Live, LiveState, Nav, Notifier},
};

/// Sidebar (a drawer on a phone), the sign of the live connection, and the page.
#[component]
pub fn Layout() -> impl IntoView {
    let live = Live::provide();
    let path = use_location().pathname;
    // Asked again at each page, so that new names and a sign-out elsewhere show; not on the way out, where nobody is
    // signed in and this frame is about to go.
    let page = Memo::new(move |before: Option<&String>| match (path.get(), before) {
        (now, Some(before)) if matches!(now.as_str(), "/login" | "/setup") => before.clone(),
        (now, _) => now,
    });
    let shell = Resource::new(move || page.get(), |_| api::load_shell());
    Notifier::provide(live, shell);
    let drawer = NodeRef::<Details>::new();
    Effect::new(move |_| {
        path.track();
        if let Some(drawer) = drawer.get_untracked() {
            drawer.set_open(false);
        }
    });
    view! {
        // External to the router, which would scroll there and leave the focus behind.
        <a class="skip" href="#main" rel="external">
            "Skip to content"
        </a>
        <div class="frame">
            <aside class="sidebar">
                <a class="brand" href="/">
                    "AutoCode"
                </a>
                <Nav shell />
            </aside>
            <header class="topbar">
                <details class="drawer" node_ref=drawer>
                    <summary>"Menu"</summary>
                    <Nav shell />
                </details>
                <a class="brand" href="/">
                    "AutoCode"
                </a>
                <LiveSign state=live.state() />
            </header>
            <main id="main" tabindex="-1">
                <Outlet />
            </main>
        </div>
    }
    .into_any()
}

/// Says whether what is shown follows the server.
#[component]
fn LiveSign(
    /// State of the stream.
    state: Signal<LiveState>,
) -> impl IntoView {
    view! {
        <span class="live" role="status" data-testid="live-state" data-state=move || state.get().as_str()>
            {move || state.get().label()}
        </span>
    }
    .into_any()
}
