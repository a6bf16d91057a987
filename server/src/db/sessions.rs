//! SQL for sign-ins: one row each, with the hash of its refresh token.
//!
//! Must not know how tokens look; it stores and compares hashes.

use app::model::{Page, SessionId, Timestamp, UserId, Viewer};
use sqlx::{Sqlite, SqliteExecutor, Transaction};

use super::{corrupt, users::parse_role};

/// A sign-in as found by a refresh token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSession {
    /// Random id, also in the access tokens of this sign-in.
    pub id: String,
    /// Whose it is.
    pub user: UserId,
    /// Whether the token is the current one, not the one before.
    pub current: bool,
    /// When the token was last replaced, in milliseconds.
    pub rotated_at: i64,
    /// When the sign-in began, in milliseconds.
    pub created_at: i64,
    /// How often the token was replaced.
    pub generation: i64,
}

/// A new sign-in.
#[derive(Clone, Debug)]
pub struct NewSession<'a> {
    /// Random id.
    pub id: &'a str,
    /// Whose it is.
    pub user: UserId,
    /// SHA-256 of the refresh token.
    pub refresh_hash: &'a [u8],
    /// What the browser calls itself.
    pub user_agent: &'a str,
    /// When it ends, in milliseconds.
    pub expires_at: i64,
}

/// A sign-in as its owner sees it.
#[derive(Clone, Debug)]
pub struct OwnSession {
    /// Random id.
    pub id: SessionId,
    /// What the browser called itself.
    pub user_agent: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When its token was last replaced.
    pub rotated_at: Timestamp,
}

/// Stores a sign-in, whose password was typed just now, and forgets those that ended by time.
///
/// # Errors
/// Those of the database.
pub async fn insert(
    tx: &mut Transaction<'_, Sqlite>,
    new: &NewSession<'_>,
    now: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from sessions where expires_at <= ?", now).execute(&mut **tx).await?;
    sqlx::query!(
        "insert into sessions
             (id, user_id, refresh_hash, rotated_at, user_agent, created_at, expires_at, confirmed_at)
         values (?1, ?2, ?3, ?4, ?5, ?4, ?6, ?4)",
        new.id,
        new.user.0,
        new.refresh_hash,
        now,
        new.user_agent,
        new.expires_at
    )
    .execute(&mut **tx)
    .await
    .map(drop)
}

/// The sign-in whose current or previous refresh token has this hash, unless it ended by time.
///
/// # Errors
/// Those of the database.
pub async fn find_by_refresh(
    db: impl SqliteExecutor<'_>,
    hash: &[u8],
    now: i64,
) -> Result<Option<StoredSession>, sqlx::Error> {
    let row = sqlx::query!(
        r#"select s.id, s.user_id, s.refresh_hash = ?1 as "current!: bool", s.rotated_at, s.created_at,
                  s.generation
           from sessions s join users u on u.id = s.user_id
           where (s.refresh_hash = ?1 or s.previous_hash = ?1) and s.expires_at > ?2 and u.deleting_at is null"#,
        hash,
        now
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| StoredSession {
        id: row.id,
        user: UserId(row.user_id),
        current: row.current,
        rotated_at: row.rotated_at,
        created_at: row.created_at,
        generation: row.generation,
    }))
}

/// Whose a sign-in is.
///
/// # Errors
/// Those of the database.
pub async fn owner(db: impl SqliteExecutor<'_>, id: &str) -> Result<Option<UserId>, sqlx::Error> {
    let row = sqlx::query_scalar!("select user_id from sessions where id = ?", id);
    Ok(row.fetch_optional(db).await?.map(UserId))
}

/// Replaces a sign-in's refresh token; the one before is kept to notice its reuse.
///
/// # Errors
/// Those of the database.
pub async fn rotate(
    tx: &mut Transaction<'_, Sqlite>,
    id: &str,
    new_hash: &[u8],
    generation: i64,
    now: i64,
    expires_at: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update sessions
         set previous_hash = refresh_hash, refresh_hash = ?, generation = ?, rotated_at = ?, expires_at = ?
         where id = ?",
        new_hash,
        generation,
        now,
        expires_at,
        id
    )
    .execute(&mut **tx)
    .await
    .map(drop)
}

/// Ends a sign-in; fine when there is none.
///
/// # Errors
/// Those of the database.
pub async fn delete(tx: &mut Transaction<'_, Sqlite>, id: &str) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from sessions where id = ?", id).execute(&mut **tx).await.map(drop)
}

/// A user's sign-ins that have not ended, last used first.
///
/// # Errors
/// Those of the database.
pub async fn list(
    db: impl SqliteExecutor<'_>,
    user: UserId,
    page: &Page<SessionId>,
    now: i64,
) -> Result<Vec<OwnSession>, sqlx::Error> {
    let (after, limit) = (page.after.as_ref().map(SessionId::as_str), page.sql_limit());
    sqlx::query!(
        r#"select id as "id!", user_agent, created_at, rotated_at from sessions
           where user_id = ?1 and expires_at > ?2
                 and (?3 is null or (rotated_at, id) < (select rotated_at, id from sessions where user_id = ?1 and id = ?3))
           order by rotated_at desc, id desc limit ?4"#,
        user.0,
        now,
        after,
        limit
    )
    .fetch_all(db)
    .await?
    .into_iter()
    .map(|row| {
        Ok(OwnSession {
            id: row.id.parse().map_err(|e| corrupt("session", e))?,
            user_agent: row.user_agent,
            created_at: Timestamp::from_millis(row.created_at),
            rotated_at: Timestamp::from_millis(row.rotated_at),
        })
    })
    .collect()
}

/// Ends a sign-in of a user; tells whether there was one.
///
/// # Errors
/// Those of the database.
pub async fn delete_own(
    tx: &mut Transaction<'_, Sqlite>,
    user: UserId,
    id: &SessionId,
) -> Result<bool, sqlx::Error> {
    let id = id.as_str();
    let done = sqlx::query!("delete from sessions where id = ? and user_id = ?", id, user.0)
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// Ends every sign-in of a user but one; tells how many.
///
/// # Errors
/// Those of the database.
pub async fn delete_others(
    tx: &mut Transaction<'_, Sqlite>,
    user: UserId,
    keep: &SessionId,
) -> Result<u64, sqlx::Error> {
    let keep = keep.as_str();
    let done = sqlx::query!("delete from sessions where user_id = ? and id <> ?", user.0, keep)
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected())
}

/// Ends every sign-in of a user.
///
/// # Errors
/// Those of the database.
pub async fn delete_of_user(tx: &mut Transaction<'_, Sqlite>, user: UserId) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from sessions where user_id = ?", user.0).execute(&mut **tx).await.map(drop)
}

/// The person behind a sign-in that has not ended.
///
/// # Errors
/// Those of the database.
pub async fn viewer(
    db: impl SqliteExecutor<'_>,
    user: UserId,
    id: &str,
    now: i64,
) -> Result<Option<Viewer>, sqlx::Error> {
    sqlx::query!(
        r#"select u.id as "id!", u.username, u.role from sessions s join users u on u.id = s.user_id
           where s.id = ? and s.user_id = ? and s.expires_at > ? and u.deleting_at is null"#,
        id,
        user.0,
        now
    )
    .fetch_optional(db)
    .await?
    .map(|row| {
        Ok(Viewer {
            id: UserId(row.id),
            username: row.username.parse().map_err(|e| corrupt("username", e))?,
            role: parse_role(&row.role)?,
            session: id.parse().map_err(|e| corrupt("session", e))?,
        })
    })
    .transpose()
}
