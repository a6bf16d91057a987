//! SQL for the gateway: whose token a request carries, and what its answer used.
//!
//! Must not know prices or wire formats.

use app::model::{InstanceId, ProjectId, Timestamp, TokenUsage, UsageSummary, UserId};
use sqlx::{Sqlite, SqlitePool, Transaction};

/// The instance behind a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Its owner.
    pub user: UserId,
    /// The project it works on.
    pub project: Option<ProjectId>,
    /// The instance.
    pub instance: InstanceId,
}

/// The running instance whose token has this SHA-256, if its lease lasts longer than `now` (milliseconds).
///
/// # Errors
/// Those of the database.
pub async fn caller(db: &SqlitePool, token_hash: &[u8; 32], now: i64) -> Result<Option<Caller>, sqlx::Error> {
    let hash = token_hash.as_slice();
    let rows = sqlx::query!(
        r#"select i.id as "id!", i.user_id, i.project_id from agent_instances i join users u on u.id = i.user_id
           where i.token_hash = ? and i.token_expires_at > ? and i.status = 'running' and u.deleting_at is null"#,
        hash,
        now
    );
    Ok(rows.fetch_all(db).await?.pop().map(|row| Caller {
        user: UserId(row.user_id),
        project: row.project_id.map(ProjectId),
        instance: InstanceId(row.id),
    }))
}

/// A row to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewUsage {
    /// Who asked.
    pub caller: Caller,
    /// Whose model answered.
    pub provider: String,
    /// The model, as its provider names it.
    pub model: String,
    /// Its tokens.
    pub tokens: TokenUsage,
    /// Millionths of a US dollar; none where the price is not known.
    pub cost_micro_usd: Option<i64>,
    /// Status of the answer.
    pub http_status: u16,
    /// From the request's first byte to the answer's last, in milliseconds.
    pub duration_ms: i64,
    /// When the answer ended, in milliseconds since the Unix epoch.
    pub created_at: i64,
}

