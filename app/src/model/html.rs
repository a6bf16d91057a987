//! HTML that may be put into a page as it is.

use serde::{Deserialize, Serialize};

/// HTML that the server made and sanitised; nothing else may be drawn with `inner_html`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SafeHtml(String);

impl SafeHtml {
    /// From what the sanitiser gave; for it alone.
    #[cfg(feature = "ssr")]
    pub(crate) fn from_sanitised(html: String) -> Self {
        Self(html)
    }

    /// The HTML.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
