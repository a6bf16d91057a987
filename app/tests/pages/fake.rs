//! A backend of fixed answers, so that pages can be rendered without a server.

mod account;
mod keys;
mod overview;
mod providers;
mod users;

use app::{
    backend::{Accounts, Agents, Answer, Cookies, Projects},
    error::AppError,
    model::{
        Agent, AgentDraft, AgentId, ApprovalPolicy, Changes, ChangesQuery, CodingCli, Credentials, Dashboard,
        Diagnosis, Expected, FileChange, FileStatus, ImplementationPlan, Instance, InstanceId, LogEntry,
        LogId, LogLevel, LogQuery, Page, Project, ProjectDraft, ProjectId, ProjectStatus, ProjectText, Role,
        SignIn, StartAnswer, Step, StepStatus, StepUsage, TextKind, TextSave, Timestamp, TokenUsage, Undo,
        UndoDraft, UndoId, UsageSummary, UserId, Viewer,
    },
};
use async_trait::async_trait;

pub const COOKIE: &str = "session=tom";

/// One user `tom` with one agent and one project that waits for an answer.
pub struct Fake {
    pub fresh: bool,
}

fn agent() -> Agent {
    Agent {
        id: AgentId(1),
        draft: AgentDraft {
            name: "Builder <b>".to_owned(),
            model: "demo/builder".parse().unwrap(),
            identity: "\nCareful & <quick>".to_owned(),
            tools: vec!["git".to_owned()],
            mcp_servers: serde_json::json!({}),
            workspace_base: None,
            global_rules: String::new(),
            coding_cli: CodingCli::Generic { command: "aider <x>".to_owned() },
            approval_policy: ApprovalPolicy::AskModel,
        },
        created_at: Timestamp::from_millis(0),
    }
}

fn project() -> Project {
    let step =
        |id: &str, status| Step { id: id.to_owned(), title: format!("Step {id}"), status, ..Step::default() };
    Project {
        id: ProjectId(7),
        agent_id: AgentId(1),
        name: "Shop".to_owned(),
        slug: "shop".parse().unwrap(),
        description: "Sell <script>alert(1)</script>".to_owned(),
        architecture: None,
        implementation_plan: ImplementationPlan {
            steps: vec![step("1", StepStatus::Completed), step("2", StepStatus::Running)],
        },
        status: ProjectStatus::Paused,
        status_reason: Some("Waits for an answer.".to_owned()),
        question: Some("Which currency?".to_owned()),
        suggestions: vec!["Euro".to_owned(), "<b>Yen</b>".to_owned()],
        help_screen: Some("\n> <script>".to_owned()),
        resumes_at: None,
        current_step: 1,
        tmux_session: "tom-shop".to_owned(),
        workspace_path: "/data/users/tom/projects/shop".to_owned(),
        approval_policy: Some(ApprovalPolicy::AskMe),
        approve_plan: true,
        clone_url: Some("https://example.org/shop.git".to_owned()),
        running: true,
        queued: false,
        isolation_warning: None,
        isolation: None,
        created_at: Timestamp::from_millis(0),
        updated_at: Timestamp::from_millis(0),
    }
}

fn known<T>(id: i64, expected: i64, value: T) -> Answer<T> {
    if id == expected { Ok(value) } else { Err(AppError::NotFound) }
}

const USAGE: UsageSummary = UsageSummary {
    requests: 3,
    tokens: TokenUsage {
        input_tokens: 1_200,
        output_tokens: 34,
        cache_creation_tokens: 0,
        cache_read_tokens: 0,
    },
    cost_micro_usd: 420_000,
};

