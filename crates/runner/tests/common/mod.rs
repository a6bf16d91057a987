//! A runner in a process of its own, a client for it, and a small script in place of the nanobot.

use std::{
    collections::VecDeque,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode, Stdio},
    time::Duration,
};

use autocode_nanobot::protocol::{AgentSpec, Event, EventLine, Limits, NanobotConfig, ProjectSpec};
use autocode_runner::{
    RunnerArgs,
    frame::{Frame, FrameCodec},
    protocol::{
        Answer, Hello, Request, RequestFrame, RunnerEvent, RunnerPaths, ServerBound, SpooledEvent,
        StartInstance, VERSION,
    },
};
use autocode_tmux::{NewSession, TmuxServer};
use futures::{SinkExt, StreamExt};
use tempfile::TempDir;
use tokio::{
    net::UnixStream,
    time::{Instant, sleep, timeout},
};
use tokio_util::codec::Framed;

pub const LIMIT: Duration = Duration::from_secs(20);

/// Does what commands ask for with a word in them; ends when told to, or at the end of its input.
const NANOBOT: &str = r#"
read -r start || exit 9
echo "$start" > start.json
n=$(($(cat runs 2>/dev/null || echo 0) + 1)); echo $n > runs
say() { printf '{"at":1,"type":"log","level":"info","message":"%s"}\n' "$1"; }
say "run $n"
while read -r line; do
    case "$line" in
    *'"stop"'*) say stopping; exit 0 ;;
    *flood*) i=0; while [ $i -lt 500 ]; do i=$((i+1)); say "flood $i"; done ;;
    *finish*) say finishing; exit 0 ;;
    *crash*) exit 3 ;;
    *garbage*) echo "not json" ;;
    *stubborn*) trap '' TERM; exec sleep 1000 ;;
    esac
done
exit 0
"#;

/// What the helper processes of all test files do; see [`World::spawn`].
pub fn helper_process() {
    let (Some(root), Some(role)) = (std::env::var_os("RUNNER_ROOT"), std::env::var_os("RUNNER_ROLE")) else {
        return;
    };
    let args = args(Path::new(&root));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let code = runtime.block_on(async {
        if role == "supervise" {
            autocode_runner::supervise(args).await
        } else {
            autocode_runner::serve(args).await
        }
    });
    let name = format!("{code:?}");
    fs::write(Path::new(&root).join(format!("{}.exit", role.display())), &name).unwrap();
    std::process::exit(i32::from(name != format!("{:?}", ExitCode::SUCCESS)));
}

fn args(root: &Path) -> RunnerArgs {
    RunnerArgs {
        paths: RunnerPaths { home: root.join("tom"), run_dir: root.join("run") },
        autocode: root.join("autocode"),
        claude: "/usr/bin/true".into(),
    }
}

pub struct World {
    dir: TempDir,
    pub tmux: TmuxServer,
    children: Vec<Child>,
}

