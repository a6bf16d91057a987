//! SQL for the ways back that people took.
//!
//! Must not know how files are put aside: it stores what the runner calls them.

use app::model::{Page, ProjectId, Timestamp, Undo, UndoId, UserId};
use sqlx::{Sqlite, SqlitePool, Transaction};

/// The ways back of a project, newest first.
///
/// # Errors
/// Those of the database.
pub async fn list(
    db: &SqlitePool,
    user: UserId,
    project: ProjectId,
    page: Page,
) -> Result<Vec<Undo>, sqlx::Error> {
    let limit = page.sql_limit();
    let rows = sqlx::query!(
        r#"select id as "id!", label, created_at, undone_at from undos
           where user_id = ?1 and project_id = ?2 and (?3 is null or id < ?3) order by id desc limit ?4"#,
        user.0,
        project.0,
        page.after,
        limit
    );
    Ok(rows
        .fetch_all(db)
        .await?
        .into_iter()
        .map(|row| Undo {
            id: UndoId(row.id),
            label: row.label,
            created_at: Timestamp::from_millis(row.created_at),
            undone_at: row.undone_at.map(Timestamp::from_millis),
        })
        .collect())
}

/// What the runner calls the files of one way back, if it was not brought back yet.
///
/// # Errors
/// Those of the database.
pub async fn reference(
    db: &SqlitePool,
    user: UserId,
    project: ProjectId,
    id: UndoId,
) -> Result<Option<String>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select ref as "reference" from undos
           where user_id = ? and project_id = ? and id = ? and undone_at is null"#,
        user.0,
        project.0,
        id.0
    );
    Ok(rows.fetch_all(db).await?.pop().map(|row| row.reference))
}

/// Records a way back.
///
/// # Errors
/// Those of the database.
pub async fn insert(
    tx: &mut Transaction<'_, Sqlite>,
    user: UserId,
    project: ProjectId,
    reference: &str,
    label: &str,
    now: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into undos (user_id, project_id, ref, label, created_at) values (?, ?, ?, ?, ?)",
        user.0,
        project.0,
        reference,
        label,
        now
    )
    .execute(&mut **tx)
    .await
    .map(drop)
}

/// Records that a way back was brought back.
///
/// # Errors
/// Those of the database.
pub async fn set_undone(
    tx: &mut Transaction<'_, Sqlite>,
    user: UserId,
    id: UndoId,
    now: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query!("update undos set undone_at = ? where user_id = ? and id = ?", now, user.0, id.0)
        .execute(&mut **tx)
        .await
        .map(drop)
}
