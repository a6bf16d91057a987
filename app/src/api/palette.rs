//! What the command palette can reach.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use crate::api::{answered, signed_in};
use crate::{
    codec::Json,
    error::AppError,
    model::{AgentId, ProjectId},
};

/// A project with what can be done with it now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reachable {
    /// Row id.
    pub id: ProjectId,
    /// Display name.
    pub name: String,
    /// Whether it can be started.
    pub start: bool,
    /// Whether it can be paused.
    pub pause: bool,
    /// Whether it can be stopped.
    pub stop: bool,
    /// Whether it can be restarted.
    pub restart: bool,
}

/// Everything of a person that the palette offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Places {
    /// Whether the admin page is open to them.
    pub admin: bool,
    /// Their agents with name, oldest first.
    pub agents: Vec<(AgentId, String)>,
    /// Their projects, most recently changed first.
    pub projects: Vec<Reachable>,
}

/// What the palette offers now.
#[server(prefix = "/fn", endpoint = "load_places", output = Json)]
pub async fn load_places() -> Result<Places, AppError> {
    let (backend, viewer) = signed_in().await?;
    let dashboard = answered(backend.dashboard(&viewer).await)?;
    let projects = dashboard.projects.into_iter().map(|project| Reachable {
        id: project.id,
        start: project.can_start(),
        pause: project.can_pause(),
        stop: project.can_stop(),
        restart: project.can_restart(),
        name: project.name,
    });
    Ok(Places {
        admin: viewer.is_admin(),
        agents: dashboard.agents.into_iter().map(|agent| (agent.id, agent.draft.name)).collect(),
        projects: projects.collect(),
    })
}
