//! The WASM entry point: hydrates the server-rendered app and knows nothing else.

use wasm_bindgen::prelude::wasm_bindgen;

/// Makes the page interactive, once its code is there; called once by the page's script.
#[wasm_bindgen]
pub async fn hydrate() {
    console_error_panic_hook::set_once();
    app::prepare().await;
    leptos::mount::hydrate_body(app::App);
}
