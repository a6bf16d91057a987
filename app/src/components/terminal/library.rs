//! Loads xterm.js when it is needed; browser only.
//!
//! The bindings import it statically. What they find is a small module that fills its exports in when told to.

use gloo_timers::future::TimeoutFuture;
use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::prelude::*;

use crate::components::socket::Backoff;

#[wasm_bindgen(module = "xterm")]
extern "C" {
    /// Resolves once the names that the bindings use stand for something.
    #[wasm_bindgen(catch, js_name = "load")]
    async fn load_library() -> Result<JsValue, JsValue>;
}

/// True once terminals can be made; tries again until the network lets it, and says so in `note`.
pub fn load(note: RwSignal<Option<String>>) -> ReadSignal<bool> {
    let (loaded, set_loaded) = signal(false);
    spawn_local(async move {
        let mut backoff = Backoff::default();
        while load_library().await.is_err() {
            if note.try_set(Some("The terminal cannot be loaded. Trying again\u{2026}".to_owned())).is_some()
            {
                // The page has gone on.
                return;
            }
            TimeoutFuture::new(backoff.next_ms()).await;
        }
        note.try_set(None);
        set_loaded.try_set(true);
    });
    loaded
}
