//! What a backup says about itself, and how its parts are named.

use serde::{Deserialize, Serialize};

/// First entry of the archive.
pub(super) const MANIFEST: &str = "backup.json";
/// The database, in the state of one moment.
pub(super) const DATABASE: &str = "autocode.db";
/// The master key, if it was asked for.
pub(super) const MASTER_KEY: &str = "master.key";
/// Last entry: for each file its SHA-256 in hex, two spaces, its path and a zero byte. An archive without it was cut off.
pub(super) const CHECKSUMS: &str = "checksums";
/// How archives of this version are laid out.
pub(super) const FORMAT: u32 = 1;

/// How much is in a backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Contents {
    /// Database and users' files.
    Everything,
    /// The database alone, for instance before an upgrade.
    Database,
}

/// What a backup is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Layout of the archive.
    pub format: u32,
    /// Version of the program that wrote it.
    pub autocode: String,
    /// Newest migration in its database.
    pub schema: i64,
    /// When it was begun, as RFC 3339 in UTC.
    pub created_at: String,
    /// What is in it.
    pub contents: Contents,
    /// Whether the master key is in it.
    pub master_key: bool,
    /// Numeric user that the data folder belonged to; who restores as root gives its files to the new folder's owner.
    pub owner: u32,
}
