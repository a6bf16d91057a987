//! A stage: one user's supervisor, runner, nanobot, tmux and Claude Code in a folder of their own, and this test in the
//! place of the server and of the model's provider.

use std::{
    collections::VecDeque,
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use autocode_demo_llm::{DemoServer, Scenario};
use autocode_nanobot::protocol::{AgentSpec, ApprovalPolicy, CliKind, Event, NanobotConfig, ProjectSpec};
use autocode_runner::protocol::StartInstance;
use autocode_tmux::TmuxServer;
use axum::middleware;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};

pub use super::events::{Seen, What, now};
use super::{gate::Gate, link::Link, roles, scenario};

/// The session of a stage.
pub const SESSION: &str = "tom-p";

/// What a stage plays.
pub struct Play {
    pub steps: usize,
    /// Rules of the scripted model that come before the ordinary ones.
    pub rules: String,
    /// Limits of the loop that differ from the defaults.
    pub limits: Value,
    pub approval: ApprovalPolicy,
}

impl Default for Play {
    fn default() -> Self {
        Self { steps: 1, rules: String::new(), limits: json!({}), approval: ApprovalPolicy::Auto }
    }
}

/// The processes and everything that is known of them.
pub struct Stage {
    dir: TempDir,
    pub tmux: TmuxServer,
    pub demo: DemoServer,
    pub gate: Gate,
    pub start: StartInstance,
    pub supervisor: Option<Child>,
    pub(super) link: Option<Link>,
    pub(super) pending: VecDeque<Seen>,
    pub(super) last: u64,
    pub(super) compare_after: Option<u64>,
    /// Whether the instance shall run: started again after the runner was lost.
    pub wanted: bool,
    pub events: Vec<Seen>,
    _server: DropGuard,
}

impl Stage {
    /// Everything made ready, nothing started.
    pub async fn new(play: Play) -> Self {
        let dir = tempfile::Builder::new().prefix("autocode-fault-").tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        fs::create_dir_all(root.join("tom/projects")).unwrap();
        roles::install(&root);
        let text = scenario::scenario(play.steps, &play.rules);
        let demo = DemoServer::new(Scenario::parse(&text).unwrap_or_else(|e| panic!("{e}\n{text}")))
            .with_journal(10_000);
        let gate = Gate::default();
        let router = axum::Router::new()
            .nest("/gateway/demo", demo.router())
            .layer(middleware::from_fn_with_state(gate.clone(), super::gate::pass));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let gateway_url = format!("http://{}/gateway", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        tokio::spawn(async move { axum::serve(listener, router).with_graceful_shutdown(stopped).await });
        let config = NanobotConfig {
            instance_id: 1,
            project: ProjectSpec {
                id: 1,
                name: "Files".into(),
                description: "Some files.".into(),
                architecture: None,
                plan: scenario::plan(play.steps, &root),
                approve_plan: false,
                workspace: root.join("tom/projects/p"),
            },
            agent: AgentSpec {
                id: 1,
                name: "Writer".into(),
                model: "demo/play".into(),
                coding_cli: CliKind::Claude,
                identity: "You write files.".into(),
                global_rules: "Keep it small.".into(),
                tools: vec![],
                mcp_servers: json!({}),
                wire_format: None,
            },
            gateway_url,
            session: SESSION.into(),
            approval: play.approval,
            limits: serde_json::from_value(play.limits).unwrap(),
        };
        let start = StartInstance {
            config,
            gateway_token: "a-made-up-token".into(),
            clone_url: None,
            environment: [].into(),
        };
        Self {
            tmux: TmuxServer::new(root.join("run/tmux.sock")),
            dir,
            demo,
            gate,
            start,
            supervisor: None,
            link: None,
            pending: VecDeque::new(),
            last: 0,
            compare_after: None,
            wanted: false,
            events: vec![],
            _server: stop.drop_guard(),
        }
    }

    /// A stage on which the project has been started.
    pub async fn started(play: Play) -> Self {
        let mut stage = Self::new(play).await;
        stage.start().await;
        stage
    }

    /// The instance that shall run.
    pub fn instance(&self) -> i64 {
        self.start.config.instance_id
    }

    pub fn root(&self) -> PathBuf {
        self.dir.path().canonicalize().unwrap()
    }

    pub fn workspace(&self) -> &Path {
        &self.start.config.project.workspace
    }

    /// Starts the supervisor and the instance.
    pub async fn start(&mut self) {
        let root = self.root();
        let path = std::env::var_os("PATH").unwrap();
        let path = std::env::join_paths([root.join("bin")].into_iter().chain(std::env::split_paths(&path)));
        let child = Command::new(root.join("bin/autocode"))
            .args(["runner", "--home", "x"])
            .env_clear()
            .env("PATH", path.unwrap())
            .env("HOME", root.join("tom"))
            .env("LANG", "C.UTF-8")
            .current_dir(&root)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(root.join("supervisor.log")).unwrap())
            .spawn()
            .unwrap();
        self.supervisor = Some(child);
        self.wanted = true;
        self.connect(Instant::now() + Duration::from_secs(30)).await.expect("the runner must listen");
    }

    /// What to read when a test fails.
    pub async fn report(&self) -> String {
        let mut text = String::new();
        for seen in &self.events {
            if !matches!(seen.what, What::Nanobot(Event::Diagnosed(_))) {
                text += &format!("{} {:?}\n", seen.at, seen.what).chars().take(600).collect::<String>();
            }
        }
        text += &format!("--- screen\n{}\n--- log\n", self.screen().await);
        text += &fs::read_to_string(self.root().join("supervisor.log")).unwrap_or_default();
        for folder in ["run/runner.log", "run/i-1/nanobot.log"] {
            text += &fs::read_to_string(self.root().join(folder)).unwrap_or_default();
        }
        text
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // Only after a failure is anything left; it is found by this stage's own folder.
        if let Some(child) = &mut self.supervisor {
            drop(child.kill());
            drop(child.wait());
        }
        for pid in super::evidence::processes_of(&self.root()) {
            super::inject::kill(pid);
        }
    }
}
