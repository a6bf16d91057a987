//! A user's agents.

use std::path::{Component, Path};

use app::{
    backend::{Agents, Answer},
    error::AppError,
    model::{
        AGENT_TEXT_KIB, Agent, AgentDraft, AgentId, CodingCli, Expected, Instance, Page, Project, Provider,
        Viewer, command_problem, mcp_commands, mcp_problem,
    },
};
use async_trait::async_trait;
use serde_json::Value;
use sqlx::{Sqlite, Transaction};

use super::{Services, check::Check, version};
use crate::{
    db::{self, now_ms},
    error,
};

const MAX_TOOLS: usize = 64;

/// The draft as it is stored, or all that is wrong with it.
///
/// `own` are the names of the user's own model servers.
fn checked(draft: AgentDraft, own: &[String]) -> Answer<AgentDraft> {
    let mut check = Check::default();
    check.name("name", &draft.name);
    check.text("identity", &draft.identity, AGENT_TEXT_KIB);
    check.text("global_rules", &draft.global_rules, AGENT_TEXT_KIB);
    let provider = draft.model.provider();
    let known = provider == "demo" || provider.parse::<Provider>().is_ok();
    if !known && own.iter().all(|name| name != provider) {
        let why = format!("There is no provider \u{201c}{provider}\u{201d}; add your own under Settings.");
        check.problem("model", why);
    }
    let plain = |tool: &String| (1..=64).contains(&tool.len()) && tool.chars().all(|c| c.is_ascii_graphic());
    check.that(
        draft.tools.len() <= MAX_TOOLS && draft.tools.iter().all(plain),
        "tools",
        "Name at most 64 tools, each with 1 to 64 plain characters.",
    );
    if let Some(problem) = mcp_problem(&draft.mcp_servers) {
        check.problem("mcp_servers", problem);
    }
    check.text("mcp_servers", &draft.mcp_servers.to_string(), AGENT_TEXT_KIB);
    if let CodingCli::Generic { command } = &draft.coding_cli
        && let Some(problem) = command_problem(command)
    {
        check.problem("coding_cli", problem);
    }
    let base = draft.workspace_base.as_deref().map(str::trim).filter(|base| !base.is_empty());
    if let Some(base) = base {
        check.that(
            is_plain_relative(base),
            "workspace_base",
            "Write a folder below projects/, with plain letters, digits, dots, hyphens and slashes, and no ..",
        );
    }
    let workspace_base = base.map(|base| base.trim_end_matches('/').to_owned());
    check.done()?;
    let coding_cli = match draft.coding_cli {
        CodingCli::Generic { command } => CodingCli::Generic { command: command.trim().to_owned() },
        known => known,
    };
    Ok(AgentDraft { name: draft.name.trim().to_owned(), workspace_base, coding_cli, ..draft })
}

/// A relative path of ordinary names that no program could take for an option or a format.
fn is_plain_relative(path: &str) -> bool {
    let ordinary = |part: Component<'_>| match part {
        Component::Normal(name) => name.to_str().is_some_and(|name| {
            name.starts_with(|c: char| c.is_ascii_alphanumeric())
                && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
        }),
        _ => false,
    };
    path.len() <= 200 && Path::new(path).components().all(ordinary)
}

impl Services {
    /// Records that commands of MCP servers came to an agent: they run whatever its agent's tools are.
    async fn note_commands(
        &self,
        tx: &mut Transaction<'_, Sqlite>,
        viewer: &Viewer,
        agent: &str,
        commands: &[Value],
    ) -> Answer<()> {
        if commands.is_empty() {
            return Ok(());
        }
        let actor = viewer.username.as_str();
        db::audit::insert(tx, Some(viewer.id), actor, "mcp_commands_set", agent, now_ms())
            .await
            .map_err(error::db)
    }

    pub(super) async fn find_agent(&self, viewer: &Viewer, id: AgentId) -> Answer<Agent> {
        let found = db::agents::find(self.db.reader(), viewer.id, id).await.map_err(error::db)?;
        found.ok_or(AppError::NotFound)
    }

    async fn projects_of(&self, viewer: &Viewer, id: AgentId) -> Answer<Vec<Project>> {
        db::projects::of_agent(self.db.reader(), viewer.id, id, Page::ALL).await.map_err(error::db)
    }

    /// The draft as it is stored, or all that is wrong with it, where its servers are included.
    async fn checked_draft(&self, viewer: &Viewer, draft: AgentDraft) -> Answer<AgentDraft> {
        let own = db::custom_providers::list(self.db.reader(), viewer.id).await.map_err(error::db)?;
        let own: Vec<_> = own.into_iter().map(|provider| provider.info.name.to_string()).collect();
        let draft = checked(draft, &own)?;
        for (name, server) in draft.mcp_servers.as_object().into_iter().flatten() {
            if let Some(url) = server.get("url").and_then(Value::as_str) {
                self.check_reachable(url).await?.map_err(|problem| {
                    AppError::invalid("mcp_servers", format!("Server \u{201c}{name}\u{201d}: {problem}"))
                })?;
            }
        }
        Ok(draft)
    }
}

#[async_trait]
impl Agents for Services {
    async fn agents(&self, viewer: &Viewer, page: Page) -> Answer<Vec<Agent>> {
        db::agents::list(self.db.reader(), viewer.id, page).await.map_err(error::db)
    }

    async fn agent(&self, viewer: &Viewer, id: AgentId) -> Answer<Agent> {
        self.find_agent(viewer, id).await
    }

