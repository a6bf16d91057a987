//! Addresses in a terminal: only those of the web open, and what opens knows nothing of this page.

use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use xterm_js_rs::addons::web_links::WebLinksAddon;

use super::xterm::{Terminal6, object};

/// Keeps the handler; it is part of the terminal and ends with it.
pub struct Links {
    _open: Closure<dyn FnMut(JsValue, String)>,
}

impl Links {
    /// Makes addresses in the text, and those that a program set by escape sequences, open in a new tab.
    pub fn make(terminal: &Terminal6) -> Self {
        let open = Closure::<dyn FnMut(JsValue, String)>::new(|_, address: String| open(&address));
        let handler = open.as_ref().unchecked_ref();
        let addon = WebLinksAddon::new(Some(handler), None, None);
        let addon: &JsValue = addon.as_ref();
        terminal.load_addon(addon.clone().unchecked_into());
        let escapes = [("activate", open.as_ref().clone()), ("allowNonHttpProtocols", false.into())];
        terminal.settings().set_link_handler(&object(&escapes));
        Self { _open: open }
    }
}

fn is_of_the_web(address: &str) -> bool {
    let address = address.trim_start().to_ascii_lowercase();
    address.starts_with("http://") || address.starts_with("https://")
}

fn open(address: &str) {
    if !is_of_the_web(address) {
        return leptos::logging::warn!("an address that is not of the web was not opened");
    }
    let window = leptos::prelude::window();
    if let Err(error) = window.open_with_url_and_target_and_features(address, "_blank", "noopener,noreferrer")
    {
        leptos::logging::error!("a link was not opened: {error:?}");
    }
}
