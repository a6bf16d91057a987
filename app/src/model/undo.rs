//! Ways back: a project that went back to an earlier step, and can be brought forward again.

use serde::{Deserialize, Serialize};

use super::{Timestamp, UndoId};

/// Where a project is to go back to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct UndoDraft {
    /// Id of the finished step after which the project is to stand; none for before the first. Left out by mistake it
    /// must not take everything back.
    #[serde(deserialize_with = "Option::deserialize")]
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub to_step: Option<String>,
}

/// Which way back is to be undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct RedoDraft {
    /// Its row id.
    pub undo_id: UndoId,
}

/// One way back that was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Undo {
    /// Row id.
    pub id: UndoId,
    /// Title of the step that the project went back to; empty for the beginning.
    pub label: String,
    /// When.
    pub created_at: Timestamp,
    /// When it was brought back, if it was.
    pub undone_at: Option<Timestamp>,
}
