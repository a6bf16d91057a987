//! A row of `projects` as a [`Project`]: statuses and JSON are parsed here.
//!
//! Must not know queries, nor the isolation of a project's processes: that field is filled in by the service.

use app::model::{AgentId, ApprovalPolicy, Project, ProjectId, ProjectStatus, Timestamp};

use super::corrupt;

/// The columns of `projects` as they are read, with whether an instance works on it.
pub(super) struct ProjectRow {
    pub(super) id: i64,
    pub(super) agent_id: i64,
    pub(super) name: String,
    pub(super) slug: String,
    pub(super) description: String,
    pub(super) architecture: Option<String>,
    pub(super) implementation_plan: String,
    pub(super) status: String,
    pub(super) status_reason: Option<String>,
    pub(super) question: Option<String>,
    pub(super) suggestions: String,
    pub(super) help_screen: Option<String>,
    pub(super) resumes_at: Option<i64>,
    pub(super) current_step: i64,
    pub(super) tmux_session: String,
    pub(super) workspace_path: String,
    pub(super) approval_policy: Option<String>,
    pub(super) approve_plan: bool,
    pub(super) clone_url: Option<String>,
    pub(super) running: bool,
    pub(super) queued: bool,
    pub(super) created_at: i64,
    pub(super) updated_at: i64,
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
