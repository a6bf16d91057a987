//! SQL for agents.
//!
//! Must not know which tools or servers exist: it stores what the service has checked.

use app::model::{Agent, AgentDraft, AgentId, ApprovalPolicy, Page, Timestamp, UserId};
use sqlx::{Sqlite, SqliteExecutor, Transaction};

use super::corrupt;

struct AgentRow {
    id: i64,
    name: String,
    model: String,
    identity: String,
    tools: String,
    mcp_servers: String,
    workspace_base: Option<String>,
    global_rules: String,
    coding_cli: String,
    approval_policy: String,
    created_at: i64,
}

impl TryFrom<AgentRow> for Agent {
    type Error = sqlx::Error;

    fn try_from(row: AgentRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: AgentId(row.id),
            draft: AgentDraft {
                name: row.name,
                model: row.model.parse().map_err(|e| corrupt("model", e))?,
                identity: row.identity,
                tools: serde_json::from_str(&row.tools).map_err(|e| corrupt("tools", e))?,
                mcp_servers: serde_json::from_str(&row.mcp_servers).map_err(|e| corrupt("mcp_servers", e))?,
                workspace_base: row.workspace_base,
                global_rules: row.global_rules,
                coding_cli: serde_json::from_str(&row.coding_cli).map_err(|e| corrupt("coding_cli", e))?,
                approval_policy: ApprovalPolicy::parse(&row.approval_policy)
                    .ok_or_else(|| corrupt("approval_policy", &row.approval_policy))?,
            },
            created_at: Timestamp::from_millis(row.created_at),
        })
    }
}

/// Agents of a user, oldest first.
///
/// # Errors
/// Those of the database.
pub async fn list(db: impl SqliteExecutor<'_>, user: UserId, page: Page) -> Result<Vec<Agent>, sqlx::Error> {
    let limit = page.sql_limit();
    sqlx::query_as!(
        AgentRow,
        r#"select id as "id!", name, model, identity, tools, mcp_servers, workspace_base, global_rules, coding_cli,
                  approval_policy, created_at
           from agents where user_id = ?1 and (?2 is null or id > ?2) order by id limit ?3"#,
        user.0,
        page.after,
        limit
    )
    .fetch_all(db)
    .await?
    .into_iter()
    .map(Agent::try_from)
    .collect()
}

/// One agent of a user.
///
/// # Errors
/// Those of the database.
pub async fn find(
    db: impl SqliteExecutor<'_>,
    user: UserId,
    id: AgentId,
) -> Result<Option<Agent>, sqlx::Error> {
    sqlx::query_as!(
        AgentRow,
        r#"select id as "id!", name, model, identity, tools, mcp_servers, workspace_base, global_rules, coding_cli,
                  approval_policy, created_at
           from agents where user_id = ? and id = ?"#,
        user.0,
        id.0
    )
    .fetch_optional(db)
    .await?
    .map(Agent::try_from)
    .transpose()
}

/// Stores a new agent.
///
/// # Errors
/// Those of the database; a second agent of the same name violates `agents.user_id, agents.name`.
pub async fn insert(
    tx: &mut Transaction<'_, Sqlite>,
    user: UserId,
    draft: &AgentDraft,
    now: i64,
) -> Result<AgentId, sqlx::Error> {
    let Texts { model, tools, servers, cli } = texts(draft)?;
    let policy = draft.approval_policy.as_str();
    let done = sqlx::query!(
        "insert into agents
             (user_id, name, model, identity, tools, mcp_servers, workspace_base, global_rules, coding_cli,
              approval_policy, created_at)
         values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        user.0,
        draft.name,
        model,
        draft.identity,
        tools,
        servers,
        draft.workspace_base,
        draft.global_rules,
        cli,
        policy,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(AgentId(done.last_insert_rowid()))
}

/// Replaces what the owner wrote; tells whether there is such an agent.
///
/// # Errors
/// Those of the database; a second agent of the same name violates `agents.user_id, agents.name`.
pub async fn update(
    tx: &mut Transaction<'_, Sqlite>,
    user: UserId,
    id: AgentId,
    draft: &AgentDraft,
) -> Result<bool, sqlx::Error> {
    let Texts { model, tools, servers, cli } = texts(draft)?;
    let policy = draft.approval_policy.as_str();
    let done = sqlx::query!(
        "update agents set name = ?, model = ?, identity = ?, tools = ?, mcp_servers = ?, workspace_base = ?,
                global_rules = ?, coding_cli = ?, approval_policy = ?
         where user_id = ? and id = ?",
        draft.name,
        model,
        draft.identity,
        tools,
        servers,
        draft.workspace_base,
        draft.global_rules,
        cli,
        policy,
        user.0,
        id.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Removes an agent; tells whether there was one.
///
/// # Errors
/// Those of the database; an agent with projects violates a foreign key.
pub async fn delete(
    tx: &mut Transaction<'_, Sqlite>,
    user: UserId,
    id: AgentId,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!("delete from agents where user_id = ? and id = ?", user.0, id.0)
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// What is stored as text.
struct Texts<'a> {
    model: &'a str,
    tools: String,
    servers: String,
    cli: String,
}

fn texts(draft: &AgentDraft) -> Result<Texts<'_>, sqlx::Error> {
    Ok(Texts {
        model: draft.model.as_str(),
        tools: serde_json::to_string(&draft.tools).map_err(|e| corrupt("tools", e))?,
        servers: draft.mcp_servers.to_string(),
        cli: serde_json::to_string(&draft.coding_cli).map_err(|e| corrupt("coding_cli", e))?,
    })
}
