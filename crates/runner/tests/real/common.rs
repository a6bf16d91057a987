//! A runner in a process of its own, a client for it, and a small script in place of the nanobot.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode, Stdio},
    time::Duration,
};

use autocode_nanobot::protocol::{
    AgentSpec, ApprovalPolicy, CliKind, CliPrograms, Limits, NanobotConfig, ProjectSpec,
};
use autocode_runner::{
    RunnerArgs,
    frame::Frame,
    protocol::{Answer, Hello, Request, RunnerPaths, StartInstance},
};
use autocode_tmux::{NewSession, TmuxServer};
use futures::SinkExt;
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use crate::client::{Client, Wire, wire};

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
    *take_over*) say "taken over"; printf '{"at":1,"type":"hands","hands":"off"}\n' ;;
    *give_back*) say "given back"; printf '{"at":1,"type":"hands","hands":"near"}\n' ;;
    *garbage*) echo "not json" ;;
    *tmux*) tmux -S "${0%/*}/../run/tmux.sock" new-session -d -s tom-shop cat; say "tmux $?" ;;
    *deaf*) trap '' TERM; say deaf; while :; do sleep 1; done ;;
    *stray*) AUTOCODE_VERIFY="$PWD" AUTOCODE_WORKSPACE="$PWD" setsid sleep 1003 & say stray ;;
    *stubborn*) trap '' TERM; exec sleep 1000 ;;
    esac
done
exit 0
"#;

/// `autocode` as the runner and the supervisor call it.
const SCRIPT: &str = r#"#!/bin/sh
case "$*" in
nanobot*) exec sh @ROOT@/bin/nanobot.sh ;;
*--serve*) role=serve ;;
*) role=supervise ;;
esac
RUNNER_ROOT=@ROOT@ RUNNER_ROLE=$role exec @EXE@ --exact --nocapture a_runner_without_a_folder_to_work_in_fails
"#;

/// Whether a process is there and not just waiting to be collected.
pub fn lives(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

/// Output of a git command that must succeed.
pub fn git(folder: &Path, args: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=x", "-c", "user.email=x@x"])
        .args(args)
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Becomes the process that the environment asks for, and never returns then; see [`World::spawn`].
pub fn take_role() {
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

pub fn args(root: &Path) -> RunnerArgs {
    RunnerArgs {
        paths: RunnerPaths { home: root.join("tom"), run_dir: root.join("run") },
        autocode: root.join("bin/autocode"),
        programs: CliPrograms { claude: "/usr/bin/true".into(), ..CliPrograms::default() },
        doors: Some(root.join("doors")).filter(|doors| doors.exists()),
        forward: false,
        listen_stdin: false,
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
        fs::create_dir(root.join("bin")).unwrap();
        fs::write(root.join("bin/nanobot.sh"), NANOBOT).unwrap();
        let exe = std::env::current_exe().unwrap();
        let script = SCRIPT
            .replace("@ROOT@", &root.display().to_string())
            .replace("@EXE@", &exe.display().to_string());
        fs::write(root.join("bin/autocode"), script).unwrap();
        fs::set_permissions(root.join("bin/autocode"), fs::Permissions::from_mode(0o755)).unwrap();
        let tmux = TmuxServer::new(root.join("run/tmux.sock"));
        Self { dir, tmux, children: Vec::new() }
    }

    pub fn path(&self, relative: &str) -> PathBuf {
        self.dir.path().join(relative)
    }

    pub fn spawn(&mut self, role: &str) -> usize {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture", "a_runner_without_a_folder_to_work_in_fails"])
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
        let answer = client.ask(Request::Subscribe { after }).await;
        assert!(matches!(answer, Answer::Subscribed { last } if last >= after), "{answer:?}");
        client
    }

    pub async fn terminal(&self, session: &str) -> Wire {
        self.connect(Hello::Terminal { session: session.into(), cols: 80, rows: 24 }).await
    }

    pub async fn connect(&self, hello: Hello) -> Wire {
        let mut wire = wire(&self.path("run/runner.sock")).await;
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
                approve_plan: false,
                workspace: self.path("tom/projects").join(slug),
            },
            agent: AgentSpec {
                id: 3,
                name: "a".into(),
                model: "demo/x".into(),
                coding_cli: CliKind::Claude,
                identity: "i".into(),
                global_rules: "Be kind.".into(),
                tools: vec![],
                mcp_servers: serde_json::json!({}),
                wire_format: None,
            },
            gateway_url: "http://127.0.0.1:1/gateway".into(),
            session: format!("tom-{slug}"),
            approval: ApprovalPolicy::Auto,
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
        // Some tests put a server there that never answers.
        let tmux = ["5", "tmux", "-S"];
        let _ = Command::new("timeout").args(tmux).arg(self.tmux.socket()).arg("kill-server").output();
    }
}
