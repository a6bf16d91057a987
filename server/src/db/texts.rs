//! SQL for the long texts of a project, which are saved one at a time while they are written.

use app::model::{ProjectId, TextKind, UserId};
use sqlx::{Sqlite, Transaction};

/// Replaces one of a project's long texts; tells whether there is such a project.
///
/// # Errors
/// Those of the database.
pub async fn set(
    tx: &mut Transaction<'_, Sqlite>,
    user: UserId,
    id: ProjectId,
    kind: TextKind,
    text: &str,
    now: i64,
) -> Result<bool, sqlx::Error> {
    let name = kind.as_str();
    let done = sqlx::query!(
        "update projects
         set description = case when ?1 = 'description' then ?2 else description end,
             architecture = case when ?1 = 'architecture' then nullif(?2, '') else architecture end,
             updated_at = ?3
         where user_id = ?4 and id = ?5",
        name,
        text,
        now,
        user.0,
        id.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}
