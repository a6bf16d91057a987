//! The draft of a form: read from its controls and put back into them.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlDivElement, HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement};

use super::{
    Prepare,
    store::{forget_draft, keep_draft, kept_draft, names},
};
use crate::components::tell;

/// Marks a control that is kept although it is hidden or has no name.
const MARK: &str = "data-kept";

/// One form's controls.
#[derive(Default, Deserialize, Serialize)]
struct Kept {
    /// Whether the form was sent since it was typed in.
    sent: bool,
    controls: Vec<Control>,
}

#[derive(Clone, Deserialize, PartialEq, Serialize)]
struct Control {
    name: String,
    value: String,
    /// For boxes and radio buttons, which have a value of their own.
    checked: Option<bool>,
}

/// Keeps what the controls hold now.
pub fn keep(name: &str, around: &HtmlDivElement) {
    let controls = controls(around).iter().filter_map(read).collect();
    keep_draft(name, &Kept { sent: false, controls });
}

/// Notes whether the form is on its way.
pub fn mark(name: &str, sent: bool) {
    if let Some(kept) = kept_draft::<Kept>(name) {
        keep_draft(name, &Kept { sent, ..kept });
    }
}

/// Forgets a draft, unless it was typed in after the form was sent.
pub fn forget_if_sent(name: &str) {
    if kept_draft::<Kept>(name).is_some_and(|kept| kept.sent) {
        forget_draft(name);
    }
}

/// Forgets those that were sent.
pub fn forget_sent() {
    names().iter().for_each(|name| forget_if_sent(name));
}

/// Fills the controls with the draft; tells whether that changed anything.
///
/// What was typed before the page's scripts were there is newer than the draft: it stays, and is kept.
pub fn restore(name: &str, around: &HtmlDivElement, prepare: Option<Prepare>) -> bool {
    let drawn = controls(around);
    let early: Vec<_> = drawn.iter().filter(|element| is_typed(element)).filter_map(read).collect();
    let Some(mut kept) = kept_draft::<Kept>(name) else {
        if !early.is_empty() {
            keep(name, around);
        }
        return false;
    };
    let now: Vec<_> = drawn.iter().filter_map(read).collect();
    if kept.controls.iter().all(|control| now.contains(control)) {
        // Stored meanwhile: it must not come back when that is changed later.
        if early.is_empty() {
            forget_draft(name);
        }
        return false;
    }
    for typed in early {
        kept.controls.retain(|control| control.name != typed.name);
        kept.controls.push(typed);
    }
    if let Some(prepare) = prepare {
        prepare.run(kept.controls.iter().map(|control| control.name.clone()).collect());
    }
    let around = around.clone();
    // After the controls are drawn that had to be.
    request_animation_frame(move || {
        for element in controls(&around) {
            if fill(&element, &kept.controls) {
                unfold(&element);
            }
        }
        unfold(&around);
    });
    true
}

fn controls(around: &HtmlDivElement) -> Vec<Element> {
    match around.query_selector_all(&format!("[name], [{MARK}]")) {
        Ok(list) => (0..list.length()).filter_map(|at| list.get(at)?.dyn_into().ok()).collect(),
        Err(error) => {
            leptos::logging::error!("a form's controls cannot be found: {error:?}");
            Vec::new()
        }
    }
}

fn read(element: &Element) -> Option<Control> {
    let named = |name: String| if name.is_empty() { element.id() } else { name };
    let control = |name, value, checked| Some(Control { name: named(name), value, checked });
    if let Some(input) = element.dyn_ref::<HtmlInputElement>() {
        return match input.type_().as_str() {
            "hidden" if !element.has_attribute(MARK) => None,
            "password" | "file" | "submit" => None,
            "checkbox" | "radio" => control(input.name(), input.value(), Some(input.checked())),
            _ => control(input.name(), input.value(), None),
        };
    }
    if let Some(area) = element.dyn_ref::<HtmlTextAreaElement>() {
        return control(area.name(), area.value(), None);
    }
    let select = element.dyn_ref::<HtmlSelectElement>()?;
    control(select.name(), select.value(), None)
}

/// Whether a control holds a text that it was not drawn with.
fn is_typed(element: &Element) -> bool {
    if let Some(area) = element.dyn_ref::<HtmlTextAreaElement>() {
        return area.default_value().is_ok_and(|drawn| drawn != area.value());
    }
    let text = |input: &HtmlInputElement| !matches!(input.type_().as_str(), "checkbox" | "radio" | "hidden");
    element
        .dyn_ref::<HtmlInputElement>()
        .is_some_and(|input| text(input) && input.value() != input.default_value())
}

/// Gives a control what the draft has for it, and tells whoever listens to it; whether it had something else.
fn fill(element: &Element, kept: &[Control]) -> bool {
    let Some(now) = read(element) else { return false };
    let same = |control: &&Control| {
        control.name == now.name && (now.checked.is_none() || control.value == now.value)
    };
    let Some(wanted) = kept.iter().find(same).filter(|wanted| **wanted != now) else { return false };
    if let Some(input) = element.dyn_ref::<HtmlInputElement>() {
        match wanted.checked {
            Some(checked) => input.set_checked(checked),
            None => input.set_value(&wanted.value),
        }
    } else if let Some(area) = element.dyn_ref::<HtmlTextAreaElement>() {
        area.set_value(&wanted.value);
    } else if let Some(select) = element.dyn_ref::<HtmlSelectElement>() {
        select.set_value(&wanted.value);
    }
    for kind in ["input", "change"] {
        tell(element, kind);
    }
    true
}

/// Opens whatever is folded up around what came back.
fn unfold(element: &Element) {
    let mut at = element.parent_element();
    while let Some(inside) = at {
        if inside.tag_name() == "DETAILS"
            && let Err(error) = inside.set_attribute("open", "")
        {
            leptos::logging::error!("a part of a form cannot be opened: {error:?}");
        }
        at = inside.parent_element();
    }
}
