//! Agents, as their pages need them.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use crate::{
    api::{answered, send_to, signed_in, unix_lines},
    model::{AgentDraft, ModelName},
};
use crate::{
    error::AppError,
    model::{Agent, AgentId, Instance, Project},
};

/// Everything on an agent's page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentDetail {
    /// The agent.
    pub agent: Agent,
    /// Its projects, newest first.
    pub projects: Vec<Project>,
    /// Its latest instances, newest first.
    pub instances: Vec<Instance>,
}

/// One agent.
#[server(prefix = "/fn", endpoint = "load_agent")]
pub async fn load_agent(id: AgentId) -> Result<Agent, AppError> {
    let (backend, viewer) = signed_in().await?;
    answered(backend.agent(&viewer, id).await)
}

/// One agent with its projects and instances.
#[server(prefix = "/fn", endpoint = "load_agent_detail")]
pub async fn load_agent_detail(id: AgentId) -> Result<AgentDetail, AppError> {
    let (backend, viewer) = signed_in().await?;
    let agent = answered(backend.agent(&viewer, id).await)?;
    let projects = answered(backend.projects(&viewer, id).await)?;
    let instances = answered(backend.instances(&viewer, id).await)?;
    Ok(AgentDetail { agent, projects, instances })
}

/// Creates an agent and goes to its page.
#[server(prefix = "/fn", endpoint = "create_agent")]
pub async fn create_agent(
    name: String,
    model: String,
    identity: String,
    global_rules: String,
) -> Result<(), AppError> {
    let (backend, viewer) = signed_in().await?;
    let model = answered(parse_model(&model))?;
    let (identity, global_rules) = (unix_lines(&identity), unix_lines(&global_rules));
    let mcp_servers = serde_json::Value::Object(serde_json::Map::new());
    let draft = AgentDraft {
        name,
        model,
        identity,
        tools: Vec::new(),
        mcp_servers,
        workspace_base: None,
        global_rules,
    };
    let agent = answered(backend.create_agent(&viewer, draft).await)?;
    send_to(&format!("/agents/{}", agent.id));
    Ok(())
}

/// Changes what the form shows, keeps the rest, and goes to the agent's page.
#[server(prefix = "/fn", endpoint = "update_agent")]
pub async fn update_agent(
    id: AgentId,
    name: String,
    model: String,
    identity: String,
    global_rules: String,
) -> Result<(), AppError> {
    let (backend, viewer) = signed_in().await?;
    let kept = answered(backend.agent(&viewer, id).await)?.draft;
    let model = answered(parse_model(&model))?;
    let (identity, global_rules) = (unix_lines(&identity), unix_lines(&global_rules));
    answered(
        backend.update_agent(&viewer, id, AgentDraft { name, model, identity, global_rules, ..kept }).await,
    )?;
    send_to(&format!("/agents/{id}"));
    Ok(())
}

/// Deletes an agent and goes to the dashboard.
#[server(prefix = "/fn", endpoint = "delete_agent")]
pub async fn delete_agent(id: AgentId) -> Result<(), AppError> {
    let (backend, viewer) = signed_in().await?;
    answered(backend.delete_agent(&viewer, id).await)?;
    send_to("/");
    Ok(())
}

#[cfg(feature = "ssr")]
fn parse_model(text: &str) -> Result<ModelName, AppError> {
    text.trim()
        .parse()
        .map_err(|error: crate::model::InvalidName| AppError::invalid("model", error.to_string()))
}
