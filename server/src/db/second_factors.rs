//! SQL for second factors; it stores ciphertext and hashes and sees neither a secret nor a code.

use app::model::UserId;
use sqlx::{Sqlite, SqliteExecutor, Transaction};

/// A stored second factor.
#[derive(Clone, Debug)]
pub struct StoredFactor {
    /// Key id, nonce and ciphertext.
    pub encrypted_secret: Vec<u8>,
    /// Whether a right code came once; before that it asks nobody for one.
    pub confirmed: bool,
}

/// A user's second factor, one that was never confirmed too.
///
/// # Errors
/// Those of the database.
pub async fn find(db: impl SqliteExecutor<'_>, user: UserId) -> Result<Option<StoredFactor>, sqlx::Error> {
    let row = sqlx::query!(
        r#"select encrypted_secret, confirmed_at is not null as "confirmed!: bool"
           from second_factors where user_id = ?"#,
        user.0
    );
    let row = row.fetch_optional(db).await?;
    Ok(row.map(|row| StoredFactor { encrypted_secret: row.encrypted_secret, confirmed: row.confirmed }))
}

/// Whether signing in asks a user for a code.
///
/// # Errors
/// Those of the database.
pub async fn is_on(db: impl SqliteExecutor<'_>, user: UserId) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (select 1 from second_factors where user_id = ? and confirmed_at is not null)
               as "on!: bool""#,
        user.0
    )
    .fetch_one(db)
    .await
}

/// Stores a secret that is still to be confirmed, in place of another such one; tells whether there was room for it,
/// which there is not while a confirmed one is there.
///
/// # Errors
/// Those of the database.
pub async fn begin(
    tx: &mut Transaction<'_, Sqlite>,
    user: UserId,
    encrypted_secret: &[u8],
    now: i64,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "insert into second_factors (user_id, encrypted_secret, created_at) values (?1, ?2, ?3)
         on conflict (user_id) do update set encrypted_secret = ?2, created_at = ?3, last_step = 0
         where confirmed_at is null",
        user.0,
        encrypted_secret,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Switches a second factor on; tells whether there was one to be confirmed.
///
/// # Errors
/// Those of the database.
pub async fn confirm(tx: &mut Transaction<'_, Sqlite>, user: UserId, now: i64) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update second_factors set confirmed_at = ? where user_id = ? and confirmed_at is null",
        now,
        user.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Uses up a time step with all before it; tells whether it was not used yet.
///
/// # Errors
/// Those of the database.
pub async fn use_step(
    tx: &mut Transaction<'_, Sqlite>,
    user: UserId,
    step: i64,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update second_factors set last_step = ?1 where user_id = ?2 and last_step < ?1",
        step,
        user.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Uses up a recovery code; tells whether there was such a one that was not used yet.
///
/// # Errors
/// Those of the database.
pub async fn use_recovery_code(
    tx: &mut Transaction<'_, Sqlite>,
    user: UserId,
    hash: &[u8],
    now: i64,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update recovery_codes set used_at = ? where user_id = ? and code_hash = ? and used_at is null",
        now,
        user.0,
        hash
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Replaces all recovery codes of a user.
///
/// # Errors
/// Those of the database.
pub async fn replace_recovery_codes(
    tx: &mut Transaction<'_, Sqlite>,
    user: UserId,
    hashes: &[[u8; 32]],
) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from recovery_codes where user_id = ?", user.0).execute(&mut **tx).await?;
    for hash in hashes {
        let hash = hash.as_slice();
        sqlx::query!("insert into recovery_codes (user_id, code_hash) values (?, ?)", user.0, hash)
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

/// How many recovery codes of a user can still be used.
///
/// # Errors
/// Those of the database.
pub async fn recovery_codes_left(db: impl SqliteExecutor<'_>, user: UserId) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!: i64" from recovery_codes where user_id = ? and used_at is null"#,
        user.0
    )
    .fetch_one(db)
    .await
}

/// Removes a user's second factor with its recovery codes; tells whether it was on.
///
/// # Errors
/// Those of the database.
pub async fn delete(tx: &mut Transaction<'_, Sqlite>, user: UserId) -> Result<bool, sqlx::Error> {
    let was_on = is_on(&mut **tx, user).await?;
    sqlx::query!("delete from second_factors where user_id = ?", user.0).execute(&mut **tx).await?;
    Ok(was_on)
}

/// Secrets of all users that are not sealed with the master key of this id.
///
/// # Errors
/// Those of the database.
pub async fn of_other_master_keys(
    db: impl SqliteExecutor<'_>,
    key_id: &str,
) -> Result<Vec<(UserId, Vec<u8>)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select user_id as "user_id!", encrypted_secret from second_factors where key_id <> ? order by user_id"#,
        key_id
    );
    let rows = rows.fetch_all(db).await?;
    Ok(rows.into_iter().map(|row| (UserId(row.user_id), row.encrypted_secret)).collect())
}

/// Replaces what is sealed, nothing else.
///
/// # Errors
/// Those of the database.
pub async fn reseal(
    tx: &mut Transaction<'_, Sqlite>,
    user: UserId,
    encrypted_secret: &[u8],
) -> Result<(), sqlx::Error> {
    sqlx::query!("update second_factors set encrypted_secret = ? where user_id = ?", encrypted_secret, user.0)
        .execute(&mut **tx)
        .await
        .map(drop)
}
