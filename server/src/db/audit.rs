//! SQL for the record of security events.
//!
//! Must not get secrets: what is written here is shown to admins.

use app::model::UserId;
use sqlx::{Sqlite, Transaction};

/// Records that somebody did something; `user` is whom it concerns.
///
/// # Errors
/// Those of the database.
pub async fn insert(
    tx: &mut Transaction<'_, Sqlite>,
    user: Option<UserId>,
    actor: &str,
    action: &str,
    detail: &str,
    now: i64,
) -> Result<(), sqlx::Error> {
    let user = user.map(|id| id.0);
    sqlx::query!(
        "insert into audit (user_id, actor, action, detail, created_at) values (?, ?, ?, ?, ?)",
        user,
        actor,
        action,
        detail,
        now
    )
    .execute(&mut **tx)
    .await
    .map(drop)
}
