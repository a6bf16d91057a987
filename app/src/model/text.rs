//! The long texts of a project, saved while they are written.

use serde::{Deserialize, Serialize};

/// Which text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TextKind {
    /// The goal.
    Description,
    /// How it is to be built.
    Architecture,
}

impl TextKind {
    /// As it is sent and stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Description => "description",
            Self::Architecture => "architecture",
        }
    }
}

/// A text as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ProjectText {
    /// Markdown, up to 64 KiB.
    pub text: String,
    /// Says which text it is: another one has another version. Opaque, fit for an `ETag`.
    pub version: String,
}

/// What came of saving a text over the version that its writer had seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum TextSave {
    /// Stored.
    Saved(ProjectText),
    /// Somebody else changed it; this is theirs, and nothing was stored.
    Conflict(ProjectText),
}
