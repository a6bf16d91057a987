//! Notifications of the browser: what for, and whether this browser may.

use leptos::{form::ActionForm, prelude::*};

use crate::{
    api,
    components::{FormError, Load, Notifier, Permission, Submit, problem, successes},
    model::Notifications,
};

/// What the person wants to be told, and a button with which the browser asks.
#[component]
pub fn NotificationSettings() -> impl IntoView {
    let set = ServerAction::<api::SetNotifications>::new();
    let saved = successes(set);
    let wanted = Resource::new(move || saved.get(), |_| api::load_notifications());
    let notifier = Notifier::expect();
    Effect::new(move |_| {
        if let Some(Ok(now)) = wanted.get() {
            notifier.wanted.set(now);
        }
    });
    view! {
        <section class="group" id="notifications">
            <h2>"Notifications"</h2>
            <p class="muted">
                "Shown by this device while a page of AutoCode is open, also in the background. No other service is involved."
            </p>
            <div class="panel stack">
                <ThisBrowser notifier />
                <FormError problem=problem(set) />
                <Load resource=wanted let:wanted>
                    <Choices wanted set saved />
                </Load>
            </div>
        </section>
    }
    .into_any()
}

#[component]
fn Choices(
    wanted: Notifications,
    set: ServerAction<api::SetNotifications>,
    saved: Memo<usize>,
) -> impl IntoView {
    view! {
        <ActionForm action=set attr:class="stack" attr:aria-label="Notifications">
            <label class="check">
                <input type="checkbox" name="needs_help" value="true" checked=wanted.needs_help />
                "A project needs help"
            </label>
            <label class="check">
                <input type="checkbox" name="completed" value="true" checked=wanted.completed />
                "A project is completed"
            </label>
            <div class="actions">
                <Submit label="Save" tone="" pending=set.pending() />
                <span class="muted" role="status">
                    {move || (saved.get() > 0).then_some("Saved.")}
                </span>
            </div>
        </ActionForm>
    }
    .into_any()
}

/// Whether this browser shows them; asking for it takes a click.
#[component]
fn ThisBrowser(notifier: Notifier) -> impl IntoView {
    let state = notifier.permission;
    let text = move || match state.get() {
        Permission::Unknown => "Notifications need JavaScript.",
        Permission::Unsupported => "This browser shows no notifications here; most want HTTPS for it.",
        Permission::NotAsked => "This browser was not asked yet.",
        Permission::Granted => "This browser shows notifications.",
        Permission::Denied => "This browser blocks them: allow notifications for this site in its settings.",
    };
    view! {
        <div class="this-browser">
            <p role="status" data-testid="notification-permission">
                {text}
            </p>
            <button
                type="button"
                class="button"
                hidden=move || state.get() != Permission::NotAsked
                on:click=move |_| notifier.ask()
            >
                "Allow in this browser"
            </button>
        </div>
    }
    .into_any()
}
