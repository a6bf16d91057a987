//! The WASM entry point: hydrates the server-rendered app and knows nothing else.

use wasm_bindgen::prelude::wasm_bindgen;

/// Makes the page interactive; called once by the page's script.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_lazy(app::App);
}
