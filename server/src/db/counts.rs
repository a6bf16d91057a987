//! SQL for numbers about the whole installation; it names nobody.

use sqlx::SqlitePool;

/// How much there is of what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Users.
    pub users: i64,
    /// Sessions that have not ended.
    pub sessions: i64,
    /// Instances by state.
    pub instances: Vec<(String, i64)>,
    /// Projects by state.
    pub projects: Vec<(String, i64)>,
    /// Starts that wait for room.
    pub queued: i64,
    /// Milliseconds for which the first of them has waited; 0 if none does.
    pub longest_wait: i64,
}

/// Counts; `now` in milliseconds since the Unix epoch.
///
/// # Errors
/// Those of the database.
pub async fn read(db: &SqlitePool, now: i64) -> Result<Counts, sqlx::Error> {
    let users = sqlx::query_scalar!("select count(*) from users").fetch_one(db).await?;
    let sessions =
        sqlx::query_scalar!("select count(*) from sessions where expires_at > ?", now).fetch_one(db).await?;
    let instances =
        sqlx::query!(r#"select status, count(*) as "count!: i64" from agent_instances group by status"#)
            .fetch_all(db)
            .await?;
    let projects = sqlx::query!(r#"select status, count(*) as "count!: i64" from projects group by status"#)
        .fetch_all(db)
        .await?;
    let queue = sqlx::query!(
        r#"select count(*) as "count!: i64", min(queued_at) as "oldest?: i64" from agent_instances
           where status = 'running' and queued_at is not null and project_id is not null"#
    )
    .fetch_one(db)
    .await?;
    Ok(Counts {
        users,
        sessions,
        instances: instances.into_iter().map(|row| (row.status, row.count)).collect(),
        projects: projects.into_iter().map(|row| (row.status, row.count)).collect(),
        queued: queue.count,
        longest_wait: queue.oldest.map_or(0, |since| (now - since).max(0)),
    })
}
