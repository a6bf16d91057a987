//! Support for the tests of the main job: the real binary, the real Claude Code in real tmux, a scripted model that
//! lives in the test so that it outlives the server.

use std::{
    net::TcpListener as StdListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use app::model::{Agent, LogEntry, Project, UsageSummary};
use autocode_demo_llm::{DemoServer, JournalEntry, Role, Scenario, serve};
use reqwest::Client;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::look::{children, is_header, is_server, placeholder, user_texts};

const USER: &str = "tom";
const PASSWORD: &str = "correct horse battery";
/// A whole job may take this long on a busy machine.
const JOB_LIMIT: Duration = Duration::from_secs(240);

/// An installation in a temporary folder with one agent and the demonstration project.
pub struct Job {
    folder: TempDir,
    environment: Vec<(&'static str, &'static str)>,
    addr: String,
    server: Option<Child>,
    model: DemoServer,
    model_url: String,
    _model_task: DropGuard,
    http: Client,
    token: String,
    pub project: Project,
}

/// The Claude Code that the lock file names.
pub fn claude() -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../node_modules/.bin/claude");
    path.canonicalize().expect("Claude Code is not installed: run scripts/setup")
}

impl Job {
    /// Starts everything and creates the project; nothing runs yet.
    pub async fn new(model: &str) -> Self {
        Self::with(model, &[]).await
    }

