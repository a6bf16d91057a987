//! SQL for accounts.
//!
//! Must not know how a password is hashed or checked.

use app::model::{Notifications, Page, Role, Timestamp, User, UserId, UserSummary, Username};
use sqlx::{Sqlite, SqliteExecutor, Transaction};

use super::corrupt;

/// An account with what is needed to check its password.
#[derive(Clone, Debug)]
pub struct StoredUser {
    /// The account.
    pub user: User,
    /// Argon2 PHC string.
    pub password_hash: String,
}

fn user(id: i64, username: String, role: &str, created_at: i64) -> Result<User, sqlx::Error> {
    Ok(User {
        id: UserId(id),
        username: username.parse().map_err(|e| corrupt("username", e))?,
        role: parse_role(role)?,
        created_at: Timestamp::from_millis(created_at),
    })
}

/// The role that a column's text means.
pub(super) fn parse_role(text: &str) -> Result<Role, sqlx::Error> {
    match text {
        "admin" => Ok(Role::Admin),
        "user" => Ok(Role::User),
        other => Err(corrupt("role", other)),
    }
}

fn role_text(role: Role) -> &'static str {
    match role {
        Role::Admin => "admin",
        Role::User => "user",
    }
}

/// How many accounts there are, those being deleted included.
///
/// # Errors
/// Those of the database.
pub async fn count(db: impl SqliteExecutor<'_>) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(r#"select count(*) as "count!: i64" from users"#).fetch_one(db).await
}

/// How many admins there would be without this user; those being deleted do not count.
///
/// # Errors
/// Those of the database.
pub async fn count_admins_but(db: impl SqliteExecutor<'_>, id: UserId) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!: i64" from users
           where role = 'admin' and deleting_at is null and id <> ?"#,
        id.0
    )
    .fetch_one(db)
    .await
}

/// What a user is now, unless the account is being deleted.
///
/// # Errors
/// Those of the database.
pub async fn role(db: impl SqliteExecutor<'_>, id: UserId) -> Result<Option<Role>, sqlx::Error> {
    let row = sqlx::query_scalar!("select role from users where id = ? and deleting_at is null", id.0);
    row.fetch_optional(db).await?.map(|role| parse_role(&role)).transpose()
}

/// An account by its login name, unless it is being deleted.
///
/// # Errors
/// Those of the database.
pub async fn find_by_name(
    db: impl SqliteExecutor<'_>,
    username: &Username,
) -> Result<Option<StoredUser>, sqlx::Error> {
    let username = username.as_str();
    sqlx::query!(
        r#"select id as "id!", username, password_hash, role, created_at
           from users where username = ? and deleting_at is null"#,
        username
    )
    .fetch_optional(db)
    .await?
    .map(|row| {
        Ok(StoredUser {
            user: user(row.id, row.username, &row.role, row.created_at)?,
            password_hash: row.password_hash,
        })
    })
    .transpose()
}

