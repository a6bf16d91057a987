//! SQL for API keys; it stores ciphertext and never sees a key.

use app::model::{Provider, Timestamp, UserId, Username};
use sqlx::{Sqlite, SqliteExecutor, Transaction};

use super::corrupt;

/// A stored key as it lies in the database.
#[derive(Clone, Debug)]
pub struct SealedKey {
    /// Whose key it is.
    pub provider: Provider,
    /// Its last four characters.
    pub last4: String,
    /// When it was stored.
    pub created_at: Timestamp,
    /// Key id, nonce and ciphertext.
    pub encrypted_key: Vec<u8>,
}

/// A user's keys by provider name.
///
/// # Errors
/// Those of the database.
pub async fn list(db: impl SqliteExecutor<'_>, user: UserId) -> Result<Vec<SealedKey>, sqlx::Error> {
    sqlx::query!(
        "select provider, last4, encrypted_key, created_at from api_keys where user_id = ? order by provider",
        user.0
    )
    .fetch_all(db)
    .await?
    .into_iter()
    .map(|row| {
        Ok(SealedKey {
            provider: row.provider.parse().map_err(|e| corrupt("provider", e))?,
            last4: row.last4,
            created_at: Timestamp::from_millis(row.created_at),
            encrypted_key: row.encrypted_key,
        })
    })
    .collect()
}

/// The ciphertext of a user's key for a provider.
///
/// # Errors
/// Those of the database.
pub async fn find(
    db: impl SqliteExecutor<'_>,
    user: UserId,
    provider: Provider,
) -> Result<Option<Vec<u8>>, sqlx::Error> {
    let provider = provider.as_str();
    sqlx::query_scalar!(
        "select encrypted_key from api_keys where user_id = ? and provider = ?",
        user.0,
        provider
    )
    .fetch_optional(db)
    .await
}

/// Stores or replaces a key.
///
/// # Errors
/// Those of the database.
pub async fn put(
    tx: &mut Transaction<'_, Sqlite>,
    user: UserId,
    provider: Provider,
    encrypted_key: &[u8],
    last4: &str,
    now: i64,
) -> Result<(), sqlx::Error> {
    let provider = provider.as_str();
    sqlx::query!(
        "insert into api_keys (user_id, provider, encrypted_key, last4, created_at) values (?1, ?2, ?3, ?4, ?5)
         on conflict (user_id, provider) do update set encrypted_key = ?3, last4 = ?4, created_at = ?5",
        user.0,
        provider,
        encrypted_key,
        last4,
        now
    )
    .execute(&mut **tx)
    .await
    .map(drop)
}

/// Forgets a key; tells whether there was one.
///
/// # Errors
/// Those of the database.
pub async fn delete(
    tx: &mut Transaction<'_, Sqlite>,
    user: UserId,
    provider: Provider,
) -> Result<bool, sqlx::Error> {
    let provider = provider.as_str();
    let done = sqlx::query!("delete from api_keys where user_id = ? and provider = ?", user.0, provider)
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// A row to be sealed anew.
#[derive(Clone, Debug)]
pub struct KeyRow {
    /// Row id.
    pub id: i64,
    /// Owner.
    pub user: UserId,
    /// Provider as stored.
    pub provider: String,
    /// Key id, nonce and ciphertext.
    pub encrypted_key: Vec<u8>,
}

/// The rows of all users that are not sealed with the master key of this id.
///
/// # Errors
/// Those of the database.
pub async fn of_other_master_keys(
    db: impl SqliteExecutor<'_>,
    key_id: &str,
) -> Result<Vec<KeyRow>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select id as "id!", user_id, provider, encrypted_key from api_keys where key_id <> ? order by id"#,
        key_id
    );
    let rows = rows.fetch_all(db).await?.into_iter().map(|row| KeyRow {
        id: row.id,
        user: UserId(row.user_id),
        provider: row.provider,
        encrypted_key: row.encrypted_key,
    });
    Ok(rows.collect())
}

/// Replaces what is sealed, nothing else.
///
/// # Errors
/// Those of the database.
pub async fn reseal(
    tx: &mut Transaction<'_, Sqlite>,
    id: i64,
    encrypted_key: &[u8],
) -> Result<(), sqlx::Error> {
    sqlx::query!("update api_keys set encrypted_key = ? where id = ?", encrypted_key, id)
        .execute(&mut **tx)
        .await
        .map(drop)
}

/// Users who have a key, by name.
///
/// # Errors
/// Those of the database.
pub async fn owners(db: impl SqliteExecutor<'_>) -> Result<Vec<(UserId, Username)>, sqlx::Error> {
    sqlx::query!(
        r#"select id as "id!", username from users where id in (select user_id from api_keys) order by username"#
    )
    .fetch_all(db)
    .await?
    .into_iter()
    .map(|row| Ok((UserId(row.id), row.username.parse().map_err(|e| corrupt("username", e))?)))
    .collect()
}
