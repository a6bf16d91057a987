//! SQL for the record of security events.
//!
//! Must not get secrets: what is written here is shown to admins.

use app::model::{AuditEntry, AuditId, Timestamp, UserId};
use sqlx::{Sqlite, SqliteExecutor, Transaction};

/// Records that somebody did something; `user` is whom it concerns.
///
/// # Errors
/// Those of the database.
pub async fn insert(
    tx: &mut Transaction<'_, Sqlite>,
    user: Option<UserId>,
    actor: &str,
    action: &str,
    detail: &str,
    now: i64,
) -> Result<(), sqlx::Error> {
    let user = user.map(|id| id.0);
    sqlx::query!(
        "insert into audit (user_id, actor, action, detail, created_at) values (?, ?, ?, ?, ?)",
        user,
        actor,
        action,
        detail,
        now
    )
    .execute(&mut **tx)
    .await
    .map(drop)
}

/// Rows of one kind that strangers can cause: older ones go.
const BOUNDED_ROWS: i64 = 10_000;

/// As [`insert`], for what somebody who is not signed in can make happen: only the newest 10,000 of the kind are kept.
///
/// # Errors
/// Those of the database.
pub async fn insert_bounded(
    tx: &mut Transaction<'_, Sqlite>,
    user: Option<UserId>,
    actor: &str,
    action: &str,
    detail: &str,
    now: i64,
) -> Result<(), sqlx::Error> {
    insert(tx, user, actor, action, detail, now).await?;
    sqlx::query!(
        "delete from audit where action = ?1
         and id <= (select id from audit where action = ?1 order by id desc limit 1 offset ?2)",
        action,
        BOUNDED_ROWS
    )
    .execute(&mut **tx)
    .await
    .map(drop)
}

/// Security events older than one (or all), newest first, at most so many.
///
/// # Errors
/// Those of the database.
pub async fn list(
    db: impl SqliteExecutor<'_>,
    before: Option<AuditId>,
    limit: u32,
) -> Result<Vec<AuditEntry>, sqlx::Error> {
    let before = before.map_or(i64::MAX, |id| id.0);
    let rows = sqlx::query!(
        r#"select id as "id!", user_id, actor, action, detail, created_at
           from audit where id < ? order by id desc limit ?"#,
        before,
        limit
    );
    let entry = |id, user_id: Option<i64>, actor, action, detail, created_at| AuditEntry {
        id: AuditId(id),
        user_id: user_id.map(UserId),
        actor,
        action,
        detail,
        created_at: Timestamp::from_millis(created_at),
    };
    let rows = rows.fetch_all(db).await?.into_iter();
    Ok(rows.map(|r| entry(r.id, r.user_id, r.actor, r.action, r.detail, r.created_at)).collect())
}
