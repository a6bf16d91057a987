//! Drafts in the browser's own storage.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlDivElement, HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement, Storage};

use super::Prepare;
use crate::components::tell;

const PREFIX: &str = "autocode-form-";

/// One form's controls.
#[derive(Default, Deserialize, Serialize)]
struct Kept {
    /// Whether the form was sent since it was typed in.
    sent: bool,
    controls: Vec<Control>,
}

#[derive(Deserialize, PartialEq, Serialize)]
struct Control {
    name: String,
    value: String,
    /// For boxes and radio buttons, which have a value of their own.
    checked: Option<bool>,
}

/// None where the browser forbids it; then a draft lives as long as its page.
fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

fn read(key: &str) -> Option<Kept> {
    let json = storage()?.get_item(key).ok().flatten()?;
    serde_json::from_str(&json).ok()
}

fn write(key: &str, kept: &Kept) {
    if let (Some(storage), Ok(json)) = (storage(), serde_json::to_string(kept))
        && let Err(error) = storage.set_item(key, &json)
    {
        leptos::logging::error!("a draft cannot be kept: {error:?}");
    }
}

fn remove(key: &str) {
    if let Some(storage) = storage()
        && let Err(error) = storage.remove_item(key)
    {
        leptos::logging::error!("a draft cannot be removed: {error:?}");
    }
}

fn key(name: &str) -> String {
    format!("{PREFIX}{name}")
}

/// Keeps what the controls hold now.
pub fn keep(name: &str, around: &HtmlDivElement) {
    let controls = controls(around).into_iter().filter_map(|element| read_control(&element)).collect();
    write(&key(name), &Kept { sent: false, controls });
}

/// Notes that the form is on its way.
pub fn sent(name: &str) {
    if let Some(kept) = read(&key(name)) {
        write(&key(name), &Kept { sent: true, ..kept });
    }
}

/// Forgets one draft.
pub fn forget(name: &str) {
    remove(&key(name));
}

/// Forgets those that were sent.
pub fn forget_sent() {
    for key in keys() {
        if read(&key).is_some_and(|kept| kept.sent) {
            remove(&key);
        }
    }
}

/// Forgets all.
pub fn forget_all() {
    keys().iter().for_each(|key| remove(key));
}

fn keys() -> Vec<String> {
    let Some(storage) = storage() else { return Vec::new() };
    let count = storage.length().unwrap_or(0);
    let all = (0..count).filter_map(|at| storage.key(at).ok().flatten());
    all.filter(|key| key.starts_with(PREFIX)).collect()
}

/// Fills the controls with the draft; tells whether that changed anything.
pub fn restore(name: &str, around: &HtmlDivElement, prepare: Option<Prepare>) -> bool {
    let Some(kept) = read(&key(name)) else { return false };
    let now: Vec<_> = controls(around).iter().filter_map(read_control).collect();
    if kept.controls.iter().all(|control| now.contains(control)) {
        return false;
    }
    if let Some(prepare) = prepare {
        prepare.run(kept.controls.iter().map(|control| control.name.clone()).collect());
    }
    let around = around.clone();
    // After the controls are drawn that had to be.
    request_animation_frame(move || {
        for element in controls(&around) {
            fill(&element, &kept.controls);
        }
    });
    true
}

fn controls(around: &HtmlDivElement) -> Vec<Element> {
    match around.query_selector_all("[name]") {
        Ok(list) => (0..list.length()).filter_map(|at| list.get(at)?.dyn_into().ok()).collect(),
        Err(error) => {
            leptos::logging::error!("a form's controls cannot be found: {error:?}");
            Vec::new()
        }
    }
}

fn read_control(element: &Element) -> Option<Control> {
    let control = |name, value, checked| Some(Control { name, value, checked });
    if let Some(input) = element.dyn_ref::<HtmlInputElement>() {
        return match input.type_().as_str() {
            "hidden" | "password" | "file" | "submit" => None,
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

/// Gives a control what the draft has for it, and tells whoever listens to it.
fn fill(element: &Element, kept: &[Control]) {
    let Some(now) = read_control(element) else { return };
    let same = |control: &&Control| {
        control.name == now.name && (now.checked.is_none() || control.value == now.value)
    };
    let Some(wanted) = kept.iter().find(same).filter(|wanted| **wanted != now) else { return };
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
}
