//! Closing a modal dialog, also by a click on its backdrop, which the browser reports as a click on the dialog.

use leptos::{ev, html::Dialog, prelude::*, web_sys::EventTarget};

/// Whether a click was on the dialog itself, so on its backdrop, and on nothing in it.
pub fn on_backdrop(event: &ev::MouseEvent, dialog: NodeRef<Dialog>) -> bool {
    let dialog = dialog.get_untracked();
    let own: Option<&EventTarget> = dialog.as_ref().map(AsRef::as_ref);
    // Compared as what it is: in the dialog there is more than HTML, and a picture is not one of its elements.
    own.is_some() && own == event.target().as_ref()
}

/// Closes a dialog if it is there; the browser gives the focus back.
pub fn close_dialog(dialog: NodeRef<Dialog>) {
    if let Some(dialog) = dialog.get_untracked() {
        dialog.close();
    }
}
