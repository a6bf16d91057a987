//! SQL for one-time links: invitations and password resets.
//!
//! Must not get tokens; it stores and compares hashes.

use app::model::{AccountLink, LinkId, Page, Timestamp, UserId};
use sqlx::{Sqlite, SqliteExecutor, Transaction};

use super::corrupt;

/// Stores a link and forgets those that ended by time, and an earlier one for the same user.
///
/// # Errors
/// Those of the database.
pub async fn insert(
    tx: &mut Transaction<'_, Sqlite>,
    token_hash: &[u8],
    user: Option<UserId>,
    created_by: &str,
    now: i64,
    expires_at: i64,
) -> Result<(), sqlx::Error> {
    let user = user.map(|id| id.0);
    sqlx::query!("delete from account_links where expires_at <= ?1 or user_id = ?2", now, user)
        .execute(&mut **tx)
        .await?;
    sqlx::query!(
        "insert into account_links (token_hash, user_id, created_by, created_at, expires_at)
         values (?, ?, ?, ?, ?)",
        token_hash,
        user,
        created_by,
        now,
        expires_at
    )
    .execute(&mut **tx)
    .await
    .map(drop)
}

/// Links that have not ended, newest first.
///
/// # Errors
/// Those of the database.
pub async fn list(
    db: impl SqliteExecutor<'_>,
    page: Page,
    now: i64,
) -> Result<Vec<AccountLink>, sqlx::Error> {
    let limit = page.sql_limit();
    sqlx::query!(
        r#"select l.id as "id!", u.username as "username?", l.created_by, l.created_at, l.expires_at
           from account_links l left join users u on u.id = l.user_id
           where l.expires_at > ?1 and u.deleting_at is null and (?2 is null or l.id < ?2)
           order by l.id desc limit ?3"#,
        now,
        page.after,
        limit
    )
    .fetch_all(db)
    .await?
    .into_iter()
    .map(|row| {
        Ok(AccountLink {
            id: LinkId(row.id),
            username: row
                .username
                .map(|name| name.parse().map_err(|e| corrupt("username", e)))
                .transpose()?,
            created_by: row.created_by,
            created_at: Timestamp::from_millis(row.created_at),
            expires_at: Timestamp::from_millis(row.expires_at),
        })
    })
    .collect()
}

/// How many invitations are open.
///
/// # Errors
/// Those of the database.
pub async fn count_invites(db: impl SqliteExecutor<'_>, now: i64) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!: i64" from account_links where user_id is null and expires_at > ?"#,
        now
    )
    .fetch_one(db)
    .await
}

/// Whether an invitation with this hash is open.
///
/// # Errors
/// Those of the database.
pub async fn is_invite(
    db: impl SqliteExecutor<'_>,
    token_hash: &[u8],
    now: i64,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (select 1 from account_links
               where token_hash = ? and user_id is null and expires_at > ?) as "found!: bool""#,
        token_hash,
        now
    )
    .fetch_one(db)
    .await
}

/// Whose password the reset link with this hash replaces, if it is open.
///
/// # Errors
/// Those of the database.
pub async fn reset_user(
    db: impl SqliteExecutor<'_>,
    token_hash: &[u8],
    now: i64,
) -> Result<Option<UserId>, sqlx::Error> {
    let user = sqlx::query_scalar!(
        r#"select u.id as "id!" from account_links l join users u on u.id = l.user_id
           where l.token_hash = ? and l.expires_at > ? and u.deleting_at is null"#,
        token_hash,
        now
    );
    Ok(user.fetch_optional(db).await?.map(UserId))
}

/// Uses up a link; false if somebody else was faster.
///
/// # Errors
/// Those of the database.
pub async fn take(
    tx: &mut Transaction<'_, Sqlite>,
    token_hash: &[u8],
    now: i64,
) -> Result<bool, sqlx::Error> {
    let done =
        sqlx::query!("delete from account_links where token_hash = ? and expires_at > ?", token_hash, now)
            .execute(&mut **tx)
            .await?;
    Ok(done.rows_affected() > 0)
}

/// Makes a link void; tells whether there was one.
///
/// # Errors
/// Those of the database.
pub async fn delete(tx: &mut Transaction<'_, Sqlite>, id: LinkId) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!("delete from account_links where id = ?", id.0).execute(&mut **tx).await?;
    Ok(done.rows_affected() > 0)
}