    /// As [`Job::new`], with more of the server's environment.
    pub async fn with(model: &str, environment: &[(&'static str, &'static str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let model_url = format!("http://{}", listener.local_addr().unwrap());
        let demo = DemoServer::new(Scenario::builtin().unwrap()).with_journal(10_000);
        let stop = CancellationToken::new();
        tokio::spawn(serve(listener, demo.clone(), stop.clone()));

        let folder = tempfile::Builder::new().prefix("job-").tempdir().unwrap();
        let addr = StdListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let mut job = Self {
            folder,
            environment: environment.to_vec(),
            addr,
            server: None,
            model: demo,
            model_url,
            _model_task: stop.drop_guard(),
            http: Client::new(),
            token: String::new(),
            project: placeholder(),
        };
        job.create_admin();
        job.start_server().await;
        let agent: Agent = job.post("/agents", json!({"name": "Builder", "model": model})).await;
        let draft = serde_json::to_value(server::services::demo_project()).unwrap();
        job.project = job.post(&format!("/agents/{}/projects", agent.id), draft).await;
        job
    }

    fn autocode(&self) -> Command {
        // The API is all that a job needs; `serve` wants to find a site all the same.
        let site = self.folder.path().join("site");
        std::fs::create_dir_all(site.join("pkg")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_autocode"));
        command
            .env_clear()
            .env("AUTOCODE_SITE_ROOT", site)
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.folder.path())
            .env("RUST_LOG", "info")
            .env("AUTOCODE_DATA_DIR", self.folder.path().join("data"))
            .env("AUTOCODE_RUN_DIR", self.folder.path().join("run"))
            .env("AUTOCODE_ADDR", &self.addr)
            .env("AUTOCODE_CLAUDE", claude())
            .env("AUTOCODE_DEMO_URL", &self.model_url)
            .env("AUTOCODE_ANTHROPIC_URL", &self.model_url)
            .envs(self.environment.iter().copied())
            .current_dir(self.folder.path());
        command
    }

    fn create_admin(&self) {
        use std::io::Write as _;
        let mut child = self
            .autocode()
            .args(["create-admin", "--username", USER, "--password-stdin"])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(PASSWORD.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success(), "create-admin failed");
    }

    /// Starts `autocode serve` and signs in; what the server says goes to a file shown by [`Job::server_log`].
    pub async fn start_server(&mut self) {
        let log = std::fs::File::options().create(true).append(true).open(self.server_log_path()).unwrap();
        let mut serve = self.autocode();
        serve.arg("serve").stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        self.server = Some(serve.spawn().unwrap());
        let deadline = Instant::now() + Duration::from_secs(20);
        while !self.answers().await {
            assert!(Instant::now() < deadline, "the server does not start:\n{}", self.server_log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let answer: Value = self.post("/auth/login", json!({"username": USER, "password": PASSWORD})).await;
        self.token = answer["access_token"].as_str().unwrap().to_owned();
    }

    /// Whether the server answers.
    pub async fn answers(&self) -> bool {
        self.http.get(format!("http://{}/readyz", self.addr)).send().await.is_ok()
    }

    /// Process id of what was started.
    pub fn started_pid(&self) -> u32 {
        self.server.as_ref().unwrap().id()
    }

    /// Process id of what serves: started by root, that is not the process that was started but one below it.
    pub fn server_pid(&self) -> u32 {
        let mut pid = self.started_pid();
        while let Some(below) = children(pid).into_iter().find(|child| is_server(*child)) {
            pid = below;
        }
        pid
    }

    /// Ends the server as a crash would.
    pub fn kill_server(&mut self) {
        let mut server = self.server.take().unwrap();
        server.kill().unwrap();
        server.wait().unwrap();
    }

    fn server_log_path(&self) -> PathBuf {
        self.folder.path().join("server.log")
    }

    /// What the server and the cell's processes said.
    pub fn server_log(&self) -> String {
        let run = self.folder.path().join("run").join(USER);
        let mut text = String::new();
        for file in [self.server_log_path(), run.join("runner.log")] {
            let said = std::fs::read_to_string(&file).unwrap_or_default();
            text.push_str(&format!("== {}\n{said}\n", file.display()));
        }
        text
    }

    async fn send<T: DeserializeOwned>(&self, request: reqwest::RequestBuilder) -> T {
        let answer = request.bearer_auth(&self.token).timeout(Duration::from_secs(90)).send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{status}: {text}\n{}", self.server_log());
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"))
    }

    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> T {
        self.send(self.http.get(format!("http://{}/api/v1{path}", self.addr))).await
    }

    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: Value) -> T {
        self.send(self.http.post(format!("http://{}/api/v1{path}", self.addr)).json(&body)).await
    }

    /// Puts something.
    pub async fn put(&self, path: &str, body: Value) -> Value {
        self.send(self.http.put(format!("http://{}/api/v1{path}", self.addr)).json(&body)).await
    }

    /// Starts the project.
    pub async fn start(&self) {
        let _: Value = self.post(&format!("/projects/{}/start", self.project.id), json!({})).await;
    }

    /// The project as it is now.
    pub async fn now(&self) -> Project {
        self.get(&format!("/projects/{}", self.project.id)).await
    }

    /// All log lines so far.
    pub async fn logs(&self) -> Vec<LogEntry> {
        self.get(&format!("/projects/{}/logs?after=0&limit=1000", self.project.id)).await
    }

    /// Tokens so far.
    pub async fn usage(&self) -> UsageSummary {
        self.get(&format!("/projects/{}/usage", self.project.id)).await
    }

    /// Polls the project until `done`; a question or a standstill fails with all logs.
    pub async fn wait_until(&self, what: &str, done: impl Fn(&Project) -> bool) -> Project {
        let deadline = Instant::now() + JOB_LIMIT;
        loop {
            let project = self.now().await;
            if done(&project) {
                return project;
            }
            let stuck = project.question.is_some() || !project.running || Instant::now() > deadline;
            if stuck {
                let lines: Vec<String> = self
                    .logs()
                    .await
                    .into_iter()
                    .map(|l| format!("{} {}", l.level.as_str(), l.message))
                    .collect();
                panic!("{what} was not reached: {project:#?}\n{}\n{}", lines.join("\n"), self.server_log());
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// The workspace of the project.
    pub fn workspace(&self) -> PathBuf {
        self.project.workspace_path.clone().into()
    }

    /// Everything of the user below the data folder and the run folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Subjects of the workspace's commits, oldest first.
    pub fn commits(&self) -> Vec<(String, String)> {
        // Inside, the files belong to the cell's account; git must not refuse them for that.
        let output = Command::new("git")
            .args(["-c", "safe.directory=*", "log", "--reverse", "--format=%H %s"])
            .current_dir(self.workspace())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(|l| l.split_once(' ').unwrap()).map(|(h, s)| (h.to_owned(), s.to_owned())).collect()
    }

    /// What the model was asked.
    pub fn journal(&self) -> Vec<JournalEntry> {
        self.model.journal()
    }

    /// First lines of the prompts that the coding CLI was given, in order of arrival, with how often the conversation
    /// contains each: every request carries the whole conversation, so the last request of a session tells all.
    pub fn prompts(&self) -> Vec<(String, usize)> {
        let mut counts: Vec<(String, usize)> = Vec::new();
        for entry in self.journal().iter().filter(|e| e.role == Role::Coding) {
            let mut in_request: Vec<(String, usize)> = Vec::new();
            for header in user_texts(&entry.body).iter().flat_map(|t| t.lines()).filter(|l| is_header(l)) {
                match in_request.iter_mut().find(|(h, _)| h == header) {
                    Some((_, n)) => *n += 1,
                    None => in_request.push((header.to_owned(), 1)),
                }
            }
            for (header, n) in in_request {
                match counts.iter_mut().find(|(h, _)| *h == header) {
                    Some((_, most)) => *most = n.max(*most),
                    None => counts.push((header, n)),
                }
            }
        }
        counts
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill().ok();
            server.wait().ok();
        }
        // Agents outlive a server on purpose; a test leaves nothing running.
        let stopped = self.autocode().args(["stop", "--all"]).stdin(Stdio::null()).output();
        if !stopped.is_ok_and(|o| o.status.success()) {
            eprintln!("autocode stop --all failed\n{}", self.server_log());
        }
    }
}