impl World {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        fs::create_dir_all(root.join("tom/projects")).unwrap();
        fs::write(root.join("nanobot.sh"), NANOBOT).unwrap();
        let exe = std::env::current_exe().unwrap();
        let script = format!(
            "#!/bin/sh\ncase $1 in\nnanobot) exec sh {root}/nanobot.sh ;;\nrunner) RUNNER_ROOT={root} RUNNER_ROLE=serve exec {exe} --ignored --exact --nocapture helper ;;\nesac\n",
            root = root.display(),
            exe = exe.display()
        );
        fs::write(root.join("autocode"), script).unwrap();
        fs::set_permissions(root.join("autocode"), fs::Permissions::from_mode(0o755)).unwrap();
        let tmux = TmuxServer::new(root.join("run/tmux.sock"));
        Self { dir, tmux, children: Vec::new() }
    }

    pub fn path(&self, relative: &str) -> PathBuf {
        self.dir.path().join(relative)
    }

    pub fn spawn(&mut self, role: &str) -> usize {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "--nocapture", "helper"])
            .env("RUNNER_ROOT", self.dir.path())
            .env("RUNNER_ROLE", role)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        self.children.push(child);
        self.children.len() - 1
    }

    pub fn pid(&self, child: usize) -> u32 {
        self.children[child].id()
    }

    pub fn kill(&mut self, child: usize) {
        self.children[child].kill().unwrap();
        self.children[child].wait().unwrap();
    }

    pub async fn wait_exit(&mut self, child: usize) -> Option<i32> {
        let deadline = Instant::now() + LIMIT;
        loop {
            if let Some(status) = self.children[child].try_wait().unwrap() {
                return status.code();
            }
            assert!(Instant::now() < deadline, "it did not end");
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Connects and subscribes, waiting for the runner to listen.
    pub async fn client(&self, after: u64) -> Client {
        let mut client = Client::connect(&self.path("run/runner.sock")).await;
        assert_eq!(client.ask(Request::Subscribe { after }).await, Answer::Done);
        client
    }

    pub async fn terminal(&self, session: &str) -> Wire {
        let mut wire = wire(&self.path("run/runner.sock")).await;
        let hello = Hello::Terminal { session: session.into(), cols: 80, rows: 24 };
        wire.send(Frame::json(&hello).unwrap()).await.unwrap();
        wire
    }

    pub fn start(&self, id: i64, slug: &str) -> StartInstance {
        let config = NanobotConfig {
            instance_id: id,
            project: ProjectSpec {
                id: 5,
                name: "My Shop".into(),
                description: "d".into(),
                architecture: None,
                plan: vec![],
                workspace: self.path("tom/projects").join(slug),
            },
            agent: AgentSpec {
                id: 3,
                name: "a".into(),
                model: "demo/x".into(),
                identity: "i".into(),
                global_rules: "Be kind.".into(),
                tools: vec![],
                mcp_servers: serde_json::json!({}),
            },
            gateway_url: "http://127.0.0.1:1/gateway".into(),
            session: format!("tom-{slug}"),
            limits: Limits::default(),
        };
        StartInstance { config, gateway_token: "secret".into(), clone_url: None, environment: [].into() }
    }

    pub async fn session(&self, name: &str, script: &str) -> autocode_tmux::Pane {
        let command = ["sh", "-c", script].map(str::to_owned).to_vec();
        let new = NewSession { name: name.parse().unwrap(), cwd: "/tmp".into(), command, cols: 80, rows: 24 };
        self.tmux.start_session(new).await.unwrap()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
        let _ = Command::new("tmux").arg("-S").arg(self.tmux.socket()).arg("kill-server").output();
    }
}

pub type Wire = Framed<UnixStream, FrameCodec>;

pub async fn wire(socket: &Path) -> Wire {
    let deadline = Instant::now() + LIMIT;
    loop {
        match UnixStream::connect(socket).await {
            Ok(stream) => return Framed::new(stream, FrameCodec::default()),
            Err(error) => assert!(Instant::now() < deadline, "{error}"),
        }
        sleep(Duration::from_millis(20)).await;
    }
}

pub async fn json(wire: &mut Wire) -> Option<serde_json::Value> {
    match timeout(LIMIT, wire.next()).await.unwrap()? {
        Ok(Frame::Json(json)) => Some(serde_json::from_slice(&json).unwrap()),
        other => panic!("{other:?}"),
    }
}

pub struct Client {
    wire: Wire,
    events: VecDeque<SpooledEvent>,
    next: u64,
}

impl Client {
    async fn connect(socket: &Path) -> Self {
        // A runner that was just killed leaves a socket on which nobody greets.
        let mut wire = wire(socket).await;
        wire.send(Frame::json(&Hello::Control { version: VERSION }).unwrap()).await.unwrap();
        let welcome = json(&mut wire).await.unwrap();
        assert_eq!(
            (&welcome["type"], &welcome["isolation"]["sandboxed"]),
            (&"welcome".into(), &false.into())
        );
        Self { wire, events: VecDeque::new(), next: 0 }
    }

    async fn receive(&mut self) -> Option<ServerBound> {
        Some(serde_json::from_value(json(&mut self.wire).await?).unwrap())
    }

    pub async fn ask(&mut self, request: Request) -> Answer {
        self.next += 1;
        let frame = Frame::json(&RequestFrame { id: self.next, request }).unwrap();
        self.wire.send(frame).await.unwrap();
        loop {
            match self.receive().await.expect("the runner closed the connection") {
                ServerBound::Answer { id, answer } if id == self.next => return answer,
                ServerBound::Event(event) => self.events.push_back(event),
                other => panic!("{other:?}"),
            }
        }
    }

    pub async fn start(&mut self, start: StartInstance) -> u32 {
        match self.ask(Request::StartInstance(Box::new(start))).await {
            Answer::Started { pid } => pid,
            other => panic!("{other:?}"),
        }
    }

    pub async fn say(&mut self, id: i64, word: &str) {
        let command = autocode_nanobot::protocol::Command::Answer { text: word.into() };
        assert_eq!(self.ask(Request::Command { instance_id: id, command }).await, Answer::Done);
    }

    pub async fn event(&mut self) -> SpooledEvent {
        if let Some(event) = self.events.pop_front() {
            return event;
        }
        match self.receive().await.expect("the runner closed the connection") {
            ServerBound::Event(event) => event,
            other => panic!("{other:?}"),
        }
    }

    pub async fn expect_log(&mut self, text: &str) -> u64 {
        let event = self.event().await;
        match &event.event {
            RunnerEvent::Nanobot(EventLine { event: Event::Log { message, .. }, .. })
                if message.starts_with(text) => {}
            other => panic!("{other:?} instead of {text:?}"),
        }
        event.seq
    }

    pub async fn is_closed(&mut self) -> bool {
        matches!(timeout(LIMIT, self.wire.next()).await.unwrap(), None | Some(Err(_)))
    }
}
