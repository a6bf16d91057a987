//! SQL for projects as their owner sees and changes them; what a run changes in them is in `runs`.
//!
//! Must not know the isolation of a project's processes: that field is filled in by the service.

use app::model::{AgentId, ApprovalPolicy, ImplementationPlan, Page, Project, ProjectId, Slug, UserId};
use sqlx::{Sqlite, SqliteExecutor, Transaction};

use super::{corrupt, project_row::ProjectRow};

/// One project of a user.
///
/// # Errors
/// Those of the database.
pub async fn find(
    db: impl SqliteExecutor<'_>,
    user: UserId,
    id: ProjectId,
) -> Result<Option<Project>, sqlx::Error> {
    sqlx::query_as!(
        ProjectRow,
        r#"select id as "id!", agent_id, name, slug, description, architecture, implementation_plan, status,
                  status_reason, question, suggestions, help_screen, resumes_at, current_step, tmux_session,
                  workspace_path, approval_policy, approve_plan as "approve_plan!: bool", clone_url,
                  exists (select 1 from agent_instances i where i.project_id = projects.id and i.status = 'running')
                      as "running!: bool",
                  exists (select 1 from agent_instances i where i.project_id = projects.id and i.status = 'running'
                          and i.queued_at is not null) as "queued!: bool",
                  created_at, updated_at
           from projects where user_id = ? and id = ?"#,
        user.0,
        id.0
    )
    .fetch_optional(db)
    .await?
    .map(Project::try_from)
    .transpose()
}

/// All projects of a user, most recently changed first.
///
/// # Errors
/// Those of the database.
pub async fn list(db: impl SqliteExecutor<'_>, user: UserId) -> Result<Vec<Project>, sqlx::Error> {
    sqlx::query_as!(
        ProjectRow,
        r#"select id as "id!", agent_id, name, slug, description, architecture, implementation_plan, status,
                  status_reason, question, suggestions, help_screen, resumes_at, current_step, tmux_session,
                  workspace_path, approval_policy, approve_plan as "approve_plan!: bool", clone_url,
                  exists (select 1 from agent_instances i where i.project_id = projects.id and i.status = 'running')
                      as "running!: bool",
                  exists (select 1 from agent_instances i where i.project_id = projects.id and i.status = 'running'
                          and i.queued_at is not null) as "queued!: bool",
                  created_at, updated_at
           from projects where user_id = ? order by updated_at desc, id desc"#,
        user.0
    )
    .fetch_all(db)
    .await?
    .into_iter()
    .map(Project::try_from)
    .collect()
}

/// The projects of one of a user's agents, newest first.
///
/// # Errors
/// Those of the database.
pub async fn of_agent(
    db: impl SqliteExecutor<'_>,
    user: UserId,
    agent: AgentId,
    page: Page,
) -> Result<Vec<Project>, sqlx::Error> {
    let limit = page.sql_limit();
    sqlx::query_as!(
        ProjectRow,
        r#"select id as "id!", agent_id, name, slug, description, architecture, implementation_plan, status,
                  status_reason, question, suggestions, help_screen, resumes_at, current_step, tmux_session,
                  workspace_path, approval_policy, approve_plan as "approve_plan!: bool", clone_url,
                  exists (select 1 from agent_instances i where i.project_id = projects.id and i.status = 'running')
                      as "running!: bool",
                  exists (select 1 from agent_instances i where i.project_id = projects.id and i.status = 'running'
                          and i.queued_at is not null) as "queued!: bool",
                  created_at, updated_at
           from projects where user_id = ?1 and agent_id = ?2 and (?3 is null or id < ?3) order by id desc limit ?4"#,
        user.0,
        agent.0,
        page.after,
        limit
    )
    .fetch_all(db)
    .await?
    .into_iter()
    .map(Project::try_from)
    .collect()
}

/// Whether a user has a project in this folder.
///
/// # Errors
/// Those of the database.
pub async fn slug_taken(db: impl SqliteExecutor<'_>, user: UserId, slug: &Slug) -> Result<bool, sqlx::Error> {
    let slug = slug.as_str();
    sqlx::query_scalar!(
        r#"select exists (select 1 from projects where user_id = ? and slug = ?) as "taken!: bool""#,
        user.0,
        slug
    )
    .fetch_one(db)
    .await
}

