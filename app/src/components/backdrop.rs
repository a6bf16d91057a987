//! Clicks on the backdrop of a modal dialog, which the browser reports as clicks on the dialog.

use leptos::{ev, html::Dialog, prelude::*, web_sys::EventTarget};

/// Whether a click was on the dialog itself, so on its backdrop, and on nothing in it.
pub fn on_backdrop(event: &ev::MouseEvent, dialog: NodeRef<Dialog>) -> bool {
    let dialog = dialog.get_untracked();
    let own: Option<&EventTarget> = dialog.as_ref().map(AsRef::as_ref);
    // Compared as what it is: in the dialog there is more than HTML, and a picture is not one of its elements.
    own.is_some() && own == event.target().as_ref()
}