#[async_trait]
impl Accounts for Fake {
    async fn viewer(&self, headers: &http::HeaderMap) -> Answer<Viewer> {
        if headers.get("cookie").is_some_and(|cookie| cookie == COOKIE) {
            return Ok(Viewer {
                id: UserId(1),
                username: "tom".parse().unwrap(),
                role: Role::Admin,
                session: "s1".parse().unwrap(),
            });
        }
        Err(AppError::Unauthorized)
    }
    async fn viewer_setting_up(&self, headers: &http::HeaderMap) -> Answer<Viewer> {
        self.viewer(headers).await
    }
    async fn setup_needed(&self) -> Answer<bool> {
        Ok(self.fresh)
    }
    async fn setup(&self, _: &str, _: Credentials) -> Answer<Cookies> {
        Ok(vec![COOKIE.to_owned()])
    }
    async fn login(&self, _: &http::HeaderMap, sign_in: SignIn) -> Answer<Cookies> {
        match (sign_in.password.as_str(), sign_in.code.as_deref()) {
            ("right", _) | ("half", Some("123456")) => Ok(vec![COOKIE.to_owned(), "refresh=1".to_owned()]),
            ("half", _) => Err(AppError::SecondFactorRequired("Type the code.".to_owned())),
            _ => Err(AppError::BadCredentials),
        }
    }
    async fn logout(&self, _: &http::HeaderMap) -> Answer<Cookies> {
        Ok(vec!["session=".to_owned()])
    }
}

