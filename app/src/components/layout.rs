//! The frame around every page of a signed-in person.

use leptos::{html::Dialog, prelude::*};
use leptos_router::{components::Outlet, hooks::use_location};

use crate::{
    api::{self, Shell},
    components::{
        Icon, Live, LiveState, Nav, Notice, Notifier, PaletteButton, PaletteOpener, StepUp, ThemeChoice,
        close_dialog, icon, on_backdrop, palette, step_up,
    },
    error::AppError,
    part::Late,
};

/// Sidebar (a drawer on a phone), the sign of the live connection, the palette, and the page.
#[component]
pub fn Layout() -> impl IntoView {
    let live = Live::provide();
    ThemeChoice::provide();
    let password = StepUp::provide();
    let opener = PaletteOpener::new();
    let missing = RwSignal::new(false);
    let path = use_location().pathname;
    // Asked again at each page, so that new names and a sign-out elsewhere show; not on the way out, where nobody is
    // signed in and this frame is about to go.
    let page = Memo::new(move |before: Option<&String>| match (path.get(), before) {
        (now, Some(before)) if matches!(now.as_str(), "/login" | "/setup") => before.clone(),
        (now, _) => now,
    });
    let shell = Resource::new(move || page.get(), |_| api::load_shell());
    Notifier::provide(live, shell);
    let drawer = NodeRef::<Dialog>::new();
    Effect::new(move |_| {
        path.track();
        close_dialog(drawer);
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
                <MenuButton drawer />
                <a class="brand" href="/">
                    "AutoCode"
                </a>
                <PaletteButton palette=opener />
                <LiveSign state=live.state() />
            </header>
            <main id="main" tabindex="-1">
                <Notice />
                <Outlet />
            </main>
        </div>
        <UpdateNotice outdated=live.outdated() missing />
        <Drawer shell drawer />
        <Late wanted=opener.wanted() load=palette with=opener failed=missing />
        <Late wanted=password.wanted() load=step_up with=password failed=missing />
    }
    .into_any()
}

/// Opens the drawer: as a modal dialog, which keeps focus and scrolling inside, or without scripts as a popover.
#[component]
fn MenuButton(drawer: NodeRef<Dialog>) -> impl IntoView {
    view! {
        <button
            type="button"
            class="icon-button menu-button"
            popovertarget="menu"
            aria-haspopup="dialog"
            on:click=move |event| {
                if let Some(drawer) = drawer.get_untracked() {
                    event.prevent_default();
                    if let Err(error) = drawer.show_modal() {
                        leptos::logging::error!("the menu cannot be shown: {error:?}");
                    }
                }
            }
        >
            <Icon path=icon::MENU />
            <span class="visually-hidden">"Menu"</span>
        </button>
    }
    .into_any()
}

/// The navigation on a narrow screen.
#[component]
fn Drawer(shell: Resource<Result<Shell, AppError>>, drawer: NodeRef<Dialog>) -> impl IntoView {
    view! {
        <dialog
            id="menu"
            class="drawer"
            popover="auto"
            aria-label="Menu"
            node_ref=drawer
            // On the backdrop, which counts as the dialog itself.
            on:click=move |event| {
                if on_backdrop(&event, drawer) {
                    close_dialog(drawer);
                }
            }
        >
            <div class="drawer-body">
                <div class="drawer-head">
                    <a class="brand" href="/">
                        "AutoCode"
                    </a>
                    <button
                        type="button"
                        class="icon-button"
                        popovertarget="menu"
                        popovertargetaction="hide"
                        on:click=move |_| close_dialog(drawer)
                    >
                        <Icon path=icon::CLOSE />
                        <span class="visually-hidden">"Close menu"</span>
                    </button>
                </div>
                <Nav shell />
            </div>
        </dialog>
    }
    .into_any()
}

/// Says after an upgrade that this page is still the old one, or that a piece of it did not come; reloading is the
/// person's to choose, who may be writing.
#[component]
fn UpdateNotice(
    /// Whether the page is an old one.
    outdated: Signal<bool>,
    /// Whether something could not be loaded.
    missing: RwSignal<bool>,
) -> impl IntoView {
    let text = move || {
        if outdated.get() {
            "A new version of AutoCode is there. "
        } else {
            "This could not be loaded: the connection was lost. "
        }
    };
    let reload = move |_| {
        if let Err(error) = window().location().reload() {
            leptos::logging::error!("the page cannot be reloaded: {error:?}");
        }
    };
    view! {
        <div class="update" role="status">
            <p hidden=move || !outdated.get() && !missing.get()>
                {text}
                <button type="button" on:click=reload>
                    "Reload"
                </button>
            </p>
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
