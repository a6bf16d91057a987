//! SQL for projects as their owner sees and changes them; what a run changes in them is in `runs`.
//!
//! Must not know the isolation of a project's processes: that field is filled in by the service.

use app::model::{
    AgentId, ApprovalPolicy, ImplementationPlan, Project, ProjectId, ProjectStatus, Slug, Timestamp, UserId,
};
use sqlx::{Sqlite, SqliteExecutor, Transaction};

use super::corrupt;

struct ProjectRow {
    id: i64,
    agent_id: i64,
    name: String,
    slug: String,
    description: String,
    architecture: Option<String>,
    implementation_plan: String,
    status: String,
    status_reason: Option<String>,
    question: Option<String>,
    suggestions: String,
    help_screen: Option<String>,
    resumes_at: Option<i64>,
    current_step: i64,
    tmux_session: String,
    workspace_path: String,
    approval_policy: Option<String>,
    approve_plan: bool,
    clone_url: Option<String>,
    running: bool,
    queued: bool,
    created_at: i64,
    updated_at: i64,
}

impl TryFrom<ProjectRow> for Project {
    type Error = sqlx::Error;

    fn try_from(row: ProjectRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: ProjectId(row.id),
            agent_id: AgentId(row.agent_id),
            name: row.name,
            slug: row.slug.parse().map_err(|e| corrupt("slug", e))?,
            description: row.description,
            architecture: row.architecture,
            implementation_plan: serde_json::from_str(&row.implementation_plan)
                .map_err(|e| corrupt("implementation_plan", e))?,
            status: parse_status(&row.status)?,
            status_reason: row.status_reason,
            question: row.question,
            suggestions: serde_json::from_str(&row.suggestions).map_err(|e| corrupt("suggestions", e))?,
            help_screen: row.help_screen,
            resumes_at: row.resumes_at.map(Timestamp::from_millis),
            current_step: row.current_step,
            tmux_session: row.tmux_session,
            workspace_path: row.workspace_path,
            approval_policy: row.approval_policy.map(|text| parse_policy(&text)).transpose()?,
            approve_plan: row.approve_plan,
            clone_url: row.clone_url,
            running: row.running,
            queued: row.queued,
            isolation_warning: None,
            isolation: None,
            created_at: Timestamp::from_millis(row.created_at),
            updated_at: Timestamp::from_millis(row.updated_at),
        })
    }
}

fn parse_policy(text: &str) -> Result<ApprovalPolicy, sqlx::Error> {
    ApprovalPolicy::parse(text).ok_or_else(|| corrupt("approval_policy", text))
}

fn parse_status(text: &str) -> Result<ProjectStatus, sqlx::Error> {
    Ok(match text {
        "created" => ProjectStatus::Created,
        "planning" => ProjectStatus::Planning,
        "running" => ProjectStatus::Running,
        "paused" => ProjectStatus::Paused,
        "completed" => ProjectStatus::Completed,
        "failed" => ProjectStatus::Failed,
        other => return Err(corrupt("status", other)),
    })
}

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

/// The projects of a user, or of one of their agents, most recently changed first.
///
/// # Errors
/// Those of the database.
pub async fn list(
    db: impl SqliteExecutor<'_>,
    user: UserId,
    agent: Option<AgentId>,
) -> Result<Vec<Project>, sqlx::Error> {
    let agent = agent.map(|id| id.0);
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
           from projects where user_id = ?1 and (?2 is null or agent_id = ?2) order by updated_at desc, id desc"#,
        user.0,
        agent
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