/// An account by its id, one being deleted too.
///
/// # Errors
/// Those of the database.
pub async fn find(db: impl SqliteExecutor<'_>, id: UserId) -> Result<Option<User>, sqlx::Error> {
    sqlx::query!(r#"select id as "id!", username, role, created_at from users where id = ?"#, id.0)
        .fetch_optional(db)
        .await?
        .map(|row| user(row.id, row.username, &row.role, row.created_at))
        .transpose()
}

/// Accounts with their counts, oldest first, without those being deleted.
///
/// # Errors
/// Those of the database.
pub async fn summaries(
    db: impl SqliteExecutor<'_>,
    page: Page,
    now: i64,
) -> Result<Vec<UserSummary>, sqlx::Error> {
    let limit = page.sql_limit();
    sqlx::query!(
        r#"select u.id as "id!", u.username, u.role, u.created_at, u.last_sign_in_at,
                  (select count(*) from agents a where a.user_id = u.id) as "agents!: i64",
                  (select count(*) from agent_instances i where i.user_id = u.id and i.status = 'running')
                      as "running_instances!: i64",
                  (select count(*) from sessions s where s.user_id = u.id and s.expires_at > ?3) as "sessions!: i64",
                  exists (select 1 from second_factors f where f.user_id = u.id and f.confirmed_at is not null)
                      as "second_factor!: bool"
           from users u where u.deleting_at is null and (?1 is null or u.id > ?1) order by u.id limit ?2"#,
        page.after,
        limit,
        now
    )
    .fetch_all(db)
    .await?
    .into_iter()
    .map(|row| {
        Ok(UserSummary {
            user: user(row.id, row.username, &row.role, row.created_at)?,
            agents: row.agents,
            running_instances: row.running_instances,
            last_sign_in_at: row.last_sign_in_at.map(Timestamp::from_millis),
            sessions: row.sessions,
            second_factor: row.second_factor,
            disk: None,
            isolation_warning: None,
        })
    })
    .collect()
}

/// Creates an account.
///
/// # Errors
/// Those of the database; a taken name violates `users.username`.
pub async fn insert(
    tx: &mut Transaction<'_, Sqlite>,
    username: &Username,
    password_hash: &str,
    role: Role,
    now: i64,
) -> Result<UserId, sqlx::Error> {
    let (username, role) = (username.as_str(), role_text(role));
    let done = sqlx::query!(
        "insert into users (username, password_hash, role, created_at) values (?, ?, ?, ?)",
        username,
        password_hash,
        role,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(UserId(done.last_insert_rowid()))
}

/// The stored hash of a user's password, unless the account is being deleted.
///
/// # Errors
/// Those of the database.
pub async fn password_hash(db: impl SqliteExecutor<'_>, id: UserId) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!("select password_hash from users where id = ? and deleting_at is null", id.0)
        .fetch_optional(db)
        .await
}

/// Replaces a user's password.
///
/// # Errors
/// Those of the database.
pub async fn set_password(
    tx: &mut Transaction<'_, Sqlite>,
    id: UserId,
    password_hash: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!("update users set password_hash = ? where id = ?", password_hash, id.0)
        .execute(&mut **tx)
        .await
        .map(drop)
}

/// Gives a user another role.
///
/// # Errors
/// Those of the database.
pub async fn set_role(tx: &mut Transaction<'_, Sqlite>, id: UserId, role: Role) -> Result<(), sqlx::Error> {
    let role = role_text(role);
    sqlx::query!("update users set role = ? where id = ?", role, id.0).execute(&mut **tx).await.map(drop)
}

/// Notes that a user signed in.
///
/// # Errors
/// Those of the database.
pub async fn signed_in(tx: &mut Transaction<'_, Sqlite>, id: UserId, now: i64) -> Result<(), sqlx::Error> {
    sqlx::query!("update users set last_sign_in_at = ? where id = ?", now, id.0)
        .execute(&mut **tx)
        .await
        .map(drop)
}

/// What a user wants to be told.
///
/// # Errors
/// Those of the database.
pub async fn notifications(
    db: impl SqliteExecutor<'_>,
    id: UserId,
) -> Result<Option<Notifications>, sqlx::Error> {
    let row = sqlx::query!(
        r#"select notify_help as "needs_help!: bool", notify_completed as "completed!: bool"
           from users where id = ?"#,
        id.0
    );
    let row = row.fetch_optional(db).await?;
    Ok(row.map(|row| Notifications { needs_help: row.needs_help, completed: row.completed }))
}

/// Replaces what a user wants to be told.
///
/// # Errors
/// Those of the database.
pub async fn set_notifications(
    tx: &mut Transaction<'_, Sqlite>,
    id: UserId,
    wanted: Notifications,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update users set notify_help = ?, notify_completed = ? where id = ?",
        wanted.needs_help,
        wanted.completed,
        id.0
    )
    .execute(&mut **tx)
    .await
    .map(drop)
}

/// Marks an account as being deleted: nobody can sign in to it any more.
///
/// # Errors
/// Those of the database.
pub async fn mark_deleting(
    tx: &mut Transaction<'_, Sqlite>,
    id: UserId,
    now: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query!("update users set deleting_at = ? where id = ? and deleting_at is null", now, id.0)
        .execute(&mut **tx)
        .await
        .map(drop)
}

/// Accounts whose deletion was begun and is not finished.
///
/// # Errors
/// Those of the database.
pub async fn deleting(db: impl SqliteExecutor<'_>) -> Result<Vec<User>, sqlx::Error> {
    sqlx::query!(
        r#"select id as "id!", username, role, created_at from users where deleting_at is not null order by id"#
    )
    .fetch_all(db)
    .await?
    .into_iter()
    .map(|row| user(row.id, row.username, &row.role, row.created_at))
    .collect()
}

/// Removes an account and every row that is its owner's.
///
/// # Errors
/// Those of the database.
pub async fn delete(tx: &mut Transaction<'_, Sqlite>, id: UserId) -> Result<(), sqlx::Error> {
    // Projects first: they restrict the deletion of agents, and SQLite chooses the order of its cascades.
    sqlx::query!("delete from projects where user_id = ?", id.0).execute(&mut **tx).await?;
    sqlx::query!("delete from users where id = ?", id.0).execute(&mut **tx).await.map(drop)
}
