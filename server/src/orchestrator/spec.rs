//! From rows to the order that starts a nanobot: what it is told, and the token it may use.

use std::time::Duration;

use app::model::{InstanceId, ProjectId, UserId};
use autocode_nanobot::protocol::{AgentSpec, Limits, NanobotConfig, ProjectSpec};
use autocode_runner::protocol::{Isolation, StartInstance};
use autocode_sandbox::GATEWAY_PORT;

use super::{
    Shared,
    convert::{cli_to_nanobot, policy_to_nanobot, step_to_nanobot, wire_to_nanobot},
};
use crate::db::{self, now_ms};

/// How long an instance's token is valid without being renewed; a living instance's lease is renewed all the time.
pub const LEASE: Duration = Duration::from_secs(24 * 3600);

/// When a lease that begins now ends, in milliseconds since the Unix epoch.
pub fn lease_end() -> i64 {
    now_ms().saturating_add(i64::try_from(LEASE.as_millis()).unwrap_or(i64::MAX))
}

/// Builds the order to start an instance and opens the gateway to its token; none if its rows are gone.
///
/// # Errors
/// Those of the database.
pub async fn start_instance(
    shared: &Shared,
    user: UserId,
    instance: InstanceId,
    project: ProjectId,
    isolation: &Isolation,
) -> Result<Option<StartInstance>, sqlx::Error> {
    let Some(project) = db::projects::find(shared.db.reader(), user, project).await? else { return Ok(None) };
    let Some(agent) = db::agents::find(shared.db.reader(), user, project.agent_id).await? else {
        return Ok(None);
    };
    let own = db::custom_providers::find(shared.db.reader(), user, agent.draft.model.provider()).await?;
    let mut tx = shared.db.begin().await?;
    let Some(started_at) = db::runs::started_at(&mut tx, user, instance).await? else { return Ok(None) };
    let token = shared.gateway.tokens.of(instance, started_at);
    db::runs::set_token(&mut tx, user, instance, &token.hash, lease_end()).await?;
    tx.commit().await?;
    Ok(Some(StartInstance {
        config: NanobotConfig {
            instance_id: instance.0,
            project: ProjectSpec {
                id: project.id.0,
                name: project.name,
                description: project.description,
                architecture: project.architecture,
                plan: project.implementation_plan.steps.into_iter().map(step_to_nanobot).collect(),
                approve_plan: project.approve_plan,
                workspace: project.workspace_path.into(),
            },
            agent: AgentSpec {
                id: agent.id.0,
                name: agent.draft.name,
                model: agent.draft.model.to_string(),
                coding_cli: cli_to_nanobot(agent.draft.coding_cli),
                identity: agent.draft.identity,
                global_rules: agent.draft.global_rules,
                tools: agent.draft.tools,
                mcp_servers: agent.draft.mcp_servers,
                wire_format: own.map(|own| wire_to_nanobot(own.info.wire_format)),
            },
            gateway_url: gateway_url(shared, isolation),
            session: project.tmux_session,
            approval: policy_to_nanobot(project.approval_policy.unwrap_or(agent.draft.approval_policy)),
            limits: Limits { stall_secs: shared.config.stall_secs, ..Limits::default() },
        },
        gateway_token: token.secret,
        clone_url: project.clone_url,
        environment: std::collections::BTreeMap::new(),
    }))
}

/// Where the gateway is for a cell: on a loopback of its own a port leads to it, on the machine's it is there itself.
fn gateway_url(shared: &Shared, isolation: &Isolation) -> String {
    if isolation.facts.private_network.holds {
        return format!("http://127.0.0.1:{GATEWAY_PORT}/gateway");
    }
    shared.gateway.url.clone()
}
