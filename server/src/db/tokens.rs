//! SQL for personal access tokens.
//!
//! Must not get tokens; it stores and compares hashes.

use app::model::{PersonalToken, Scope, Timestamp, TokenId, UserId, Viewer};
use sqlx::{Sqlite, SqliteExecutor, Transaction};

use super::{corrupt, users::parse_role};

/// A token to be stored.
#[derive(Clone, Debug)]
pub struct NewRow<'a> {
    /// What it is for.
    pub name: &'a str,
    /// SHA-256 of the token.
    pub hash: &'a [u8],
    /// What it may do.
    pub scopes: &'a [Scope],
    /// When it ends, in milliseconds.
    pub expires_at: Option<i64>,
}

/// Whose token it is, and what it may do.
#[derive(Clone, Debug)]
pub struct Bearer {
    /// Row id.
    pub id: TokenId,
    /// Its owner, with the role of this moment and no session.
    pub viewer: Viewer,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When it was used last, in milliseconds.
    pub last_used_at: Option<i64>,
}

fn scopes_text(scopes: &[Scope]) -> String {
    scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(",")
}

fn parse_scopes(text: &str) -> Result<Vec<Scope>, sqlx::Error> {
    text.split(',').map(|name| Scope::parse(name).ok_or_else(|| corrupt("scopes", text))).collect()
}

/// Stores a token.
///
/// # Errors
/// Those of the database; a second token of the same name violates `personal_tokens.user_id, personal_tokens.name`.
pub async fn insert(
    tx: &mut Transaction<'_, Sqlite>,
    user: UserId,
    new: &NewRow<'_>,
    now: i64,
) -> Result<TokenId, sqlx::Error> {
    let scopes = scopes_text(new.scopes);
    let done = sqlx::query!(
        "insert into personal_tokens (user_id, name, token_hash, scopes, created_at, expires_at)
         values (?, ?, ?, ?, ?, ?)",
        user.0,
        new.name,
        new.hash,
        scopes,
        now,
        new.expires_at
    )
    .execute(&mut **tx)
    .await?;
    Ok(TokenId(done.last_insert_rowid()))
}

/// A user's tokens, newest first, those that ended by time included.
///
/// # Errors
/// Those of the database.
pub async fn list(db: impl SqliteExecutor<'_>, user: UserId) -> Result<Vec<PersonalToken>, sqlx::Error> {
    sqlx::query!(
        r#"select id as "id!", name, scopes, created_at, expires_at, last_used_at
           from personal_tokens where user_id = ? order by id desc"#,
        user.0
    )
    .fetch_all(db)
    .await?
    .into_iter()
    .map(|row| {
        Ok(PersonalToken {
            id: TokenId(row.id),
            name: row.name,
            scopes: parse_scopes(&row.scopes)?,
            created_at: Timestamp::from_millis(row.created_at),
            expires_at: row.expires_at.map(Timestamp::from_millis),
            last_used_at: row.last_used_at.map(Timestamp::from_millis),
        })
    })
    .collect()
}

/// How many tokens a user has.
///
/// # Errors
/// Those of the database.
pub async fn count(db: impl SqliteExecutor<'_>, user: UserId) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(r#"select count(*) as "count!: i64" from personal_tokens where user_id = ?"#, user.0)
        .fetch_one(db)
        .await
}

/// Removes a token of a user and tells what it was called; none if there is no such token.
///
/// # Errors
/// Those of the database.
pub async fn delete(
    tx: &mut Transaction<'_, Sqlite>,
    user: UserId,
    id: TokenId,
) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!(
        "delete from personal_tokens where user_id = ? and id = ? returning name",
        user.0,
        id.0
    )
    .fetch_optional(&mut **tx)
    .await
}

/// Removes all tokens of a user.
///
/// # Errors
/// Those of the database.
pub async fn delete_of_user(tx: &mut Transaction<'_, Sqlite>, user: UserId) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from personal_tokens where user_id = ?", user.0).execute(&mut **tx).await.map(drop)
}

/// The token of this hash, unless it ended by time.
///
/// # Errors
/// Those of the database.
pub async fn bearer(
    db: impl SqliteExecutor<'_>,
    hash: &[u8],
    now: i64,
) -> Result<Option<Bearer>, sqlx::Error> {
    sqlx::query!(
        r#"select t.id as "id!", t.scopes, t.last_used_at, u.id as "user_id!", u.username, u.role
           from personal_tokens t join users u on u.id = t.user_id
           where t.token_hash = ?1 and (t.expires_at is null or t.expires_at > ?2) and u.deleting_at is null"#,
        hash,
        now
    )
    .fetch_optional(db)
    .await?
    .map(|row| {
        Ok(Bearer {
            id: TokenId(row.id),
            viewer: Viewer {
                id: UserId(row.user_id),
                username: row.username.parse().map_err(|e| corrupt("username", e))?,
                role: parse_role(&row.role)?,
                session: Default::default(),
            },
            scopes: parse_scopes(&row.scopes)?,
            last_used_at: row.last_used_at,
        })
    })
    .transpose()
}

/// Whether a token still exists.
///
/// # Errors
/// Those of the database.
pub async fn is_valid(db: impl SqliteExecutor<'_>, id: TokenId, now: i64) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (
               select 1 from personal_tokens t join users u on u.id = t.user_id
               where t.id = ?1 and (t.expires_at is null or t.expires_at > ?2) and u.deleting_at is null
           ) as "valid!: bool""#,
        id.0,
        now
    )
    .fetch_one(db)
    .await
}

/// Notes that a token was used.
///
/// # Errors
/// Those of the database.
pub async fn used(tx: &mut Transaction<'_, Sqlite>, id: TokenId, now: i64) -> Result<(), sqlx::Error> {
    sqlx::query!("update personal_tokens set last_used_at = ? where id = ?", now, id.0)
        .execute(&mut **tx)
        .await
        .map(drop)
}
