//! SQL for instances: which should run, which ran, and the leases of their tokens.

use app::model::{
    AgentId, Instance, InstanceId, InstanceStatus, Page, ProjectId, Timestamp, UserId, Username,
};
use sqlx::{Sqlite, SqlitePool, Transaction};

use super::corrupt;

/// An instance that should be running, with what is needed to start it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WantedInstance {
    /// Row id.
    pub id: InstanceId,
    /// The project it works on.
    pub project: ProjectId,
    /// Whether it waits for room, so that nothing runs yet.
    pub queued: bool,
}

/// Users who have an instance that should be running, without those being deleted.
///
/// # Errors
/// Those of the database.
pub async fn users_with_running(db: &SqlitePool) -> Result<Vec<UserId>, sqlx::Error> {
    let rows = sqlx::query!(
        "select distinct i.user_id from agent_instances i join users u on u.id = i.user_id
         where i.status = 'running' and u.deleting_at is null"
    );
    Ok(rows.fetch_all(db).await?.into_iter().map(|row| UserId(row.user_id)).collect())
}

/// A user's login name, unless the account is being deleted.
///
/// # Errors
/// [`sqlx::Error::RowNotFound`] if there is no such user.
pub async fn username(db: &SqlitePool, user: UserId) -> Result<Username, sqlx::Error> {
    let rows = sqlx::query!("select username from users where id = ? and deleting_at is null", user.0)
        .fetch_all(db)
        .await?;
    let row = rows.into_iter().next().ok_or(sqlx::Error::RowNotFound)?;
    row.username.parse().map_err(|why| corrupt("username", why))
}

/// A user's instances that should be running.
///
/// # Errors
/// Those of the database.
pub async fn running(db: &SqlitePool, user: UserId) -> Result<Vec<WantedInstance>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select id as "id!", project_id as "project_id!", queued_at is not null as "queued!: bool"
           from agent_instances where user_id = ? and status = 'running' and project_id is not null"#,
        user.0
    );
    Ok(rows
        .fetch_all(db)
        .await?
        .into_iter()
        .map(|row| WantedInstance {
            id: InstanceId(row.id),
            project: ProjectId(row.project_id),
            queued: row.queued,
        })
        .collect())
}

/// The newest instance of a project, running or not.
///
/// # Errors
/// Those of the database.
pub async fn latest(
    db: &SqlitePool,
    user: UserId,
    project: ProjectId,
) -> Result<Option<Instance>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select id as "id!", agent_id, pid, status, started_at, stopped_at from agent_instances
           where user_id = ? and project_id = ? order by id desc limit 1"#,
        user.0,
        project.0
    );
    Ok(rows.fetch_all(db).await?.pop().map(|row| Instance {
        id: InstanceId(row.id),
        agent_id: AgentId(row.agent_id),
        project_id: Some(project),
        pid: row.pid,
        status: status_from(&row.status),
        started_at: Timestamp::from_millis(row.started_at),
        stopped_at: row.stopped_at.map(Timestamp::from_millis),
    }))
}

/// Instances of an agent, newest first.
///
/// # Errors
/// Those of the database.
pub async fn of_agent(
    db: &SqlitePool,
    user: UserId,
    agent: AgentId,
    page: Page,
) -> Result<Vec<Instance>, sqlx::Error> {
    let limit = page.sql_limit();
    let rows = sqlx::query!(
        r#"select id as "id!", project_id, pid, status, started_at, stopped_at from agent_instances
           where user_id = ?1 and agent_id = ?2 and (?3 is null or id < ?3) order by id desc limit ?4"#,
        user.0,
        agent.0,
        page.after,
        limit
    );
    Ok(rows
        .fetch_all(db)
        .await?
        .into_iter()
        .map(|row| Instance {
            id: InstanceId(row.id),
            agent_id: agent,
            project_id: row.project_id.map(ProjectId),
            pid: row.pid,
            status: status_from(&row.status),
            started_at: Timestamp::from_millis(row.started_at),
            stopped_at: row.stopped_at.map(Timestamp::from_millis),
        })
        .collect())
}

