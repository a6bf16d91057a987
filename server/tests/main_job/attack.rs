//! A hostile agent in a real cell of a real server: everything it tries succeeds outside a cell and fails inside.
//!
//! As root (CI, containers) the claimed level is 4; under another account the level is what that account can have, and
//! what a level does not promise is printed but not held against it.

use std::{
    collections::BTreeMap,
    fs,
    os::{
        linux::net::SocketAddrExt as _,
        unix::{
            fs::PermissionsExt as _,
            net::{SocketAddr, UnixListener},
        },
    },
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use app::model::{Agent, IsolationReport, Project, User};
use serde_json::{Value, json};

use crate::job::Job;

/// How long the agent may take for all that it tries.
const LIMIT: Duration = Duration::from_secs(120);
/// What the script calls attempts that only the proxy could let through.
const PROXY: &str = "proxy-to-";

/// The machine's own things that must not be reached.
struct Bait {
    variables: Vec<(&'static str, String)>,
    _port: std::net::TcpListener,
    _sockets: [UnixListener; 2],
}

impl Bait {
    fn lay(job: &Job) -> Self {
        let (data, run) = (job.folder().join("data"), job.folder().join("run"));
        let secret = data.join("users/eva/projects/secret");
        fs::write(&secret, "eva's").unwrap();
        fs::set_permissions(&secret, fs::Permissions::from_mode(0o644)).unwrap();
        fs::create_dir_all(run.join("eva")).unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let name = format!("autocode-attack-{}", std::process::id());
        let hidden = UnixListener::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
        let other = UnixListener::bind(run.join("eva/other.sock")).unwrap();
        fs::set_permissions(run.join("eva/other.sock"), fs::Permissions::from_mode(0o666)).unwrap();
        let tmux = Command::new("tmux")
            .arg("-S")
            .arg(run.join("eva/tmux.sock"))
            .args(["-f", "/dev/null", "new-session", "-d", "sleep 300"])
            .env_remove("TMUX")
            .status()
            .unwrap();
        assert!(tmux.success());
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        let variables = vec![
            ("DATA", text(&data)),
            ("RUN", text(&run)),
            ("SERVER_PID", job.server_pid().to_string()),
            ("PORT", port.local_addr().unwrap().port().to_string()),
            ("ABSTRACT", name),
        ];
        Self { variables, _port: port, _sockets: [hidden, other] }
    }

    fn run_dir(&self) -> &str {
        &self.variables[1].1
    }
}

impl Drop for Bait {
    fn drop(&mut self) {
        let socket = Path::new(self.run_dir()).join("eva/tmux.sock");
        let ended = Command::new("tmux").arg("-S").arg(socket).arg("kill-server").status();
        assert!(ended.is_ok_and(|status| status.success()), "the bait's tmux server is left");
    }
}

/// What came of each try.
fn outcomes(file: &Path) -> BTreeMap<String, bool> {
    let text = fs::read_to_string(file).unwrap_or_default();
    let parsed = text.lines().filter_map(|line| line.split_once(' '));
    parsed.map(|(outcome, name)| (name.to_owned(), outcome == "LEAK")).collect()
}

fn leaks(outcomes: &BTreeMap<String, bool>) -> Vec<&str> {
    outcomes.iter().filter(|(_, leak)| **leak).map(|(name, _)| name.as_str()).collect()
}

#[tokio::test]
async fn nothing_leaks_out_of_a_cell() {
    let limits = [
        ("AUTOCODE_USER_PROCESSES", "600"),
        ("AUTOCODE_USER_MEMORY_MIB", "300"),
        ("AUTOCODE_ATTACK_BAIT", "1"),
    ];
    let job = Job::with("demo/builder", &limits).await;
    let _: User = job.post("/users", json!({"username": "eva", "password": "correct horse battery"})).await;
    let bait = Bait::lay(&job);
    let script = format!(
        "{}\n{}",
        bait.variables.iter().map(|(name, value)| format!("export {name}='{value}'\n")).collect::<String>(),
        include_str!("attack.sh")
    );

    // Outside a cell, as the server's account: each try that is none of the proxy's succeeds, so each could fail a cell.
    let control = job.folder().join("control");
    fs::create_dir(&control).unwrap();
    fs::write(control.join("attack.sh"), &script).unwrap();
    let ran = Command::new("sh")
        .arg(control.join("attack.sh"))
        .env("OUT", control.join("results"))
        .env("HOME", &control)
        .stdin(Stdio::null())
        .status()
        .unwrap();
    assert!(ran.success());
    let outside = outcomes(&control.join("results"));
    println!("outside a cell: {outside:#?}");
    let could: Vec<&str> = outside.keys().filter(|n| !n.starts_with(PROXY)).map(String::as_str).collect();
    assert_eq!(leaks(&outside), could, "a try that cannot succeed proves nothing");

    // The same by an agent.
    let home = job.folder().join("data/users/tom");
    fs::write(home.join("attack.sh"), &script).unwrap();
    fs::set_permissions(home.join("attack.sh"), fs::Permissions::from_mode(0o644)).unwrap();
    let results = home.join("projects/results");
    let command = format!(
        "env STAY=1 OUT={} HOME={} sh {}/attack.sh",
        results.display(),
        home.display(),
        home.display()
    );
    let agent = json!({"name": "Mallory", "model": "demo/builder", "coding_cli": {"kind": "generic", "command": command}});
    let agent: Agent = job.post("/agents", agent).await;
    let step = json!({"id": "1", "title": "Attack", "instructions": "Attack."});
    let draft = json!({"name": "Attack", "implementation_plan": {"steps": [step]}});
    let project: Project = job.post(&format!("/agents/{}/projects", agent.id), draft).await;
    let _: Value = job.post(&format!("/projects/{}/start", project.id), json!({})).await;
    let deadline = Instant::now() + LIMIT;
    let mut slowest = Duration::ZERO;
    while !fs::read_to_string(&results).unwrap_or_default().contains("done\n") {
        assert!(
            Instant::now() < deadline,
            "the attack does not end: {:?}\n{}",
            fs::read_to_string(&results),
            job.server_log()
        );
        let asked = Instant::now();
        let _: Value = job.get(&format!("/projects/{}", project.id)).await;
        slowest = slowest.max(asked.elapsed());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let inside = outcomes(&results);
    let project: Project = job.get(&format!("/projects/{}", project.id)).await;
    let measured = project.isolation.unwrap();
    println!("inside, at level {}: {inside:#?}\nslowest answer meanwhile: {slowest:?}", measured.level);
    assert_eq!(inside.keys().collect::<Vec<_>>(), outside.keys().collect::<Vec<_>>());
    assert!(slowest < Duration::from_secs(3), "the server suffered: {slowest:?}");

    let report: IsolationReport = job.get("/isolation").await;
    assert_eq!(
        report.level, measured.level,
        "the empty cell and the agent's differ: {report:#?} {measured:#?}"
    );
    let limited = measured.facts.iter().any(|fact| fact.name == "Own limits" && fact.holds);
    let promised = |name: &&str| limited || !["fork-bomb", "memory-hog"].contains(name);
    let broken: Vec<&str> = leaks(&inside).into_iter().filter(promised).collect();
    assert_eq!(broken, Vec::<&str>::new(), "at level {}: {measured:#?}", measured.level);
    if rustix::process::geteuid().is_root() {
        assert!(measured.level >= 3, "{measured:#?}");
    } else {
        println!("not root: accounts of their own were not tested");
    }
    let _: Value = job.post(&format!("/projects/{}/stop", project.id), json!({})).await;
}