/// A project to be stored.
#[derive(Clone, Debug)]
pub struct NewProject<'a> {
    /// The agent that works on it.
    pub agent: AgentId,
    /// Display name.
    pub name: &'a str,
    /// Folder name.
    pub slug: &'a Slug,
    /// The goal.
    pub description: &'a str,
    /// How it is to be built.
    pub architecture: Option<&'a str>,
    /// Its steps.
    pub plan: &'a ImplementationPlan,
    /// `{username}-{slug}`.
    pub tmux_session: &'a str,
    /// Absolute path.
    pub workspace_path: &'a str,
    /// Its own policy.
    pub approval_policy: Option<ApprovalPolicy>,
    /// Whether a proposed plan is to be approved.
    pub approve_plan: bool,
    /// Git repository to begin with.
    pub clone_url: Option<&'a str>,
}

/// Stores a new project.
///
/// # Errors
/// Those of the database; a taken folder violates `projects.user_id, projects.slug`.
pub async fn insert(
    tx: &mut Transaction<'_, Sqlite>,
    user: UserId,
    new: &NewProject<'_>,
    now: i64,
) -> Result<ProjectId, sqlx::Error> {
    let plan = plan_text(new.plan)?;
    let slug = new.slug.as_str();
    let policy = new.approval_policy.map(ApprovalPolicy::as_str);
    let done = sqlx::query!(
        "insert into projects (user_id, agent_id, name, slug, description, architecture, implementation_plan,
                tmux_session, workspace_path, approval_policy, approve_plan, clone_url, created_at, updated_at)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?13)",
        user.0,
        new.agent.0,
        new.name,
        slug,
        new.description,
        new.architecture,
        plan,
        new.tmux_session,
        new.workspace_path,
        policy,
        new.approve_plan,
        new.clone_url,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(ProjectId(done.last_insert_rowid()))
}

/// What an owner may change of a project.
#[derive(Clone, Debug)]
pub struct ProjectTexts<'a> {
    /// Display name.
    pub name: &'a str,
    /// The goal.
    pub description: &'a str,
    /// How it is to be built.
    pub architecture: Option<&'a str>,
    /// All steps, the finished ones included.
    pub plan: &'a ImplementationPlan,
    /// Position of the step that is next.
    pub current_step: i64,
    /// Its own policy.
    pub approval_policy: Option<ApprovalPolicy>,
    /// Whether a proposed plan is to be approved.
    pub approve_plan: bool,
    /// Git repository to begin with.
    pub clone_url: Option<&'a str>,
}

/// Replaces what the owner wrote; tells whether there is such a project.
///
/// # Errors
/// Those of the database.
pub async fn update(
    tx: &mut Transaction<'_, Sqlite>,
    user: UserId,
    id: ProjectId,
    texts: &ProjectTexts<'_>,
    now: i64,
) -> Result<bool, sqlx::Error> {
    let plan = plan_text(texts.plan)?;
    let policy = texts.approval_policy.map(ApprovalPolicy::as_str);
    let done = sqlx::query!(
        "update projects set name = ?, description = ?, architecture = ?, implementation_plan = ?,
                current_step = ?, approval_policy = ?, approve_plan = ?, clone_url = ?, updated_at = ?
         where user_id = ? and id = ?",
        texts.name,
        texts.description,
        texts.architecture,
        plan,
        texts.current_step,
        policy,
        texts.approve_plan,
        texts.clone_url,
        now,
        user.0,
        id.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Removes a project with its instances and logs; tells whether there was one.
///
/// # Errors
/// Those of the database.
pub async fn delete(
    tx: &mut Transaction<'_, Sqlite>,
    user: UserId,
    id: ProjectId,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!("delete from projects where user_id = ? and id = ?", user.0, id.0)
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() > 0)
}

fn plan_text(plan: &ImplementationPlan) -> Result<String, sqlx::Error> {
    serde_json::to_string(plan).map_err(|e| corrupt("implementation_plan", e))
}
