//! SQL for starts that wait for room: the wish is the instance's row, so a restart of the server forgets none.

use app::model::{InstanceId, ProjectId, UserId};
use sqlx::{Sqlite, SqliteExecutor, Transaction};

/// A run that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Whose.
    pub user: UserId,
    /// The instance to start.
    pub instance: InstanceId,
    /// The project it will work on.
    pub project: ProjectId,
}

/// All that waits, longest first.
///
/// # Errors
/// Those of the database.
pub async fn waiting(db: impl SqliteExecutor<'_>) -> Result<Vec<Waiting>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select id as "id!", user_id, project_id as "project_id!" from agent_instances
           where status = 'running' and queued_at is not null and project_id is not null order by queued_at, id"#
    );
    let rows = rows.fetch_all(db).await?.into_iter();
    Ok(rows
        .map(|row| Waiting {
            user: UserId(row.user_id),
            instance: InstanceId(row.id),
            project: ProjectId(row.project_id),
        })
        .collect())
}

/// How many let-in instances each user has.
///
/// # Errors
/// Those of the database.
pub async fn working(db: impl SqliteExecutor<'_>) -> Result<Vec<(UserId, u32)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select user_id, count(*) as "count!: u32" from agent_instances
           where status = 'running' and queued_at is null group by user_id"#
    );
    Ok(rows.fetch_all(db).await?.into_iter().map(|row| (UserId(row.user_id), row.count)).collect())
}

/// Lets a wish wait from now on.
///
/// # Errors
/// Those of the database.
pub async fn enqueue(tx: &mut Transaction<'_, Sqlite>, id: InstanceId, now: i64) -> Result<(), sqlx::Error> {
    sqlx::query!("update agent_instances set queued_at = ? where id = ?", now, id.0)
        .execute(&mut **tx)
        .await
        .map(drop)
}

/// Lets a waiting instance in; false if it waits no more, because it was stopped or let in before.
///
/// # Errors
/// Those of the database.
pub async fn admit(tx: &mut Transaction<'_, Sqlite>, id: InstanceId) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update agent_instances set queued_at = null
         where id = ? and status = 'running' and queued_at is not null",
        id.0
    );
    Ok(done.execute(&mut **tx).await?.rows_affected() > 0)
}
