//! A project in a temporary folder with its own HOME, tmux server, scripted model and nanobot process.

mod end;
mod evidence;
pub mod milestones;
mod person;
mod script;

use std::{
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use autocode_demo_llm::{DemoServer, Scenario};
use autocode_nanobot::protocol::{
    AgentSpec, ApprovalPolicy, CliKind, Event, EventLine, Limits, NanobotConfig, ProjectSpec, Step,
};
use autocode_tmux::{SessionName, TmuxServer};
use axum::{
    extract::{Request, State},
    http::StatusCode,
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    time::{Instant, timeout_at},
};
use tokio_util::sync::{CancellationToken, DropGuard};

/// A running or stopped project.
pub struct Project {
    folder: tempfile::TempDir,
    tmux: TmuxServer,
    demo: DemoServer,
    refuse: Arc<AtomicBool>,
    config: NanobotConfig,
    /// The instance token of the next start.
    pub token: String,
    child: Option<(Child, ChildStdin, Lines<BufReader<ChildStdout>>)>,
    events: Vec<Event>,
    _server: DropGuard,
}

/// A coding CLI's program: what the variable names, or what npm installed for this repository.
fn program(variable: &str, name: &str) -> PathBuf {
    let path = std::env::var_os(variable).map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../node_modules/.bin").join(name),
        PathBuf::from,
    );
    path.canonicalize().unwrap_or_else(|_| {
        panic!("{} is missing: run `npm ci` in the repository or set {variable}", path.display())
    })
}

/// Claude Code's program.
pub fn claude() -> PathBuf {
    program("AUTOCODE_CLAUDE", "claude")
}

async fn maybe_refuse(State(refuse): State<Arc<AtomicBool>>, request: Request, next: Next) -> Response {
    if refuse.load(Ordering::Relaxed) && request.method() == "POST" {
        let body = r#"{"type":"error","error":{"type":"permission_error","message":"the key was refused"}}"#;
        return (StatusCode::FORBIDDEN, [("content-type", "application/json")], body).into_response();
    }
    next.run(request).await
}

impl Project {
    /// The demonstration project for Claude Code; `steps` chooses some of its steps.
    pub async fn new(model: &str, steps: Option<Vec<&str>>) -> Self {
        Self::with_cli(CliKind::Claude, model, steps).await
    }

    /// The demonstration project for a coding CLI.
    pub async fn with_cli(coding_cli: CliKind, model: &str, steps: Option<Vec<&str>>) -> Self {
        Self::with(Scenario::builtin().unwrap(), coding_cli, model, steps).await
    }

