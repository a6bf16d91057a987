//! SQL for cells: the user ids of their accounts, and the isolation level that is accepted.

use app::model::{UserId, Username};
use sqlx::{Sqlite, SqliteExecutor, Transaction};

use super::{corrupt, settings};

/// The setting with the level below which nothing is started.
const LEVEL: &str = "isolation_level";

/// The user id of a user's cell, if one was given.
///
/// # Errors
/// Those of the database.
pub async fn uid(db: impl SqliteExecutor<'_>, user: UserId) -> Result<Option<u32>, sqlx::Error> {
    let row = sqlx::query!("select cell_uid from users where id = ?", user.0).fetch_optional(db).await?;
    let uid = row.and_then(|row| row.cell_uid);
    uid.map(|uid| u32::try_from(uid).map_err(|e| corrupt("cell_uid", e))).transpose()
}

/// Gives a user's cell a user id.
///
/// # Errors
/// Those of the database; one that another user has violates `users.cell_uid`.
pub async fn set_uid(tx: &mut Transaction<'_, Sqlite>, user: UserId, uid: u32) -> Result<(), sqlx::Error> {
    sqlx::query!("update users set cell_uid = ? where id = ?", uid, user.0).execute(&mut **tx).await.map(drop)
}

/// All users, those being deleted included.
///
/// # Errors
/// Those of the database.
pub async fn users(db: impl SqliteExecutor<'_>) -> Result<Vec<(UserId, Username)>, sqlx::Error> {
    let rows = sqlx::query!(r#"select id as "id!", username from users order by id"#).fetch_all(db).await?;
    let parse = |name: String| name.parse().map_err(|e| corrupt("username", e));
    rows.into_iter().map(|row| Ok((UserId(row.id), parse(row.username)?))).collect()
}

/// The level below which nothing is started; none before the first measurement.
///
/// # Errors
/// Those of the database.
pub async fn accepted_level(db: impl SqliteExecutor<'_>) -> Result<Option<u8>, sqlx::Error> {
    let text = settings::get(db, LEVEL).await?;
    text.map(|text| text.parse().map_err(|e| corrupt(LEVEL, e))).transpose()
}

/// Sets the level below which nothing is started.
///
/// # Errors
/// Those of the database.
pub async fn set_accepted_level(tx: &mut Transaction<'_, Sqlite>, level: u8) -> Result<(), sqlx::Error> {
    settings::set(tx, LEVEL, &level.to_string()).await
}