    async fn create_agent(&self, viewer: &Viewer, draft: AgentDraft) -> Answer<Agent> {
        let draft = self.checked_draft(viewer, draft).await?;
        let commands = mcp_commands(&draft.mcp_servers);
        if !commands.is_empty() {
            self.auth.require_step_up(viewer).await?;
        }
        let mut tx = self.begin().await?;
        let id = db::agents::insert(&mut tx, viewer.id, &draft, now_ms()).await.map_err(error::db)?;
        self.note_commands(&mut tx, viewer, &draft.name, &commands).await?;
        tx.commit().await.map_err(error::db)?;
        self.find_agent(viewer, id).await
    }

    async fn update_agent(
        &self,
        viewer: &Viewer,
        id: AgentId,
        draft: AgentDraft,
        expected: Expected,
    ) -> Answer<Agent> {
        // Another user's agent is not found, whatever the draft looks like.
        let before = mcp_commands(&self.find_agent(viewer, id).await?.draft.mcp_servers);
        let draft = self.checked_draft(viewer, draft).await?;
        let commands: Vec<_> = mcp_commands(&draft.mcp_servers)
            .into_iter()
            .filter(|command| !before.contains(command))
            .collect();
        if !commands.is_empty() {
            self.auth.require_step_up(viewer).await?;
        }
        let mut tx = self.begin().await?;
        let before = db::agents::find(&mut *tx, viewer.id, id).await.map_err(error::db)?;
        version::check(&before.ok_or(AppError::NotFound)?, &expected)?;
        if !db::agents::update(&mut tx, viewer.id, id, &draft).await.map_err(error::db)? {
            return Err(AppError::NotFound);
        }
        self.note_commands(&mut tx, viewer, &draft.name, &commands).await?;
        tx.commit().await.map_err(error::db)?;
        for project in self.projects_of(viewer, id).await? {
            // Stored already: what does not reach a runner now is read at the next start.
            if project.running
                && let Err(e) = self.orchestrator.update_context(viewer, project.id).await
            {
                tracing::warn!(project = %project.id, error = %e, "a running instance was not told of its new rules");
            }
        }
        self.find_agent(viewer, id).await
    }

    async fn delete_agent(&self, viewer: &Viewer, id: AgentId, expected: Expected) -> Answer<()> {
        let mut tx = self.begin().await?;
        let before = db::agents::find(&mut *tx, viewer.id, id).await.map_err(error::db)?;
        version::check(&before.ok_or(AppError::NotFound)?, &expected)?;
        let one = Page { after: None, limit: Some(1) };
        let projects = db::projects::of_agent(&mut *tx, viewer.id, id, one).await.map_err(error::db)?;
        if !projects.is_empty() {
            return Err(AppError::Conflict("This agent has projects; delete them first.".to_owned()));
        }
        if !db::agents::delete(&mut tx, viewer.id, id).await.map_err(error::db)? {
            return Err(AppError::NotFound);
        }
        tx.commit().await.map_err(error::db)
    }

    async fn instances(&self, viewer: &Viewer, id: AgentId, page: Page) -> Answer<Vec<Instance>> {
        self.find_agent(viewer, id).await?;
        db::runs::of_agent(self.db.reader(), viewer.id, id, page).await.map_err(error::db)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> AgentDraft {
        AgentDraft {
            name: " Builder ".to_owned(),
            model: "demo/builder".parse().unwrap(),
            identity: String::new(),
            tools: vec!["bash".to_owned()],
            mcp_servers: serde_json::json!({}),
            workspace_base: Some(" web/shops/ ".to_owned()),
            global_rules: String::new(),
            coding_cli: CodingCli::default(),
            approval_policy: app::model::ApprovalPolicy::default(),
        }
    }

    #[test]
    fn drafts_are_tidied() {
        let tidy = AgentDraft {
            name: "Builder".to_owned(),
            workspace_base: Some("web/shops".to_owned()),
            ..draft()
        };
        assert_eq!(checked(draft(), &[]), Ok(tidy));
    }

    #[test]
    fn a_model_may_be_of_a_provider_of_ones_own() {
        let of =
            |own: &[String]| checked(AgentDraft { model: "own/m".parse().unwrap(), ..draft() }, own).is_ok();
        assert_eq!((of(&[]), of(&["own".to_owned()])), (false, true));
    }

    #[test]
    fn all_problems_are_told_at_once() {
        let bad = AgentDraft {
            name: " ".to_owned(),
            model: "nobody/model".parse().unwrap(),
            identity: "x".repeat(32 * 1024 + 1),
            tools: vec![String::new()],
            mcp_servers: serde_json::json!([]),
            workspace_base: Some("../other".to_owned()),
            coding_cli: CodingCli::Generic { command: " ".to_owned() },
            ..draft()
        };
        let Err(AppError::Invalid(errors)) = checked(bad, &["own".to_owned()]) else {
            panic!("the draft was accepted")
        };
        let fields: Vec<_> = errors.iter().map(|e| e.field.as_str()).collect();
        assert_eq!(
            fields,
            ["name", "identity", "model", "tools", "mcp_servers", "coding_cli", "workspace_base"]
        );
    }

    #[test]
    fn workspace_bases_stay_below_projects() {
        for bad in ["..", "a/../b", "/abs", "a//../b", ".hidden", "-rf", "a b", "#(x)", "./a"] {
            let draft = AgentDraft { workspace_base: Some(bad.to_owned()), ..draft() };
            assert!(checked(draft, &[]).is_err(), "{bad} was accepted");
        }
    }
}
