//! The live terminal of a project: the frame around it; what runs in it is in `session`.

#[cfg(feature = "hydrate")]
mod library;
#[cfg(feature = "hydrate")]
mod session;

use leptos::{html::Div, prelude::*};

use crate::model::{Project, ProjectStatus};

/// A project's terminal; connects in the browser and reconnects while the project runs.
#[component]
pub fn TerminalView(
    /// The project.
    #[prop(into)]
    project: Signal<Project>,
) -> impl IntoView {
    let host = NodeRef::<Div>::new();
    let ever_started = Memo::new(move |_| project.with(|p| p.running || p.status != ProjectStatus::Created));
    let note = RwSignal::new(None::<String>);
    let text = move || {
        if ever_started.get() {
            note.get()
        } else {
            Some("The terminal opens when the project starts.".to_owned())
        }
    };
    #[cfg(feature = "hydrate")]
    {
        let running = Memo::new(move |_| project.with(|p| p.running));
        let session = StoredValue::new_local(None);
        let loaded = library::load(note);
        Effect::new(move |_| {
            if let (Some(host), true) = (host.get(), loaded.get()) {
                let id = project.with_untracked(|p| p.id);
                session.set_value(Some(session::Session::open(host.into(), id, ever_started, running, note)));
            }
        });
    }
    view! {
        <div class="terminal" role="group" aria-label="Terminal">
            <p class="terminal-note" role="status" data-testid="terminal-note">
                {text}
            </p>
            <div class="terminal-host" data-testid="terminal" node_ref=host></div>
        </div>
    }
    .into_any()
}
