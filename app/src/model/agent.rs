//! Agents: templates from which instances are started.

use serde::{Deserialize, Serialize};

use super::{AgentId, ApprovalPolicy, CodingCli, ModelName, Timestamp};

/// What a person writes when creating or changing an agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct AgentDraft {
    /// Display name, 1 to 80 characters.
    pub name: String,
    /// Model that plans and evaluates; the coding CLI uses it too where its provider speaks the CLI's protocol.
    pub model: ModelName,
    /// Who the agent is: Markdown, up to 32 KiB.
    #[serde(default)]
    pub identity: String,
    /// Names of the tools the agent may use.
    #[serde(default)]
    pub tools: Vec<String>,
    /// MCP servers in the usual `mcpServers` shape (a JSON object by server name).
    #[serde(default = "empty_object")]
    pub mcp_servers: serde_json::Value,
    /// Folder for the agent's workspaces, relative to the user's `projects/`; none means `projects/` itself.
    #[serde(default)]
    pub workspace_base: Option<String>,
    /// RULES.md: rules for every project of this agent; Markdown, up to 32 KiB.
    #[serde(default)]
    pub global_rules: String,
    /// The coding CLI that does the work.
    #[serde(default)]
    pub coding_cli: CodingCli,
    /// Who decides what the coding CLI may do, where a project has no policy of its own.
    #[serde(default)]
    pub approval_policy: ApprovalPolicy,
}

fn empty_object() -> serde_json::Value {
    serde_json::Value::Object(serde_json::Map::new())
}

/// A stored agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Agent {
    /// Row id.
    pub id: AgentId,
    /// What its owner wrote.
    #[serde(flatten)]
    pub draft: AgentDraft,
    /// When it was created.
    pub created_at: Timestamp,
}
