//! Telling the page that a control has another value, as typing would.

use leptos::web_sys::{Event, EventTarget};

/// Sends a bubbling event of this kind from a control whose value was changed by a script.
pub fn tell(control: &EventTarget, kind: &str) {
    let told = Event::new(kind).and_then(|event| {
        event.init_event_with_bubbles(kind, true);
        control.dispatch_event(&event)
    });
    if let Err(error) = told {
        leptos::logging::error!("a change cannot be told: {error:?}");
    }
}
