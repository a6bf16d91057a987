//! The dashboard's content.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use crate::api::{answered, signed_in};
use crate::{
    codec::Json,
    error::AppError,
    model::{AgentId, LogEntry, Project, UsageSummary},
};

/// An agent as the dashboard shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HomeAgent {
    /// Row id.
    pub id: AgentId,
    /// Display name.
    pub name: String,
    /// `provider/model`.
    pub model: String,
}

/// Everything on the dashboard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Home {
    /// All agents, oldest first.
    pub agents: Vec<HomeAgent>,
    /// All projects, most recently changed first, without the long texts.
    pub projects: Vec<Project>,
    /// Why agents did what they did lately, oldest first.
    pub decisions: Vec<LogEntry>,
    /// Tokens and cost since midnight UTC.
    pub today: UsageSummary,
    /// Whether a key for any provider is stored.
    pub has_key: bool,
}

/// Everything on the dashboard.
#[server(prefix = "/fn", endpoint = "load_home", output = Json)]
pub async fn load_home() -> Result<Home, AppError> {
    let (backend, viewer) = signed_in().await?;
    let dashboard = answered(backend.dashboard(&viewer).await)?;
    let decisions = answered(backend.decisions(&viewer, None).await)?;
    let has_key = !answered(backend.api_keys(&viewer).await)?.is_empty();
    let agents = dashboard.agents.into_iter().map(|agent| HomeAgent {
        id: agent.id,
        name: agent.draft.name,
        model: agent.draft.model.to_string(),
    });
    Ok(Home {
        agents: agents.collect(),
        projects: dashboard.projects.into_iter().map(shortened).collect(),
        decisions,
        today: dashboard.today,
        has_key,
    })
}

/// Without the texts that only the project's own page shows: they would make most of the dashboard's weight.
#[cfg(feature = "ssr")]
fn shortened(mut project: Project) -> Project {
    project.description = String::new();
    project.architecture = None;
    project.help_screen = None;
    for step in &mut project.implementation_plan.steps {
        step.instructions = String::new();
        step.verify = None;
        step.verify_output = None;
    }
    project
}