    async fn with(scenario: Scenario, coding_cli: CliKind, model: &str, steps: Option<Vec<&str>>) -> Self {
        let folder = tempfile::Builder::new().prefix("nb-").tempdir().unwrap();
        let workspace = folder.path().join("projects/p");
        std::fs::create_dir_all(workspace.join(".nanobot")).unwrap();
        let project = scenario.project.clone();
        let demo = DemoServer::new(scenario).with_journal(10_000);
        let refuse = Arc::new(AtomicBool::new(false));
        let router = axum::Router::new()
            .nest("/gateway/demo", demo.router())
            .layer(middleware::from_fn_with_state(refuse.clone(), maybe_refuse));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let gateway_url = format!("http://{}/gateway", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        tokio::spawn(
            async move { axum::serve(listener, router).with_graceful_shutdown(stopped).await.unwrap() },
        );

        let chosen = |id: &String| steps.as_ref().is_none_or(|steps| steps.contains(&id.as_str()));
        let plan: Vec<Step> = project
            .steps
            .iter()
            .filter(|step| chosen(&step.id))
            .map(|step| Step {
                id: step.id.clone(),
                title: step.title.clone(),
                instructions: step.instructions.clone(),
                verify: step.verify.clone(),
                ..Step::default()
            })
            .collect();
        let config = NanobotConfig {
            instance_id: 1,
            project: ProjectSpec {
                id: 1,
                name: project.name,
                description: project.description,
                architecture: Some(project.architecture),
                plan,
                approve_plan: false,
                workspace,
            },
            agent: AgentSpec {
                id: 1,
                name: "Builder".into(),
                model: model.into(),
                coding_cli,
                identity: "You are careful.".into(),
                global_rules: "Keep it small.".into(),
                tools: vec![],
                mcp_servers: serde_json::json!({}),
                wire_format: None,
            },
            gateway_url,
            session: "tom-p".into(),
            approval: ApprovalPolicy::Auto,
            limits: Limits::default(),
        };
        let tmux = TmuxServer::new(folder.path().join("tmux.sock"));
        Self {
            folder,
            tmux,
            demo,
            refuse,
            config,
            token: "a-made-up-token".to_owned(),
            child: None,
            events: vec![],
            _server: stop.drop_guard(),
        }
    }

    fn workspace(&self) -> &Path {
        &self.config.project.workspace
    }

    /// Starts the nanobot.
    pub async fn start(&mut self) {
        let config = serde_json::to_vec(&self.config).unwrap();
        std::fs::write(self.workspace().join(".nanobot/config.json"), config).unwrap();
        let log =
            std::fs::File::options().create(true).append(true).open(self.folder.path().join("log")).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_autocode-nanobot"))
            .args(["nanobot", "--workspace"])
            .arg(self.workspace())
            .env_clear()
            .env("HOME", self.folder.path())
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("LANG", "C.UTF-8")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let start = serde_json::json!({
            "type": "start", "gateway_token": self.token, "run_dir": self.folder.path().join("run/i-1"),
            "tmux_socket": self.folder.path().join("tmux.sock"), "autocode": env!("CARGO_BIN_EXE_autocode-nanobot"),
            "cli_program": match &self.config.agent.coding_cli {
                CliKind::Claude => claude(),
                CliKind::Codex => program("AUTOCODE_CODEX", "codex"),
                CliKind::Opencode => program("AUTOCODE_OPENCODE", "opencode"),
                CliKind::Generic { .. } => PathBuf::new(),
            },
        });
        stdin.write_all(format!("{start}\n").as_bytes()).await.unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        self.child = Some((child, stdin, lines));
    }

    async fn command(&mut self, command: serde_json::Value) {
        let stdin = &mut self.child.as_mut().unwrap().1;
        stdin.write_all(format!("{command}\n").as_bytes()).await.unwrap();
    }

    /// Answers the open question.
    pub async fn answer(&mut self, text: &str) {
        self.command(serde_json::json!({"type": "answer", "text": text})).await;
    }

    /// Reads events until one fits; all that were read so far.
    pub async fn until(&mut self, limit: Duration, fits: impl Fn(&Event) -> bool) -> Vec<Event> {
        let deadline = Instant::now() + limit;
        loop {
            let lines = &mut self.child.as_mut().unwrap().2;
            let line = match timeout_at(deadline, lines.next_line()).await {
                Ok(line) => line.unwrap(),
                Err(_) => panic!("not within {limit:?}:\n{}", self.report().await),
            };
            let Some(line) = line else { panic!("the nanobot ended:\n{}", self.report().await) };
            let event: EventLine = serde_json::from_str(&line).unwrap();
            self.events.push(event.event);
            if fits(self.events.last().unwrap()) {
                return self.events.clone();
            }
        }
    }

    /// Reads events until a log line contains this.
    pub async fn until_log(&mut self, limit: Duration, part: &str) {
        self.until(limit, |event| matches!(event, Event::Log { message, .. } if message.contains(part)))
            .await;
    }

    /// Reads events until the nanobot has ended in order; all events of the project.
    pub async fn until_end(&mut self, limit: Duration) -> Vec<Event> {
        use autocode_nanobot::protocol::Phase;

        self.until(limit, |event| {
            matches!(event, Event::PhaseChanged { phase: Phase::Completed | Phase::Failed, .. })
        })
        .await;
        let mut child = self.child.take().unwrap().0;
        let status =
            tokio::time::timeout(Duration::from_secs(5), child.wait()).await.expect("it must end").unwrap();
        assert!(status.success());
        self.events.clone()
    }

    async fn report(&self) -> String {
        let screen = match self.tmux.pane(&self.session()).await {
            Ok(Some(pane)) => {
                self.tmux.capture(pane.id, autocode_tmux::Lines::Screen).await.unwrap_or_default()
            }
            other => format!("{other:?}"),
        };
        let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        let events: String = self.events.iter().map(|e| format!("{e:?}\n")).collect();
        format!("{events}\n--- screen\n{screen}\n--- stderr\n{log}\n--- prompts\n{:?}", self.prompts())
    }

    /// Kills the nanobot as a crash would.
    pub async fn kill_nanobot(&mut self) {
        let (mut child, ..) = self.child.take().unwrap();
        child.kill().await.unwrap();
    }

    /// Ends the nanobot by closing its standard input.
    pub async fn stop(&mut self) -> ExitStatus {
        let (mut child, stdin, _lines) = self.child.take().unwrap();
        drop(stdin);
        child.wait().await.unwrap()
    }

    fn session(&self) -> SessionName {
        self.config.session.parse().unwrap()
    }

    async fn pane(&self) -> autocode_tmux::PaneInfo {
        self.tmux.pane(&self.session()).await.unwrap().unwrap()
    }

    /// Kills the coding CLI.
    pub async fn kill_cli(&self) {
        let pid = self.pane().await.pid;
        assert!(
            std::process::Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap().success()
        );
    }

    /// Ends the user's tmux server.
    pub async fn kill_tmux(&self) {
        self.tmux.kill_server().await.unwrap();
    }

    /// Whether the session runs a CLI.
    pub async fn session_lives(&self) -> bool {
        matches!(self.tmux.pane(&self.session()).await, Ok(Some(pane)) if !pane.dead)
    }
}
