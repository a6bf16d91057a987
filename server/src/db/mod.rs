//! The database: opening, migrating and the two pools. All SQL of the server stands in this folder, one file a table group.
//!
//! Must not know HTTP, processes or what a user may do beyond "rows have an owner".

pub mod agents;
pub mod api_keys;
pub mod audit;
pub mod cells;
pub mod counts;
pub mod custom_providers;
pub mod idempotency;
pub mod links;
pub mod logs;
pub mod progress;
mod project_row;
pub mod projects;
pub mod queue;
pub mod runs;
pub mod second_factors;
pub mod sessions;
pub mod settings;
pub mod snapshot;
pub mod step_up;
pub mod texts;
pub mod tokens;
pub mod undos;
pub mod usage;
pub mod users;

use std::{
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use sqlx::{
    Sqlite, SqlitePool, Transaction,
    migrate::{MigrateError, Migrator},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use thiserror::Error;

/// All migrations this binary knows.
static MIGRATOR: Migrator = sqlx::migrate!("../migrations");

/// Why the database cannot be used; each says what to do.
#[derive(Debug, Error)]
pub enum DbError {
    /// It was written by a newer AutoCode.
    #[error(
        "The database {path} was written by a newer AutoCode (schema {found}, this one knows up to {known}): install that version or a newer one, or use another data folder (AUTOCODE_DATA_DIR)."
    )]
    TooNew {
        /// File.
        path: PathBuf,
        /// Newest schema version in it.
        found: i64,
        /// Newest schema version of this binary.
        known: i64,
    },
    /// It cannot be opened.
    #[error("The database {path} cannot be opened ({source}): check that its folder exists and is writable.")]
    Open {
        /// File.
        path: PathBuf,
        /// Why.
        source: sqlx::Error,
    },
    /// It cannot be brought to this binary's schema.
    #[error(
        "The database {path} cannot be migrated ({source}): restore a backup, or use another data folder (AUTOCODE_DATA_DIR)."
    )]
    Migrate {
        /// File.
        path: PathBuf,
        /// Why.
        source: MigrateError,
    },
}

/// The database of one installation; clones share its pools.
#[derive(Clone, Debug)]
pub struct Db {
    reader: SqlitePool,
    writer: SqlitePool,
}

impl Db {
    /// Opens the database file, creating it if missing, and brings it to this binary's schema.
    ///
    /// # Errors
    /// [`DbError`], in words for the person who started the server.
    pub async fn open(path: &Path) -> Result<Self, DbError> {
        let open_error = |source| DbError::Open { path: path.to_owned(), source };
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5));
        // One writer: SQLite allows no more, and queueing in the pool is fairer than its busy handler.
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(Duration::from_secs(15))
            .connect_with(options.clone())
            .await
            .map_err(open_error)?;
        migrate(path, &writer).await?;
        let reader = SqlitePoolOptions::new()
            .max_connections(4)
            .acquire_timeout(Duration::from_secs(15))
            .connect_with(options.pragma("query_only", "on"))
            .await
            .map_err(open_error)?;
        Ok(Self { reader, writer })
    }

    /// Connections that only read.
    pub fn reader(&self) -> &SqlitePool {
        &self.reader
    }

    /// A write transaction, begun `immediate` so that a read in it can never fail with BUSY at its first write.
    ///
    /// # Errors
    /// As the database answers, or a pool timeout after 15 s of waiting for other writers.
    pub async fn begin(&self) -> Result<Transaction<'static, Sqlite>, sqlx::Error> {
        const BEGIN: &str = "begin immediate";
        match self.writer.begin_with(BEGIN).await {
            // A commit that finds the disk full ends the transaction in SQLite but, for sqlx, not on its connection: another one.
            Err(sqlx::Error::InvalidSavePointStatement) => {
                self.writer.acquire().await?.close().await?;
                self.writer.begin_with(BEGIN).await
            }
            begun => begun,
        }
    }

    /// Closes both pools after their statements ended; the writer goes last so that the log is folded into the file.
    pub async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }

    /// Newest schema version that this binary knows.
    pub fn known_version() -> i64 {
        MIGRATOR.iter().map(|m| m.version).max().unwrap_or(0)
    }
}

async fn migrate(path: &Path, writer: &SqlitePool) -> Result<(), DbError> {
    let known = Db::known_version();
    match MIGRATOR.run(writer).await {
        Ok(()) => Ok(()),
        Err(MigrateError::VersionMissing(found)) if found > known => {
            Err(DbError::TooNew { path: path.to_owned(), found, known })
        }
        Err(source) => Err(DbError::Migrate { path: path.to_owned(), source }),
    }
}

/// Milliseconds since the Unix epoch, now.
pub fn now_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|d| i64::try_from(d.as_millis()).ok())
        .unwrap_or(0)
}

/// A stored value that this binary cannot read: somebody changed the row by hand.
pub(crate) fn corrupt(column: &'static str, why: impl std::fmt::Display) -> sqlx::Error {
    sqlx::Error::ColumnDecode { index: column.to_owned(), source: why.to_string().into() }
}
