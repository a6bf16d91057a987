//! What a step changed in the files of a project.

use serde::{Deserialize, Serialize};

/// Whose changes are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "ssr", into_params(parameter_in = Query))]
pub struct ChangesQuery {
    /// Id of a finished step; none for the work that is not committed yet.
    #[serde(default)]
    pub step: Option<String>,
}

/// What happened to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FileStatus {
    /// It is new.
    Added,
    /// Its content or mode is another.
    Modified,
    /// It is gone.
    Deleted,
}

/// One changed file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct FileChange {
    /// Path in the workspace, any characters but control characters: show it as text only.
    pub path: String,
    /// What happened.
    pub status: FileStatus,
    /// Lines that came; none for a binary file.
    pub added: Option<u64>,
    /// Lines that went; none for a binary file.
    pub removed: Option<u64>,
    /// Hunks of a unified diff, without file headers; empty for a binary file.
    pub diff: String,
    /// Whether the diff is longer than what is here.
    pub cut: bool,
}

/// The changes of a step, or of the work that is not committed yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Changes {
    /// The files, in the order of their paths.
    pub files: Vec<FileChange>,
    /// Changed files that are left out because there are too many.
    pub more_files: u64,
}
