//! What xterm.js 6 offers beyond the bindings of `xterm-js-rs`, which were made for version 4.
//!
//! Must not know what a terminal is used for.

use js_sys::{Function, Object, Uint8Array};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use xterm_js_rs::{Disposable, Terminal, TerminalOptions, addons::search::SearchAddon};

#[wasm_bindgen]
extern "C" {
    /// A terminal of version 6.
    #[wasm_bindgen(extends = Terminal)]
    pub type Terminal6;

    /// Bytes, not text: a character may be shared by two frames. `done` is called when they are drawn into the buffer.
    #[wasm_bindgen(method, js_name = "write")]
    pub fn write_bytes(this: &Terminal6, bytes: &Uint8Array, done: &Function);

    #[wasm_bindgen(method, js_name = "write")]
    pub fn write_text(this: &Terminal6, text: &str);

    #[wasm_bindgen(method, js_name = "scrollLines")]
    pub fn scroll_by(this: &Terminal6, lines: i32);

    #[wasm_bindgen(method, js_name = "attachCustomWheelEventHandler")]
    pub fn decide_wheel(this: &Terminal6, handler: &Function);

    #[wasm_bindgen(method, getter)]
    pub fn modes(this: &Terminal6) -> Modes;

    #[wasm_bindgen(method, getter, js_name = "options")]
    pub fn settings(this: &Terminal6) -> Settings;

    #[wasm_bindgen(method, getter, js_name = "parser")]
    pub fn sequences(this: &Terminal6) -> Sequences;

    /// What the program in the terminal has asked for.
    pub type Modes;

    /// `none` while the mouse is the viewer's own.
    #[wasm_bindgen(method, getter, js_name = "mouseTrackingMode")]
    pub fn mouse(this: &Modes) -> String;

    #[wasm_bindgen(method, getter, js_name = "applicationCursorKeysMode")]
    pub fn application_cursor(this: &Modes) -> bool;

    /// Options that can be set on a terminal and before it is made.
    #[wasm_bindgen(extends = Object)]
    pub type Settings;

    #[wasm_bindgen(method, setter, js_name = "fontSize")]
    pub fn set_font_size(this: &Settings, pixels: f64);

    #[wasm_bindgen(method, setter, js_name = "linkHandler")]
    pub fn set_link_handler(this: &Settings, handler: &JsValue);

    #[wasm_bindgen(method, setter, js_name = "allowProposedApi")]
    pub fn set_allow_proposed_api(this: &Settings, allow: bool);

    /// Handlers of escape sequences; one that returns true keeps xterm.js from acting itself.
    pub type Sequences;

    #[wasm_bindgen(method, js_name = "registerCsiHandler")]
    pub fn on_csi(this: &Sequences, id: &JsValue, handler: &Function) -> Disposable;

    #[wasm_bindgen(method, js_name = "registerDcsHandler")]
    pub fn on_dcs(this: &Sequences, id: &JsValue, handler: &Function) -> Disposable;

    #[wasm_bindgen(method, js_name = "registerOscHandler")]
    pub fn on_osc(this: &Sequences, number: u32, handler: &Function) -> Disposable;

    /// The search add-on of version 6.
    #[wasm_bindgen(extends = SearchAddon)]
    pub type Search6;

    #[wasm_bindgen(method, js_name = "findNext")]
    pub fn next(this: &Search6, term: &str, options: &JsValue) -> bool;

    #[wasm_bindgen(method, js_name = "findPrevious")]
    pub fn previous(this: &Search6, term: &str, options: &JsValue) -> bool;

    #[wasm_bindgen(method, js_name = "clearDecorations")]
    pub fn clear(this: &Search6);

    #[wasm_bindgen(method, js_name = "onDidChangeResults")]
    pub fn on_results(this: &Search6, handler: &Function) -> Disposable;

    /// Which of how many places is shown.
    pub type Results;

    /// From 0; negative when none is shown.
    #[wasm_bindgen(method, getter, js_name = "resultIndex")]
    pub fn index(this: &Results) -> i32;

    #[wasm_bindgen(method, getter, js_name = "resultCount")]
    pub fn count(this: &Results) -> u32;
}

impl Terminal6 {
    /// Makes a terminal, not yet in a page.
    pub fn make(options: &TerminalOptions) -> Self {
        Terminal::new(options).unchecked_into()
    }

    /// Lines of scrollback above what is shown, and above the newest screen.
    pub fn scrolled(&self) -> (u32, u32) {
        let buffer = self.get_buffer().get_active();
        (buffer.get_viewport_y(), buffer.get_base_y())
    }
}

/// Another reference to the same JavaScript object.
pub fn same<T: JsCast>(object: &T) -> T {
    let object: &JsValue = object.as_ref();
    object.clone().unchecked_into()
}

/// An object with these properties, as xterm.js takes its options.
pub fn object(properties: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    for (name, value) in properties {
        // Fails only on objects that are sealed, and this one is new.
        js_sys::Reflect::set(&object, &(*name).into(), value).ok();
    }
    object.into()
}