#[async_trait]
impl Agents for Fake {
    async fn agents(&self, _: &Viewer, _: Page) -> Answer<Vec<Agent>> {
        Ok(vec![agent()])
    }
    async fn agent(&self, _: &Viewer, id: AgentId) -> Answer<Agent> {
        known(id.0, 1, agent())
    }
    async fn create_agent(&self, _: &Viewer, draft: AgentDraft) -> Answer<Agent> {
        Ok(Agent { id: AgentId(2), draft, created_at: Timestamp::from_millis(0) })
    }
    async fn update_agent(&self, _: &Viewer, id: AgentId, draft: AgentDraft, _: Expected) -> Answer<Agent> {
        // What a form does not show must come back unchanged.
        let before = agent().draft;
        assert_eq!((&draft.tools, &*draft.global_rules), (&before.tools, "a\nb"));
        let chosen = (draft.coding_cli, draft.approval_policy);
        let only_rules = chosen == (before.coding_cli, before.approval_policy);
        assert!(only_rules || chosen == (CodingCli::Codex, ApprovalPolicy::AskMe), "{chosen:?}");
        known(id.0, 1, agent())
    }
    async fn delete_agent(&self, _: &Viewer, _: AgentId, _: Expected) -> Answer<()> {
        Err(AppError::Conflict("It has projects.".to_owned()))
    }
    async fn instances(&self, _: &Viewer, _: AgentId, _: Page) -> Answer<Vec<Instance>> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl Projects for Fake {
    async fn dashboard(&self, _: &Viewer) -> Answer<Dashboard> {
        Ok(Dashboard { agents: vec![agent()], projects: vec![project()], today: USAGE })
    }
    async fn projects(&self, _: &Viewer, _: AgentId, _: Page) -> Answer<Vec<Project>> {
        Ok(vec![project()])
    }
    async fn project(&self, _: &Viewer, id: ProjectId) -> Answer<Project> {
        known(id.0, 7, project())
    }
    async fn create_project(&self, _: &Viewer, _: AgentId, draft: ProjectDraft) -> Answer<Project> {
        let steps = draft.implementation_plan.clone().unwrap_or_default().steps;
        let titles: Vec<_> = steps.iter().map(|step| (step.title.as_str(), step.verify.as_deref())).collect();
        assert_eq!(titles, [("First", Some("make test")), ("Third", None)]);
        assert_eq!((draft.approval_policy, draft.approve_plan), (Some(ApprovalPolicy::AskModel), true));
        assert_eq!(draft.clone_url.as_deref(), Some("https://example.org/x"));
        Ok(project())
    }
    async fn update_project(
        &self,
        _: &Viewer,
        _: ProjectId,
        _: ProjectDraft,
        _: Expected,
    ) -> Answer<Project> {
        Err(AppError::Internal)
    }
    async fn delete_project(&self, _: &Viewer, _: ProjectId, _: Expected) -> Answer<()> {
        Ok(())
    }
    async fn start(&self, _: &Viewer, _: ProjectId) -> Answer<StartAnswer> {
        Err(AppError::Conflict("It runs already.".to_owned()))
    }
    async fn pause(&self, viewer: &Viewer, id: ProjectId) -> Answer<StartAnswer> {
        self.stop(viewer, id).await
    }
    async fn stop(&self, _: &Viewer, _: ProjectId) -> Answer<StartAnswer> {
        Ok(StartAnswer { instance_id: InstanceId(1), status: ProjectStatus::Paused })
    }
    async fn restart(&self, _: &Viewer, _: ProjectId) -> Answer<StartAnswer> {
        Err(AppError::Internal)
    }
    async fn check_typing(&self, _: &Viewer, _: ProjectId) -> Answer<()> {
        Ok(())
    }
    async fn answer(&self, _: &Viewer, _: ProjectId, _: String) -> Answer<()> {
        Ok(())
    }
    async fn diagnosis(&self, _: &Viewer, _: ProjectId) -> Answer<Option<Diagnosis>> {
        Ok(Some(Diagnosis {
            cli: "Claude Code".to_owned(),
            process: "alive".to_owned(),
            activity: "busy".to_owned(),
            activity_since: Timestamp::from_millis(1_000),
            signal: None,
            signal_at: None,
            screen: Some("busy".to_owned()),
            screen_evidence: Some("<i>esc to interrupt</i>".to_owned()),
            phase: "prompt sent".to_owned(),
            decision: "Wait & see.".to_owned(),
            decided_at: Timestamp::from_millis(2_000),
        }))
    }
    async fn undo(&self, _: &Viewer, _: ProjectId, draft: UndoDraft) -> Answer<Project> {
        assert_eq!(draft.to_step.as_deref(), Some("1"));
        Err(AppError::Conflict("Stop it first.".to_owned()))
    }
    async fn redo(&self, _: &Viewer, _: ProjectId, undo: UndoId) -> Answer<Project> {
        known(undo.0, 4, project())
    }
    async fn undos(&self, _: &Viewer, _: ProjectId, _: Page) -> Answer<Vec<Undo>> {
        Ok(Vec::new())
    }
    async fn logs(&self, _: &Viewer, id: ProjectId, query: LogQuery) -> Answer<Vec<LogEntry>> {
        assert_eq!(query, LogQuery { limit: Some(200), ..LogQuery::default() });
        let message = "Chose <img src=x onerror=alert(1)> over Git".to_owned();
        let (project_id, agent_instance_id) = (Some(id), InstanceId(1));
        let timestamp = Timestamp::from_millis(1_000);
        Ok(vec![LogEntry {
            id: LogId(11),
            project_id,
            agent_instance_id,
            level: LogLevel::AgentDecision,
            message,
            timestamp,
        }])
    }
    fn demo_project(&self) -> ProjectDraft {
        ProjectDraft {
            name: "Demo".to_owned(),
            description: String::new(),
            architecture: None,
            implementation_plan: None,
            approval_policy: None,
            approve_plan: false,
            clone_url: None,
        }
    }
    async fn usage(&self, _: &Viewer, _: ProjectId) -> Answer<UsageSummary> {
        Ok(USAGE)
    }
    async fn step_usage(&self, _: &Viewer, _: ProjectId) -> Answer<Vec<StepUsage>> {
        Ok(vec![StepUsage { step: Some("1".to_owned()), title: "Step <1>".to_owned(), usage: USAGE }])
    }
    async fn project_text(&self, _: &Viewer, id: ProjectId, kind: TextKind) -> Answer<ProjectText> {
        let text = format!("# The {} </textarea><script>", kind.as_str());
        known(id.0, 7, ProjectText { text, version: "v1".to_owned() })
    }
    async fn save_project_text(
        &self,
        _: &Viewer,
        _: ProjectId,
        _: TextKind,
        new: ProjectText,
    ) -> Answer<TextSave> {
        Ok(if new.version == "v1" { TextSave::Saved(new) } else { TextSave::Conflict(new) })
    }
    async fn changes(&self, _: &Viewer, _: ProjectId, query: ChangesQuery) -> Answer<Changes> {
        if query.step.is_none() {
            return Err(AppError::Unavailable("The runner is away.".to_owned()));
        }
        let file = FileChange {
            path: "src/<b>.sh".to_owned(),
            status: FileStatus::Modified,
            added: Some(1),
            removed: Some(1),
            diff: "@@ -1 +1 @@\n-old <i>\n+new <i>\n".to_owned(),
            cut: true,
        };
        Ok(Changes { files: vec![file], more_files: 2 })
    }
}
