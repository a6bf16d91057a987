//! SQL for users' own model servers; it stores ciphertext and never sees a key.

use app::model::{CustomProvider, ProviderName, Timestamp, UserId, WireFormat};
use sqlx::{Sqlite, SqliteExecutor, Transaction};

use super::corrupt;

/// A model server as it lies in the database.
#[derive(Clone, Debug)]
pub struct StoredProvider {
    /// What may be shown.
    pub info: CustomProvider,
    /// Key id, nonce and ciphertext, if there is a key.
    pub encrypted_key: Option<Vec<u8>>,
}

struct Row {
    name: String,
    base_url: String,
    wire_format: String,
    encrypted_key: Option<Vec<u8>>,
    last4: Option<String>,
    created_at: i64,
}

impl Row {
    fn stored(self) -> Result<StoredProvider, sqlx::Error> {
        let wire = WireFormat::parse(&self.wire_format)
            .ok_or_else(|| corrupt("wire_format", format!("unknown format {}", self.wire_format)))?;
        Ok(StoredProvider {
            info: CustomProvider {
                name: self.name.parse().map_err(|e| corrupt("name", e))?,
                base_url: self.base_url,
                wire_format: wire,
                last4: self.last4,
                created_at: Timestamp::from_millis(self.created_at),
                // Who has the master key finds out.
                enter_again: false,
            },
            encrypted_key: self.encrypted_key,
        })
    }
}

/// A user's model servers by name.
///
/// # Errors
/// Those of the database.
pub async fn list(db: impl SqliteExecutor<'_>, user: UserId) -> Result<Vec<StoredProvider>, sqlx::Error> {
    sqlx::query_as!(
        Row,
        "select name, base_url, wire_format, encrypted_key, last4, created_at from custom_providers
         where user_id = ? order by name",
        user.0
    )
    .fetch_all(db)
    .await?
    .into_iter()
    .map(Row::stored)
    .collect()
}

/// One of a user's model servers.
///
/// # Errors
/// Those of the database.
pub async fn find(
    db: impl SqliteExecutor<'_>,
    user: UserId,
    name: &str,
) -> Result<Option<StoredProvider>, sqlx::Error> {
    sqlx::query_as!(
        Row,
        "select name, base_url, wire_format, encrypted_key, last4, created_at from custom_providers
         where user_id = ? and name = ?",
        user.0,
        name
    )
    .fetch_optional(db)
    .await?
    .map(Row::stored)
    .transpose()
}

/// Adds a model server or replaces all but the date.
///
/// # Errors
/// Those of the database.
pub async fn put(
    tx: &mut Transaction<'_, Sqlite>,
    user: UserId,
    provider: &StoredProvider,
) -> Result<(), sqlx::Error> {
    let StoredProvider { info, encrypted_key } = provider;
    let (name, wire, created_at) =
        (info.name.as_str(), info.wire_format.as_str(), info.created_at.as_millis());
    sqlx::query!(
        "insert into custom_providers (user_id, name, base_url, wire_format, encrypted_key, last4, created_at)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         on conflict (user_id, name) do update
         set base_url = ?3, wire_format = ?4, encrypted_key = ?5, last4 = ?6",
        user.0,
        name,
        info.base_url,
        wire,
        encrypted_key,
        info.last4,
        created_at
    )
    .execute(&mut **tx)
    .await
    .map(drop)
}

/// Forgets a model server; tells whether there was one.
///
/// # Errors
/// Those of the database.
pub async fn delete(
    tx: &mut Transaction<'_, Sqlite>,
    user: UserId,
    name: &ProviderName,
) -> Result<bool, sqlx::Error> {
    let name = name.as_str();
    let done = sqlx::query!("delete from custom_providers where user_id = ? and name = ?", user.0, name)
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// A key to be sealed anew.
#[derive(Clone, Debug)]
pub struct KeyRow {
    /// Row id.
    pub id: i64,
    /// Owner.
    pub user: UserId,
    /// What the model server is called.
    pub name: ProviderName,
    /// Key id, nonce and ciphertext.
    pub encrypted_key: Vec<u8>,
}

/// The keys of all users that are not sealed with the master key of this id.
///
/// # Errors
/// Those of the database.
pub async fn of_other_master_keys(
    db: impl SqliteExecutor<'_>,
    key_id: &str,
) -> Result<Vec<KeyRow>, sqlx::Error> {
    sqlx::query!(
        r#"select id as "id!", user_id, name, encrypted_key as "encrypted_key!" from custom_providers
           where encrypted_key is not null and key_id <> ? order by id"#,
        key_id
    )
    .fetch_all(db)
    .await?
    .into_iter()
    .map(|row| {
        Ok(KeyRow {
            id: row.id,
            user: UserId(row.user_id),
            name: row.name.parse().map_err(|e| corrupt("name", e))?,
            encrypted_key: row.encrypted_key,
        })
    })
    .collect()
}

/// Replaces a sealed key, nothing else.
///
/// # Errors
/// Those of the database.
pub async fn reseal(
    tx: &mut Transaction<'_, Sqlite>,
    id: i64,
    encrypted_key: &[u8],
) -> Result<(), sqlx::Error> {
    sqlx::query!("update custom_providers set encrypted_key = ? where id = ?", encrypted_key, id)
        .execute(&mut **tx)
        .await
        .map(drop)
}
