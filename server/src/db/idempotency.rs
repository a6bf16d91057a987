//! SQL for requests that are carried out once, however often they are sent.
//!
//! Must not know HTTP: headers are a text, a status is a number.

use app::model::UserId;
use sqlx::{Sqlite, SqliteExecutor, Transaction};

/// A request as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRequest {
    /// SHA-256 of what was asked for.
    pub request_hash: Vec<u8>,
    /// Which run of the server took it.
    pub server: String,
    /// The answer; none while it is under way.
    pub answer: Option<StoredAnswer>,
}

/// An answer as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAnswer {
    /// HTTP status.
    pub status: u16,
    /// The headers that are kept, as JSON.
    pub headers: String,
    /// None if it must not be kept.
    pub body: Option<Vec<u8>>,
}

/// The request of a key.
///
/// # Errors
/// Those of the database.
pub async fn find(
    db: impl SqliteExecutor<'_>,
    user: UserId,
    key: &str,
) -> Result<Option<StoredRequest>, sqlx::Error> {
    let row = sqlx::query!(
        "select request_hash, server, status, headers, body from idempotent_requests where user_id = ? and key = ?",
        user.0,
        key
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| StoredRequest {
        request_hash: row.request_hash,
        server: row.server,
        answer: row.status.map(|status| StoredAnswer {
            // The server wrote it: a status.
            status: u16::try_from(status).unwrap_or(500),
            headers: row.headers.unwrap_or_default(),
            body: row.body,
        }),
    }))
}

/// Stores a request that is about to be carried out.
///
/// # Errors
/// Those of the database.
pub async fn insert(
    tx: &mut Transaction<'_, Sqlite>,
    user: UserId,
    key: &str,
    request_hash: &[u8],
    server: &str,
    now: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into idempotent_requests (user_id, key, request_hash, server, created_at) values (?, ?, ?, ?, ?)",
        user.0,
        key,
        request_hash,
        server,
        now
    )
    .execute(&mut **tx)
    .await
    .map(drop)
}

/// Stores the answer to a request.
///
/// # Errors
/// Those of the database.
pub async fn finish(
    tx: &mut Transaction<'_, Sqlite>,
    user: UserId,
    key: &str,
    answer: &StoredAnswer,
) -> Result<(), sqlx::Error> {
    let status = i64::from(answer.status);
    sqlx::query!(
        "update idempotent_requests set status = ?, headers = ?, body = ? where user_id = ? and key = ?",
        status,
        answer.headers,
        answer.body,
        user.0,
        key
    )
    .execute(&mut **tx)
    .await
    .map(drop)
}

/// Forgets a request, which may then be sent again.
///
/// # Errors
/// Those of the database.
pub async fn delete(tx: &mut Transaction<'_, Sqlite>, user: UserId, key: &str) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from idempotent_requests where user_id = ? and key = ?", user.0, key)
        .execute(&mut **tx)
        .await
        .map(drop)
}

/// Forgets everybody's requests from before a time.
///
/// # Errors
/// Those of the database.
pub async fn delete_old(tx: &mut Transaction<'_, Sqlite>, before: i64) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from idempotent_requests where created_at < ?", before)
        .execute(&mut **tx)
        .await
        .map(drop)
}

/// Forgets a user's oldest answered requests beyond so many, and beyond so many bytes.
///
/// # Errors
/// Those of the database.
pub async fn delete_beyond(
    tx: &mut Transaction<'_, Sqlite>,
    user: UserId,
    keep: i64,
    bytes: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "delete from idempotent_requests where status is not null and id in (
             select id from (
                 select id, row_number() over newest as place,
                        sum(coalesce(length(body), 0)) over newest as size
                 from idempotent_requests where user_id = ?1 window newest as (order by id desc)
             ) where place > ?2 or size > ?3
         )",
        user.0,
        keep,
        bytes
    )
    .execute(&mut **tx)
    .await
    .map(drop)
}
