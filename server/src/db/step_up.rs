//! SQL for what a sign-in may do: when its password was typed, and in which terminals it may type.

use app::model::{ProjectId, UserId};
use sqlx::{Sqlite, SqliteExecutor, Transaction};

/// When the password was last typed in a user's sign-in, in milliseconds; none if there is no such sign-in.
///
/// # Errors
/// Those of the database.
pub async fn confirmed_at(
    db: impl SqliteExecutor<'_>,
    user: UserId,
    session: &str,
) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar!("select confirmed_at from sessions where id = ? and user_id = ?", session, user.0)
        .fetch_optional(db)
        .await
}

/// Notes that the password was typed just now; tells whether there is such a sign-in.
///
/// # Errors
/// Those of the database.
pub async fn confirm(
    tx: &mut Transaction<'_, Sqlite>,
    user: UserId,
    session: &str,
    now: i64,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update sessions set confirmed_at = ? where id = ? and user_id = ?",
        now,
        session,
        user.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Whether a sign-in may type in the terminal of its user's project.
///
/// # Errors
/// Those of the database.
pub async fn may_type(
    db: impl SqliteExecutor<'_>,
    user: UserId,
    project: ProjectId,
    session: &str,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (
               select 1 from terminal_devices d join projects p on p.id = d.project_id
               where d.project_id = ? and d.session_id = ? and p.user_id = ?
           ) as "may!: bool""#,
        project.0,
        session,
        user.0
    )
    .fetch_one(db)
    .await
}

/// Lets a sign-in type in the terminal of its user's project; fine when it may already, or when either is gone.
///
/// # Errors
/// Those of the database.
pub async fn let_type(
    tx: &mut Transaction<'_, Sqlite>,
    user: UserId,
    project: ProjectId,
    session: &str,
    now: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into terminal_devices (project_id, session_id, created_at)
         select p.id, s.id, ?1 from projects p join sessions s on s.user_id = p.user_id
         where p.id = ?2 and s.id = ?3 and p.user_id = ?4
         on conflict do nothing",
        now,
        project.0,
        session,
        user.0
    )
    .execute(&mut **tx)
    .await
    .map(drop)
}
