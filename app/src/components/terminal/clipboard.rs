//! Copying and pasting by button or key; a program in the terminal can do neither.

use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen_futures::JsFuture;

use super::panel::Panel;

/// Puts text into the clipboard.
pub fn write(text: String, panel: Panel) {
    let Some(clipboard) = clipboard() else {
        return panel.note.set(Some("This browser copies only on pages over HTTPS.".to_owned()));
    };
    spawn_local(async move {
        if JsFuture::from(clipboard.write_text(&text)).await.is_err() {
            panel.note.set(Some("The browser does not let this page copy.".to_owned()));
        }
    });
}

/// Gives the clipboard's text to `take`, if the browser and the person allow it.
pub fn read(panel: Panel, take: impl FnOnce(String) + 'static) {
    const HINT: &str =
        "The browser does not let this page read the clipboard: press Ctrl+Shift+V in the terminal.";
    let Some(clipboard) = clipboard() else { return panel.note.set(Some(HINT.to_owned())) };
    spawn_local(async move {
        match JsFuture::from(clipboard.read_text()).await {
            Ok(text) => take(text.as_string().unwrap_or_default()),
            Err(_) => panel.note.set(Some(HINT.to_owned())),
        }
    });
}

/// Missing on pages that do not come over HTTPS from elsewhere than this computer.
fn clipboard() -> Option<web_sys::Clipboard> {
    let clipboard = window().navigator().clipboard();
    let value: &wasm_bindgen::JsValue = clipboard.as_ref();
    (!value.is_undefined()).then_some(clipboard)
}
