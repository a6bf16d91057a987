//! SQL for `logs`: append, and read pages of a project's log.

use app::model::{InstanceId, LogEntry, LogId, LogLevel, LogQuery, ProjectId, Timestamp, UserId};
use sqlx::{Sqlite, SqlitePool, Transaction};

/// Lines that a query without a limit returns.
const DEFAULT_LIMIT: u32 = 200;
/// Most lines that one query returns.
pub const MAX_LIMIT: u32 = 1000;

/// Decisions that an overview shows.
pub const MAX_DECISIONS: u32 = 20;

/// A line about to be stored.
pub struct NewLog<'a> {
    /// The project it belongs to.
    pub project: Option<ProjectId>,
    /// The instance it is about.
    pub instance: InstanceId,
    /// Number in the runner's spool; none for the server's own lines.
    pub seq: Option<i64>,
    /// What kind of line.
    pub level: LogLevel,
    /// The text.
    pub message: &'a str,
    /// Milliseconds since the Unix epoch.
    pub at: i64,
}

/// Appends a line.
///
/// # Errors
/// Those of the database.
pub async fn insert(
    tx: &mut Transaction<'_, Sqlite>,
    user: UserId,
    log: &NewLog<'_>,
) -> Result<LogEntry, sqlx::Error> {
    let project = log.project.map(|p| p.0);
    let level = log.level.as_str();
    let done = sqlx::query!(
        "insert into logs (user_id, project_id, agent_instance_id, seq, level, message, timestamp)
         values (?, ?, ?, ?, ?, ?, ?)",
        user.0,
        project,
        log.instance.0,
        log.seq,
        level,
        log.message,
        log.at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(LogEntry {
        id: LogId(done.last_insert_rowid()),
        project_id: log.project,
        agent_instance_id: log.instance,
        level: log.level,
        message: log.message.to_owned(),
        timestamp: Timestamp::from_millis(log.at),
    })
}

/// A page of a project's log, oldest first; see [`LogQuery`] for which lines.
///
/// # Errors
/// Those of the database.
pub async fn list(
    db: &SqlitePool,
    user: UserId,
    project: ProjectId,
    query: &LogQuery,
) -> Result<Vec<LogEntry>, sqlx::Error> {
    let limit = i64::from(query.limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT));
    let level = query.level.map(LogLevel::as_str);
    let levels = query.levels.clone().map(|levels| format!(",{},", String::from(levels)));
    let pattern = query.q.as_deref().filter(|text| !text.is_empty()).map(like);
    let after = query.after.map_or(0, |id| id.0);
    let before = query.before.map_or(i64::MAX, |id| id.0);
    // Forward from a known line, or else backward from the end (or from `before`).
    let forward = query.after.is_some();
    let mut rows = sqlx::query!(
        r#"select id as "id!", agent_instance_id, level, message, timestamp
           from logs
           where user_id = ?1 and project_id = ?2 and id > ?3 and id < ?4 and (?5 is null or level = ?5)
                 and (?8 is null or instr(?8, ',' || level || ',') > 0)
                 and (?9 is null or message like ?9 escape '\')
           order by case when ?6 then id else -id end
           limit ?7"#,
        user.0,
        project.0,
        after,
        before,
        level,
        forward,
        limit,
        levels,
        pattern,
    )
    .fetch_all(db)
    .await?;
    if !forward {
        rows.reverse();
    }
    Ok(rows
        .into_iter()
        .map(|row| LogEntry {
            id: LogId(row.id),
            project_id: Some(project),
            agent_instance_id: InstanceId(row.agent_instance_id),
            level: level_from(&row.level),
            message: row.message,
            timestamp: Timestamp::from_millis(row.timestamp),
        })
        .collect())
}

/// A pattern for lines with a text, in which nothing of the text is a wildcard.
fn like(text: &str) -> String {
    let escaped = text.replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_");
    format!("%{escaped}%")
}

/// The newest decisions over all projects of a user that lie between two lines, oldest first.
///
/// # Errors
/// Those of the database.
pub async fn decisions(
    db: &SqlitePool,
    user: UserId,
    after: Option<LogId>,
    before: Option<LogId>,
    limit: u32,
) -> Result<Vec<LogEntry>, sqlx::Error> {
    let (after, before) = (after.map_or(0, |id| id.0), before.map_or(i64::MAX, |id| id.0));
    let rows = sqlx::query_as!(
        Decision,
        r#"select id as "id!", project_id, agent_instance_id, message, timestamp
           from logs
           where user_id = ? and level = 'agent_decision' and id > ? and id < ?
           order by id desc
           limit ?"#,
        user.0,
        after,
        before,
        limit,
    );
    Ok(rows.fetch_all(db).await?.into_iter().rev().map(LogEntry::from).collect())
}

/// The first decisions over all projects of a user that lie between two lines, oldest first.
///
/// # Errors
/// Those of the database.
pub async fn next_decisions(
    db: &SqlitePool,
    user: UserId,
    after: LogId,
    before: Option<LogId>,
    limit: u32,
) -> Result<Vec<LogEntry>, sqlx::Error> {
    let before = before.map_or(i64::MAX, |id| id.0);
    let rows = sqlx::query_as!(
        Decision,
        r#"select id as "id!", project_id, agent_instance_id, message, timestamp
           from logs
           where user_id = ? and level = 'agent_decision' and id > ? and id < ?
           order by id
           limit ?"#,
        user.0,
        after.0,
        before,
        limit,
    );
    Ok(rows.fetch_all(db).await?.into_iter().map(LogEntry::from).collect())
}

struct Decision {
    id: i64,
    project_id: Option<i64>,
    agent_instance_id: i64,
    message: String,
    timestamp: i64,
}

impl From<Decision> for LogEntry {
    fn from(row: Decision) -> Self {
        Self {
            id: LogId(row.id),
            project_id: row.project_id.map(ProjectId),
            agent_instance_id: InstanceId(row.agent_instance_id),
            level: LogLevel::AgentDecision,
            message: row.message,
            timestamp: Timestamp::from_millis(row.timestamp),
        }
    }
}

fn level_from(text: &str) -> LogLevel {
    // The column's check constraint allows no other text.
    LogLevel::ALL.into_iter().find(|level| level.as_str() == text).unwrap_or(LogLevel::Info)
}
