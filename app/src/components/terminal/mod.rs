//! The live terminal of a project: the frame around it; what runs in it is in `session`.

mod banner;
#[cfg(feature = "hydrate")]
mod clipboard;
#[cfg(feature = "hydrate")]
mod connection;
#[cfg(feature = "hydrate")]
mod held;
mod keybar;
#[cfg(feature = "hydrate")]
mod keys;
#[cfg(feature = "hydrate")]
mod library;
#[cfg(feature = "hydrate")]
mod line;
#[cfg(feature = "hydrate")]
mod links;
mod mirror;
mod panel;
#[cfg(feature = "hydrate")]
mod past;
#[cfg(feature = "hydrate")]
mod quiet;
#[cfg(feature = "hydrate")]
mod screen;
#[cfg(feature = "hydrate")]
mod scroll;
#[cfg(feature = "hydrate")]
mod session;
mod tools;
#[cfg(feature = "hydrate")]
mod xterm;

use banner::Banner;
use keybar::KeyBar;
use leptos::{html::Div, prelude::*};
use panel::{Panel, Past};
use tools::Tools;

use crate::model::{Project, ProjectStatus};

/// A project's terminal; connects in the browser and reconnects while the project runs.
#[component]
pub fn TerminalView(
    /// The project.
    #[prop(into)]
    project: Signal<Project>,
) -> impl IntoView {
    let (frame, now, past) = (NodeRef::<Div>::new(), NodeRef::<Div>::new(), NodeRef::<Div>::new());
    let ever_started = Memo::new(move |_| project.with(|p| p.running || p.status != ProjectStatus::Created));
    let panel = Panel::new();
    let text = move || {
        if ever_started.get() {
            panel.note.get()
        } else {
            Some("The terminal opens when the project starts.".to_owned())
        }
    };
    #[cfg(feature = "hydrate")]
    {
        let running = Memo::new(move |_| project.with(|p| p.running));
        let loaded = library::load(panel.note);
        Effect::new(move |_| {
            let places = (frame.get(), now.get(), past.get(), loaded.get());
            if let (Some(frame), Some(now), Some(past), true) = places {
                let places = session::Places { frame: frame.into(), now: now.into(), past: past.into() };
                let presence = session::Presence { ever_started, running };
                let id = project.with_untracked(|p| p.id);
                panel.set_session(session::Session::open(places, id, presence, panel));
            }
        });
    }
    view! {
        <div class="terminal" role="group" aria-label="Terminal">
            <Banner panel />
            <Tools panel />
            <p class="terminal-note" role="status" data-testid="terminal-note">
                {text}
            </p>
            <div class="terminal-frame" node_ref=frame data-open=move || panel.open.get().to_string() on:click=tapped>
                <div class="terminal-place" data-testid="terminal" node_ref=now></div>
                <div
                    class="terminal-place terminal-past"
                    data-testid="terminal-past"
                    node_ref=past
                    hidden=move || panel.past.get() != Past::Open
                ></div>
            </div>
            <KeyBar panel />
            <p class="terminal-hint">
                "Shift+Page Up looks back, Ctrl+Shift+F searches, Ctrl+Shift+C and Ctrl+Shift+V copy and paste, Shift+Escape leaves the terminal."
            </p>
        </div>
    }
    .into_any()
}

/// A finger that taps the terminal wants the keyboard, which writes into the field below.
#[cfg(feature = "hydrate")]
fn tapped(_event: leptos::ev::MouseEvent) {
    if session::has_finger()
        && let Some(field) = document().get_element_by_id(keybar::FIELD_ID)
        && let Ok(field) = wasm_bindgen::JsCast::dyn_into::<web_sys::HtmlElement>(field)
        && let Err(error) = field.focus()
    {
        leptos::logging::error!("the keyboard does not open: {error:?}");
    }
}

#[cfg(not(feature = "hydrate"))]
fn tapped(_event: leptos::ev::MouseEvent) {}
