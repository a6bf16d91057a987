//! Whole copies of a database, taken while others write to it, and what can be told of one without changing it.
//!
//! Must not migrate: a copy has the schema of its original.

use std::{path::Path, time::Duration};

use sqlx::{
    Connection as _, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode},
};

/// How long a copy waits for a writer that has the database for itself.
const PATIENCE: Duration = Duration::from_secs(15);

/// Copies a database, in the state of one moment, to a file that does not exist yet; others read and write meanwhile.
///
/// # Errors
/// Those of the database; also if a path is not UTF-8, which SQLite cannot name.
pub async fn take(from: &Path, to: &Path) -> Result<(), sqlx::Error> {
    let name = to.to_str().ok_or_else(|| {
        sqlx::Error::Configuration(format!("the path {} is not UTF-8", to.display()).into())
    })?;
    let mut db = open(from).await?;
    // Not `query!`: it would have to run the statement to describe it.
    sqlx::query("vacuum into ?").bind(name).execute(&mut db).await?;
    db.close().await
}

/// The newest migration in a database file, after checking that the file is whole.
///
/// # Errors
/// Those of the database; [`sqlx::Error::Protocol`] with what is damaged.
pub async fn check(path: &Path) -> Result<i64, sqlx::Error> {
    let mut db = open(path).await?;
    let verdict: String = sqlx::query_scalar("pragma quick_check(1)").fetch_one(&mut db).await?;
    if verdict != "ok" {
        return Err(sqlx::Error::Protocol(format!("the database is damaged: {verdict}")));
    }
    // Not `query!`: that table is sqlx's own and not part of the schema that queries are checked against.
    let newest: Option<i64> =
        sqlx::query_scalar("select max(version) from _sqlx_migrations").fetch_one(&mut db).await?;
    db.close().await?;
    Ok(newest.unwrap_or(0))
}

/// Folds the log into a database that nobody else has open, so that one file is all of it.
///
/// # Errors
/// Those of the database.
pub async fn fold(path: &Path) -> Result<(), sqlx::Error> {
    let options = SqliteConnectOptions::new().filename(path).journal_mode(SqliteJournalMode::Delete);
    SqliteConnection::connect_with(&options).await?.close().await
}

async fn open(path: &Path) -> Result<SqliteConnection, sqlx::Error> {
    SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(path).busy_timeout(PATIENCE)).await
}
