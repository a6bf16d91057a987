//! Scrolling within a list or a line, and nothing around it.

use leptos::{prelude::*, wasm_bindgen::JsCast as _, web_sys::HtmlElement};

/// Scrolls a line of links sideways until the one of this page is in the middle of it; the line must be a positioned element.
pub fn center_current(line: &HtmlElement) {
    let current = line.query_selector("[aria-current]").ok().flatten();
    let Some(current) = current.and_then(|link| link.dyn_into::<HtmlElement>().ok()) else { return };
    line.set_scroll_left(current.offset_left() - (line.client_width() - current.offset_width()) / 2);
}

/// Scrolls a list as little as needed to show one of its lines, both by element id.
pub fn reveal(list: &str, line: &str) {
    let find = |id: &str| document().get_element_by_id(id)?.dyn_into::<HtmlElement>().ok();
    let (Some(list), Some(line)) = (find(list), find(line)) else { return };
    let (top, bottom) = (line.offset_top(), line.offset_top() + line.offset_height());
    if top < list.scroll_top() {
        list.set_scroll_top(top);
    } else if bottom > list.scroll_top() + list.client_height() {
        list.set_scroll_top(bottom - list.client_height());
    }
}
