//! A viewer's terminal answers no questions.
//!
//! xterm.js would answer a program that asks for its kind, cursor or colours, as if the person had typed the answer: once
//! for every viewer, late, and into whatever reads there by then. tmux answers for all of them.

use wasm_bindgen::{JsCast, JsValue, closure::Closure};

use super::xterm::{Terminal6, object};

/// Reports of kind, state, cursor, modes and version: prefix, intermediates, last character.
const CSI: [(&str, &str, &str); 9] = [
    ("", "", "c"),
    (">", "", "c"),
    ("=", "", "c"),
    ("", "", "n"),
    ("?", "", "n"),
    (">", "", "q"),
    ("", "$", "p"),
    ("?", "$", "p"),
    ("", "", "t"),
];
/// Palette, foreground, background, cursor colour.
const COLOURS: [u32; 4] = [4, 10, 11, 12];

/// Keeps the handlers; they are part of the terminal and end with it.
pub struct Quiet {
    _csi: Closure<dyn FnMut(JsValue) -> bool>,
    _dcs: Closure<dyn FnMut(JsValue) -> bool>,
    _osc: Closure<dyn FnMut(String) -> bool>,
}

impl Quiet {
    /// Makes a terminal keep its answers to itself.
    pub fn make(terminal: &Terminal6) -> Self {
        let csi = Closure::<dyn FnMut(JsValue) -> bool>::new(|_| true);
        let dcs = Closure::<dyn FnMut(JsValue) -> bool>::new(|_| true);
        // Setting a colour is no question.
        let osc = Closure::<dyn FnMut(String) -> bool>::new(|data: String| data.contains('?'));
        let parser = terminal.sequences();
        for (prefix, intermediates, last) in CSI {
            let mut id = vec![("final", last.into())];
            if !prefix.is_empty() {
                id.push(("prefix", prefix.into()));
            }
            if !intermediates.is_empty() {
                id.push(("intermediates", intermediates.into()));
            }
            parser.on_csi(&object(&id), csi.as_ref().unchecked_ref());
        }
        let status = object(&[("intermediates", "$".into()), ("final", "q".into())]);
        parser.on_dcs(&status, dcs.as_ref().unchecked_ref());
        for number in COLOURS {
            parser.on_osc(number, osc.as_ref().unchecked_ref());
        }
        Self { _csi: csi, _dcs: dcs, _osc: osc }
    }
}
