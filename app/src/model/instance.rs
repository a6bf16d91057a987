//! Instances: one running (or ended) process of an agent.

use serde::{Deserialize, Serialize};

use super::{AgentId, InstanceId, ProjectId, Timestamp};

/// Whether an instance's process is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum InstanceStatus {
    /// Wanted and, as far as known, alive.
    Running,
    /// Ended on purpose: finished, or stopped by a person.
    Stopped,
    /// Ended by itself although it should run.
    Crashed,
}

/// One process of an agent, working on a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Instance {
    /// Row id.
    pub id: InstanceId,
    /// Its template.
    pub agent_id: AgentId,
    /// The project it works on.
    pub project_id: Option<ProjectId>,
    /// Process id inside the user's cell.
    pub pid: Option<i64>,
    /// Whether it is there.
    pub status: InstanceStatus,
    /// When it was started.
    pub started_at: Timestamp,
    /// When it ended.
    pub stopped_at: Option<Timestamp>,
}
