//! SQL for the installation's settings, by name.

use sqlx::{Sqlite, SqliteExecutor, Transaction};

/// A setting's value, if it was ever set.
///
/// # Errors
/// Those of the database.
pub async fn get(db: impl SqliteExecutor<'_>, name: &str) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!("select value from settings where name = ?", name).fetch_optional(db).await
}

/// Sets a setting.
///
/// # Errors
/// Those of the database.
pub async fn set(tx: &mut Transaction<'_, Sqlite>, name: &str, value: &str) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into settings (name, value) values (?1, ?2) on conflict (name) do update set value = ?2",
        name,
        value
    )
    .execute(&mut **tx)
    .await
    .map(drop)
}
