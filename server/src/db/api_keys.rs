//! SQL for API keys; it stores ciphertext and never sees a key.

use app::model::{ApiKeyInfo, Provider, Timestamp, UserId};
use sqlx::{Sqlite, SqliteExecutor, Transaction};

use super::corrupt;

/// A stored key as it lies in the database.
#[derive(Clone, Debug)]
pub struct SealedKey {
    /// What may be shown.
    pub info: ApiKeyInfo,
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
            info: ApiKeyInfo {
                provider: row.provider.parse().map_err(|e| corrupt("provider", e))?,
                last4: row.last4,
                created_at: Timestamp::from_millis(row.created_at),
            },
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
