//! Notifications of the browser: a project begins to wait for a person, or is completed.
//!
//! Fired by any open page from its live stream; no server sends anything, and nothing is asked for but at a click.

use leptos::prelude::*;

use crate::{api::Shell, components::Live, error::AppError, model::Notifications};

/// Whether this browser shows notifications of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only a browser knows"))]
pub enum Permission {
    /// Not known yet.
    Unknown,
    /// The browser has none, or not without HTTPS.
    Unsupported,
    /// The person was not asked.
    NotAsked,
    /// It shows them.
    Granted,
    /// The person said no.
    Denied,
}

/// What the person wants to be told, known to every page.
#[derive(Clone, Copy)]
pub struct Notifier {
    /// What fires.
    pub wanted: RwSignal<Notifications>,
    /// Whether the browser lets it.
    pub permission: RwSignal<Permission>,
}

impl Notifier {
    /// Puts the notifier into the context; in the browser it watches the live stream.
    pub fn provide(live: Live, shell: Resource<Result<Shell, AppError>>) {
        let notifier = Self {
            wanted: RwSignal::new(Notifications::default()),
            permission: RwSignal::new(Permission::Unknown),
        };
        provide_context(notifier);
        Effect::new(move |_| {
            if let Some(Ok(shell)) = shell.get() {
                notifier.wanted.set(shell.notifications);
            }
        });
        #[cfg(feature = "hydrate")]
        browser::watch(notifier, live);
        #[cfg(not(feature = "hydrate"))]
        let _: Live = live;
    }

    /// The notifier of the layout around the caller.
    pub fn expect() -> Self {
        expect_context()
    }

    /// Asks the person; only at a click.
    pub fn ask(self) {
        #[cfg(feature = "hydrate")]
        browser::ask(self.permission);
    }
}

#[cfg(feature = "hydrate")]
mod browser {
    //! The browser's side of it.

    use std::collections::BTreeMap;

    use js_sys::Reflect;
    use leptos::prelude::*;
    use wasm_bindgen::{JsCast as _, JsValue, closure::Closure};
    use web_sys::{Notification, NotificationOptions, NotificationPermission, ServiceWorkerRegistration};

    use super::{Notifier, Permission};
    use crate::{
        components::Live,
        model::{Project, ProjectId, ProjectStatus},
    };

    /// What a notification is about: whether a project waits for somebody, and whether it is completed.
    type State = (bool, bool);

    /// Fires whenever a project that is known changes into something that the person wants to be told.
    pub fn watch(notifier: Notifier, live: Live) {
        Effect::new(move |_| notifier.permission.set(permission()));
        let arrived = live.arrived();
        Effect::new(move |before: Option<BTreeMap<ProjectId, State>>| {
            let mut known = before.unwrap_or_default();
            let wanted = notifier.wanted.get_untracked();
            arrived.with(|projects| {
                for (id, project) in projects {
                    let Some(project) = project else {
                        known.remove(id);
                        continue;
                    };
                    let now = (project.needs_help(), project.status == ProjectStatus::Completed);
                    // What is seen for the first time was so before this page was opened.
                    let last = known.insert(*id, now).unwrap_or(now);
                    if wanted.needs_help && now.0 && !last.0 {
                        show(project, "needs help", project.question.as_deref());
                    } else if wanted.completed && now.1 && !last.1 {
                        show(project, "is completed", None);
                    }
                }
            });
            known
        });
    }

    fn supported() -> bool {
        Reflect::has(&window(), &JsValue::from_str("Notification")).unwrap_or(false)
    }

    fn permission() -> Permission {
        if !supported() {
            return Permission::Unsupported;
        }
        match Notification::permission() {
            NotificationPermission::Granted => Permission::Granted,
            NotificationPermission::Denied => Permission::Denied,
            _ => Permission::NotAsked,
        }
    }

    /// Opens the browser's question and notes the answer.
    pub fn ask(state: RwSignal<Permission>) {
        if !supported() {
            return state.set(Permission::Unsupported);
        }
        match Notification::request_permission() {
            Ok(answer) => {
                let note = Closure::once_into_js(move |_: JsValue| state.set(permission()));
                if let Err(error) = Reflect::get(&answer, &"then".into())
                    .and_then(|then| then.dyn_into::<js_sys::Function>())
                    .and_then(|then| then.call1(&answer, &note))
                {
                    leptos::logging::error!("the answer about notifications is not known: {error:?}");
                }
            }
            Err(error) => leptos::logging::error!("notifications cannot be asked for: {error:?}"),
        }
    }

    fn show(project: &Project, what: &str, body: Option<&str>) {
        if permission() != Permission::Granted {
            return;
        }
        let title = format!("{} {what}", project.name);
        let options = NotificationOptions::new();
        // Several open pages say the same: the browser shows it once.
        options.set_tag(&format!("autocode-{}-{what}", project.id));
        options.set_icon("/favicon.svg");
        if let Some(body) = body {
            options.set_body(&body.chars().take(200).collect::<String>());
        }
        match Notification::new_with_options(&title, &options) {
            Ok(shown) => {
                let path = format!("/projects/{}", project.id);
                let open = Closure::once_into_js(move |_: JsValue| {
                    if let Err(error) = window().focus().and_then(|()| window().location().set_href(&path)) {
                        leptos::logging::error!("the project cannot be opened: {error:?}");
                    }
                });
                shown.set_onclick(open.dyn_ref());
            }
            // Phones want it from the service worker.
            Err(_) => from_worker(title, options),
        }
    }

    fn from_worker(title: String, options: NotificationOptions) {
        let navigator = window().navigator();
        if !Reflect::has(&navigator, &"serviceWorker".into()).unwrap_or(false) {
            return;
        }
        let Ok(ready) = navigator.service_worker().ready() else { return };
        let tell = Closure::once_into_js(move |worker: ServiceWorkerRegistration| {
            if let Err(error) = worker.show_notification_with_options(&title, &options) {
                leptos::logging::error!("a notification cannot be shown: {error:?}");
            }
        });
        let told = Reflect::get(&ready, &"then".into())
            .and_then(|then| then.dyn_into::<js_sys::Function>())
            .and_then(|then| then.call1(&ready, &tell));
        if let Err(error) = told {
            leptos::logging::error!("the service worker cannot be waited for: {error:?}");
        }
    }
}
