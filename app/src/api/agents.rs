//! Agents, as their pages need them.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use crate::{
    api::{LATEST, answered, note, send_to, signed_in, unix_lines},
    model::{AgentDraft, AgentTool, ApprovalPolicy, CodingCli, Expected, ModelName, Page, parse_mcp_servers},
};
use crate::{
    codec::Json,
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
#[server(prefix = "/fn", endpoint = "load_agent", output = Json)]
pub async fn load_agent(id: AgentId) -> Result<Agent, AppError> {
    let (backend, viewer) = signed_in().await?;
    answered(backend.agent(&viewer, id).await)
}

/// One agent with its projects and instances.
#[server(prefix = "/fn", endpoint = "load_agent_detail", output = Json)]
pub async fn load_agent_detail(id: AgentId) -> Result<AgentDetail, AppError> {
    let (backend, viewer) = signed_in().await?;
    let agent = answered(backend.agent(&viewer, id).await)?;
    let projects = answered(backend.projects(&viewer, id, Page::ALL).await)?;
    let instances = answered(backend.instances(&viewer, id, LATEST).await)?;
    Ok(AgentDetail { agent, projects, instances })
}

/// What the forms for agents send.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentForm {
    /// Display name.
    pub name: String,
    /// `provider/model`.
    pub model: String,
    /// Who the agent is.
    pub identity: String,
    /// RULES.md.
    pub global_rules: String,
    /// Kind of the coding CLI.
    pub coding_cli: String,
    /// Command of another coding CLI.
    #[serde(default)]
    pub cli_command: String,
    /// Name of the approval policy.
    pub approval_policy: String,
    /// Names of the tools that are ticked.
    #[serde(default)]
    pub tools: Vec<String>,
    /// Whether the form has tools; one without them keeps what is there.
    #[serde(default)]
    pub tools_shown: bool,
    /// MCP servers as JSON; a form without them keeps what is there.
    #[serde(default)]
    pub mcp_servers: Option<String>,
}

/// Creates an agent and goes to its page.
#[server(prefix = "/fn", endpoint = "create_agent", output = Json)]
pub async fn create_agent(form: AgentForm) -> Result<(), AppError> {
    let (backend, viewer) = signed_in().await?;
    let draft = answered(form.draft(None))?;
    let agent = answered(backend.create_agent(&viewer, draft).await)?;
    send_to(&format!("/agents/{}", agent.id));
    Ok(())
}

/// Changes what the form shows, keeps the rest, and goes to the agent's page.
#[server(prefix = "/fn", endpoint = "update_agent", output = Json)]
pub async fn update_agent(id: AgentId, form: AgentForm) -> Result<(), AppError> {
    let (backend, viewer) = signed_in().await?;
    let kept = answered(backend.agent(&viewer, id).await)?.draft;
    let draft = answered(form.draft(Some(kept)))?;
    answered(backend.update_agent(&viewer, id, draft, Expected::Anything).await)?;
    send_to(&format!("/agents/{id}"));
    Ok(())
}

/// Replaces an agent's RULES.md and keeps the rest.
#[server(prefix = "/fn", endpoint = "save_rules", output = Json)]
pub async fn save_rules(id: AgentId, global_rules: String) -> Result<(), AppError> {
    let (backend, viewer) = signed_in().await?;
    let mut draft = answered(backend.agent(&viewer, id).await)?.draft;
    draft.global_rules = unix_lines(&global_rules);
    answered(backend.update_agent(&viewer, id, draft, Expected::Anything).await)?;
    note("The rules are saved.")
}

/// Deletes an agent and goes to the dashboard.
#[server(prefix = "/fn", endpoint = "delete_agent", output = Json)]
pub async fn delete_agent(id: AgentId) -> Result<(), AppError> {
    let (backend, viewer) = signed_in().await?;
    answered(backend.delete_agent(&viewer, id, Expected::Anything).await)?;
    send_to("/");
    Ok(())
}

#[cfg(feature = "ssr")]
impl AgentForm {
    /// The draft that it makes of an agent, or of none.
    fn draft(self, kept: Option<AgentDraft>) -> Result<AgentDraft, AppError> {
        let model: ModelName = self
            .model
            .trim()
            .parse()
            .map_err(|error: crate::model::InvalidName| AppError::invalid("model", error.to_string()))?;
        let coding_cli = CodingCli::from_form(&self.coding_cli, &self.cli_command)
            .ok_or_else(|| AppError::invalid("coding_kind", "Choose one of the coding CLIs."))?;
        let approval_policy = ApprovalPolicy::parse(&self.approval_policy)
            .ok_or_else(|| AppError::invalid("approval_policy", "Choose one of the policies."))?;
        let (tools, mcp_servers, workspace_base) = match kept {
            Some(kept) => (kept.tools, kept.mcp_servers, kept.workspace_base),
            None => (Vec::new(), serde_json::Value::Object(serde_json::Map::new()), None),
        };
        let tools = if self.tools_shown {
            let chosen =
                AgentTool::ALL.into_iter().filter(|tool| self.tools.iter().any(|t| t == tool.as_str()));
            AgentTool::list(&chosen.collect::<Vec<_>>(), &tools)
        } else {
            tools
        };
        let mcp_servers = match &self.mcp_servers {
            Some(text) => {
                parse_mcp_servers(text).map_err(|problem| AppError::invalid("mcp_servers", problem))?
            }
            None => mcp_servers,
        };
        Ok(AgentDraft {
            name: self.name,
            model,
            identity: unix_lines(&self.identity),
            tools,
            mcp_servers,
            workspace_base,
            global_rules: unix_lines(&self.global_rules),
            coding_cli,
            approval_policy,
        })
    }
}
