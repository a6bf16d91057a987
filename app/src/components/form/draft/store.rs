//! Drafts of any shape in the browser's own storage, by name. On the server there is none.
//!
//! Must not know controls: what a draft holds is the business of whoever keeps it.

use serde::{Serialize, de::DeserializeOwned};

/// Keeps a draft under a name; without the browser's storage it lives as long as its page.
pub fn keep_draft<T: Serialize>(name: &str, draft: &T) {
    match serde_json::to_string(draft) {
        Ok(json) => browser::set(name, &json),
        Err(error) => leptos::logging::error!("a draft cannot be written: {error}"),
    }
}

/// What is kept under a name, if it has this shape.
pub fn kept_draft<T: DeserializeOwned>(name: &str) -> Option<T> {
    serde_json::from_str(&browser::get(name)?).ok()
}

/// Forgets one.
pub fn forget_draft(name: &str) {
    browser::remove(name);
}

/// Forgets all: for somebody who signs out.
pub fn forget_drafts() {
    for name in names() {
        browser::remove(&name);
    }
}

/// The names of all that are kept.
pub fn names() -> Vec<String> {
    browser::names()
}

#[cfg(feature = "hydrate")]
mod browser {
    //! The storage.

    use leptos::prelude::window;
    use web_sys::Storage;

    const PREFIX: &str = "autocode-draft-";

    /// None where the browser forbids it.
    fn storage() -> Option<Storage> {
        window().local_storage().ok().flatten()
    }

    fn key(name: &str) -> String {
        format!("{PREFIX}{name}")
    }

    pub fn get(name: &str) -> Option<String> {
        storage()?.get_item(&key(name)).ok().flatten()
    }

    pub fn set(name: &str, json: &str) {
        if let Some(storage) = storage()
            && let Err(error) = storage.set_item(&key(name), json)
        {
            leptos::logging::error!("a draft cannot be kept: {error:?}");
        }
    }

    pub fn remove(name: &str) {
        if let Some(storage) = storage()
            && let Err(error) = storage.remove_item(&key(name))
        {
            leptos::logging::error!("a draft cannot be removed: {error:?}");
        }
    }

    pub fn names() -> Vec<String> {
        let Some(storage) = storage() else { return Vec::new() };
        let count = storage.length().unwrap_or(0);
        let all = (0..count).filter_map(|at| storage.key(at).ok().flatten());
        all.filter_map(|key| key.strip_prefix(PREFIX).map(str::to_owned)).collect()
    }
}

#[cfg(not(feature = "hydrate"))]
mod browser {
    //! Nothing is typed on the server.

    pub fn get(_: &str) -> Option<String> {
        None
    }
    pub fn set(_: &str, _: &str) {}
    pub fn remove(_: &str) {}
    pub fn names() -> Vec<String> {
        Vec::new()
    }
}