/// Writes a row, with the step that is under way in the project. A project or instance that is gone meanwhile is left out of it; without its user there is no row.
///
/// # Errors
/// Those of the database.
pub async fn insert(tx: &mut Transaction<'_, Sqlite>, row: &NewUsage) -> Result<(), sqlx::Error> {
    let (instance, project) = (row.caller.instance.0, row.caller.project.map(|project| project.0));
    sqlx::query!(
        "insert into usage (user_id, project_id, agent_instance_id, provider, model, input_tokens, output_tokens,
                            cache_creation_tokens, cache_read_tokens, cost_micro_usd, http_status, duration_ms, created_at, step)
         select u.id, (select id from projects where id = ?), (select id from agent_instances where id = ?),
                ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
                (select json_extract(s.value, '$.id') from projects p, json_each(p.implementation_plan, '$.steps') s
                 where p.id = ? and p.user_id = u.id and json_extract(s.value, '$.status') = 'running' limit 1)
         from users u where u.id = ?",
        project,
        instance,
        row.provider,
        row.model,
        row.tokens.input_tokens,
        row.tokens.output_tokens,
        row.tokens.cache_creation_tokens,
        row.tokens.cache_read_tokens,
        row.cost_micro_usd,
        row.http_status,
        row.duration_ms,
        row.created_at,
        project,
        row.caller.user.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A stored row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageRow {
    /// The instance that asked.
    pub instance: Option<InstanceId>,
    /// Whose model answered.
    pub provider: String,
    /// The model.
    pub model: String,
    /// Its tokens.
    pub tokens: TokenUsage,
    /// Millionths of a US dollar; none where the price is not known.
    pub cost_micro_usd: Option<i64>,
    /// Status of the answer.
    pub http_status: i64,
    /// Milliseconds it took.
    pub duration_ms: i64,
    /// When it ended.
    pub created_at: Timestamp,
}

/// The newest rows of a user's project, at most `limit`, newest first.
///
/// # Errors
/// Those of the database.
pub async fn project_rows(
    db: &SqlitePool,
    user: UserId,
    project: ProjectId,
    limit: i64,
) -> Result<Vec<UsageRow>, sqlx::Error> {
    let rows = sqlx::query!(
        "select agent_instance_id, provider, model, input_tokens, output_tokens, cache_creation_tokens,
                cache_read_tokens, cost_micro_usd, http_status, duration_ms, created_at
         from usage where user_id = ? and project_id = ? order by id desc limit ?",
        user.0,
        project.0,
        limit
    );
    Ok(rows
        .fetch_all(db)
        .await?
        .into_iter()
        .map(|row| UsageRow {
            instance: row.agent_instance_id.map(InstanceId),
            provider: row.provider,
            model: row.model,
            tokens: TokenUsage {
                input_tokens: row.input_tokens,
                output_tokens: row.output_tokens,
                cache_creation_tokens: row.cache_creation_tokens,
                cache_read_tokens: row.cache_read_tokens,
            },
            cost_micro_usd: row.cost_micro_usd,
            http_status: row.http_status,
            duration_ms: row.duration_ms,
            created_at: Timestamp::from_millis(row.created_at),
        })
        .collect())
}

/// Sums over a user's project.
///
/// # Errors
/// Those of the database.
pub async fn project_summary(
    db: &SqlitePool,
    user: UserId,
    project: ProjectId,
) -> Result<UsageSummary, sqlx::Error> {
    let row = sqlx::query_as!(
        Sums,
        r#"select count(*) as "requests!: i64", coalesce(sum(input_tokens), 0) as "input!: i64",
                  coalesce(sum(output_tokens), 0) as "output!: i64",
                  coalesce(sum(cache_creation_tokens), 0) as "cache_creation!: i64",
                  coalesce(sum(cache_read_tokens), 0) as "cache_read!: i64",
                  coalesce(sum(cost_micro_usd), 0) as "cost!: i64"
           from usage where user_id = ? and project_id = ?"#,
        user.0,
        project.0
    );
    Ok(row.fetch_one(db).await?.into())
}

/// Sums over each step of a user's project, by its id; without one for what belongs to no step.
///
/// # Errors
/// Those of the database.
pub async fn step_sums(
    db: &SqlitePool,
    user: UserId,
    project: ProjectId,
) -> Result<Vec<(Option<String>, UsageSummary)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select step, count(*) as "requests!: i64", sum(input_tokens) as "input!: i64",
                  sum(output_tokens) as "output!: i64", sum(cache_creation_tokens) as "cache_creation!: i64",
                  sum(cache_read_tokens) as "cache_read!: i64", coalesce(sum(cost_micro_usd), 0) as "cost!: i64"
           from usage where user_id = ? and project_id = ? group by step"#,
        user.0,
        project.0
    );
    let sums = rows.fetch_all(db).await?.into_iter().map(|row| {
        let sums = Sums {
            requests: row.requests,
            input: row.input,
            output: row.output,
            cache_creation: row.cache_creation,
            cache_read: row.cache_read,
            cost: row.cost,
        };
        (row.step, sums.into())
    });
    Ok(sums.collect())
}

/// Sums over all requests of a user since a time in milliseconds since the Unix epoch.
///
/// # Errors
/// Those of the database.
pub async fn today_summary(
    db: &SqlitePool,
    user: UserId,
    since_ms: i64,
) -> Result<UsageSummary, sqlx::Error> {
    let row = sqlx::query_as!(
        Sums,
        r#"select count(*) as "requests!: i64", coalesce(sum(input_tokens), 0) as "input!: i64",
                  coalesce(sum(output_tokens), 0) as "output!: i64",
                  coalesce(sum(cache_creation_tokens), 0) as "cache_creation!: i64",
                  coalesce(sum(cache_read_tokens), 0) as "cache_read!: i64",
                  coalesce(sum(cost_micro_usd), 0) as "cost!: i64"
           from usage where user_id = ? and created_at >= ?"#,
        user.0,
        since_ms
    );
    Ok(row.fetch_one(db).await?.into())
}

/// The columns of a sum.
struct Sums {
    requests: i64,
    input: i64,
    output: i64,
    cache_creation: i64,
    cache_read: i64,
    cost: i64,
}

impl From<Sums> for UsageSummary {
    fn from(sums: Sums) -> Self {
        Self {
            requests: sums.requests,
            tokens: TokenUsage {
                input_tokens: sums.input,
                output_tokens: sums.output,
                cache_creation_tokens: sums.cache_creation,
                cache_read_tokens: sums.cache_read,
            },
            cost_micro_usd: sums.cost,
        }
    }
}
