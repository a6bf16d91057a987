//! What was typed and is not stored yet, kept in the browser tab.

use crate::model::{ProjectId, ProjectText, TextKind};

/// Where a draft is kept.
#[derive(Clone, Copy)]
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only a browser keeps drafts"))]
pub struct Draft {
    /// The project.
    pub id: ProjectId,
    /// Which text.
    pub kind: TextKind,
}

#[cfg(feature = "hydrate")]
impl Draft {
    fn key(self) -> String {
        format!("autocode-draft-{}-{}", self.id, self.kind.as_str())
    }

    /// None where the browser forbids it; then only what is stored is safe, which the page says all the time.
    fn storage() -> Option<web_sys::Storage> {
        leptos::prelude::window().session_storage().ok().flatten()
    }

    /// Keeps a text with the version that it is meant to replace.
    pub fn keep(self, draft: &ProjectText) {
        if let (Some(storage), Ok(json)) = (Self::storage(), serde_json::to_string(draft))
            && let Err(error) = storage.set_item(&self.key(), &json)
        {
            leptos::logging::error!("a draft cannot be kept: {error:?}");
        }
    }

    /// The draft of an earlier visit.
    pub fn kept(self) -> Option<ProjectText> {
        let json = Self::storage()?.get_item(&self.key()).ok().flatten()?;
        serde_json::from_str(&json).ok()
    }

    /// Forgets it: it is stored.
    pub fn forget(self) {
        if let Some(storage) = Self::storage()
            && let Err(error) = storage.remove_item(&self.key())
        {
            leptos::logging::error!("a draft cannot be removed: {error:?}");
        }
    }
}

/// On the server nothing is typed.
#[cfg(not(feature = "hydrate"))]
impl Draft {
    /// Nothing to keep.
    pub fn keep(self, _: &ProjectText) {}

    /// Nothing was kept.
    pub fn kept(self) -> Option<ProjectText> {
        None
    }

    /// Nothing to forget.
    pub fn forget(self) {}
}