fn status_from(text: &str) -> InstanceStatus {
    match text {
        "running" => InstanceStatus::Running,
        "stopped" => InstanceStatus::Stopped,
        // The column's check constraint allows only one other text.
        _ => InstanceStatus::Crashed,
    }
}

/// Records a new instance as running; the unique index refuses a second one for the same project.
///
/// # Errors
/// Those of the database.
pub async fn insert(
    tx: &mut Transaction<'_, Sqlite>,
    user: UserId,
    agent: AgentId,
    project: ProjectId,
    now: i64,
) -> Result<InstanceId, sqlx::Error> {
    let done = sqlx::query!(
        "insert into agent_instances (user_id, agent_id, project_id, status, started_at)
         values (?, ?, ?, 'running', ?)",
        user.0,
        agent.0,
        project.0,
        now
    );
    Ok(InstanceId(done.execute(&mut **tx).await?.last_insert_rowid()))
}

/// When an instance was first started, in milliseconds since the Unix epoch.
///
/// # Errors
/// Those of the database.
pub async fn started_at(
    tx: &mut Transaction<'_, Sqlite>,
    user: UserId,
    id: InstanceId,
) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar!("select started_at from agent_instances where user_id = ? and id = ?", user.0, id.0)
        .fetch_optional(&mut **tx)
        .await
}

/// Gives an instance a token: from now on only this one opens the gateway.
///
/// # Errors
/// Those of the database.
pub async fn set_token(
    tx: &mut Transaction<'_, Sqlite>,
    user: UserId,
    id: InstanceId,
    hash: &[u8],
    expires_at: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update agent_instances set token_hash = ?, token_expires_at = ? where user_id = ? and id = ?",
        hash,
        expires_at,
        user.0,
        id.0
    )
    .execute(&mut **tx)
    .await
    .map(drop)
}

/// Renews the leases of a user's running instances.
///
/// # Errors
/// Those of the database.
pub async fn renew_leases(
    tx: &mut Transaction<'_, Sqlite>,
    user: UserId,
    expires_at: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update agent_instances set token_expires_at = ? where user_id = ? and status = 'running'",
        expires_at,
        user.0
    )
    .execute(&mut **tx)
    .await
    .map(drop)
}

/// Records an instance's process id.
///
/// # Errors
/// Those of the database.
pub async fn set_pid(
    tx: &mut Transaction<'_, Sqlite>,
    user: UserId,
    id: InstanceId,
    pid: u32,
) -> Result<(), sqlx::Error> {
    sqlx::query!("update agent_instances set pid = ? where user_id = ? and id = ?", pid, user.0, id.0)
        .execute(&mut **tx)
        .await
        .map(drop)
}

/// Records a running instance's end and takes its token; tells whether it was running.
///
/// # Errors
/// Those of the database.
pub async fn end(
    tx: &mut Transaction<'_, Sqlite>,
    user: UserId,
    id: InstanceId,
    crashed: bool,
    now: i64,
) -> Result<bool, sqlx::Error> {
    let status = if crashed { "crashed" } else { "stopped" };
    let done = sqlx::query!(
        "update agent_instances set status = ?, stopped_at = ?, token_hash = null, token_expires_at = null, pid = null,
                queued_at = null
         where user_id = ? and id = ? and status = 'running'",
        status,
        now,
        user.0,
        id.0
    );
    Ok(done.execute(&mut **tx).await?.rows_affected() > 0)
}

/// The project of an instance, if the instance is this user's.
///
/// # Errors
/// Those of the database.
pub async fn project_of(
    tx: &mut Transaction<'_, Sqlite>,
    user: UserId,
    id: InstanceId,
) -> Result<Option<Option<ProjectId>>, sqlx::Error> {
    let rows =
        sqlx::query!("select project_id from agent_instances where user_id = ? and id = ?", user.0, id.0);
    Ok(rows.fetch_all(&mut **tx).await?.pop().map(|row| row.project_id.map(ProjectId)))
}
