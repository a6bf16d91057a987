//! Projects: a goal with its plan, its place on disk and its state.

use serde::{Deserialize, Serialize};

use super::{
    AgentId, ApprovalPolicy, ImplementationPlan, InstanceId, IsolationReport, ProjectId, Slug, Timestamp,
};

/// Where a project stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ProjectStatus {
    /// Never started, or stopped before any work.
    Created,
    /// The agent is writing the plan.
    Planning,
    /// The agent is working on the plan.
    Running,
    /// Stopped by a person, or waiting for one: then `question` is set.
    Paused,
    /// Every step is done.
    Completed,
    /// Given up; `status_reason` says why.
    Failed,
}

impl ProjectStatus {
    /// The status as it is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Planning => "planning",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Completed => "completed",
            Self::Failed => "failed",
        }
    }
}

/// What a person writes when creating or changing a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ProjectDraft {
    /// Display name, 1 to 80 characters; the slug is made from it once.
    pub name: String,
    /// The goal; Markdown, up to 64 KiB.
    #[serde(default)]
    pub description: String,
    /// How it is to be built; Markdown, up to 64 KiB.
    #[serde(default)]
    pub architecture: Option<String>,
    /// The steps; none lets the agent propose them.
    #[serde(default)]
    pub implementation_plan: Option<ImplementationPlan>,
    /// Who decides what the coding CLI may do; none means what the agent says.
    #[serde(default)]
    pub approval_policy: Option<ApprovalPolicy>,
    /// Whether its owner wants to approve a proposed plan before the work begins.
    #[serde(default)]
    pub approve_plan: bool,
    /// Git repository to begin with; none leaves it as it is, blank means an empty workspace. Fixed by the first start.
    #[serde(default)]
    pub clone_url: Option<String>,
}

/// A stored project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Project {
    /// Row id.
    pub id: ProjectId,
    /// The agent that works on it.
    pub agent_id: AgentId,
    /// Display name.
    pub name: String,
    /// Folder name, unique for the user.
    pub slug: Slug,
    /// The goal.
    pub description: String,
    /// How it is to be built.
    pub architecture: Option<String>,
    /// Steps with their outcome so far.
    pub implementation_plan: ImplementationPlan,
    /// Where it stands.
    pub status: ProjectStatus,
    /// Why it stands there, in one sentence, if there is more to say.
    pub status_reason: Option<String>,
    /// What the agent needs to know from a person before it can go on.
    pub question: Option<String>,
    /// Answers to choose from.
    pub suggestions: Vec<String>,
    /// The screen of the coding CLI when the question was asked.
    pub help_screen: Option<String>,
    /// When the work goes on by itself; none if it needs the answer.
    pub resumes_at: Option<Timestamp>,
    /// Position in the plan (from 0) of the step that is next or under way.
    pub current_step: i64,
    /// Name of its tmux session: `{username}-{slug}`.
    pub tmux_session: String,
    /// Absolute path of its workspace.
    pub workspace_path: String,
    /// Its own approval policy; none means its agent's.
    pub approval_policy: Option<ApprovalPolicy>,
    /// Whether its owner wants to approve a proposed plan.
    pub approve_plan: bool,
    /// Git repository that it began with.
    pub clone_url: Option<String>,
    /// Whether an instance works on it now, or waits for room to.
    pub running: bool,
    /// Whether that instance waits for room: memory, or one of its owner's places.
    #[serde(default)]
    pub queued: bool,
    /// What the isolation of its processes lacks, in one sentence; none when it is as it should be.
    pub isolation_warning: Option<String>,
    /// What the cell of its processes was measured to have; none where it is not known, and in lists.
    #[serde(default)]
    pub isolation: Option<IsolationReport>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When anything above last changed.
    pub updated_at: Timestamp,
}

impl Project {
    /// Whether nothing goes on before a person has answered.
    pub fn needs_help(&self) -> bool {
        self.question.is_some() && self.resumes_at.is_none()
    }

    /// Whether work can begin or go on.
    pub fn can_start(&self) -> bool {
        !self.running && self.status != ProjectStatus::Completed
    }

    /// Whether there is work to interrupt.
    pub fn can_pause(&self) -> bool {
        self.running
    }

    /// Whether there may be an instance or a terminal session to end.
    pub fn can_stop(&self) -> bool {
        self.running || self.question.is_some() || self.status != ProjectStatus::Created
    }

    /// Whether there is a step to begin again.
    pub fn can_restart(&self) -> bool {
        !matches!(self.status, ProjectStatus::Created | ProjectStatus::Completed)
    }

    /// What its owner wrote, the plan left out: what a change of something else must keep.
    pub fn draft(self) -> ProjectDraft {
        ProjectDraft {
            name: self.name,
            description: self.description,
            architecture: self.architecture,
            implementation_plan: None,
            approval_policy: self.approval_policy,
            approve_plan: self.approve_plan,
            clone_url: None,
        }
    }
}

/// Answer to start, stop and restart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct StartAnswer {
    /// The instance that was started or stopped.
    pub instance_id: InstanceId,
    /// The project's status after the call was accepted.
    pub status: ProjectStatus,
}
