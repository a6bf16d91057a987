//! An installation where it is meant to be: under a running systemd, with accounts and units of its own.
//!
//! Not tested: Caddy's own unit, and limits, where the kernel's controllers are taken by another hierarchy (as "Own limits"
//! says then).

mod machine;

use std::{fs, path::Path, time::Duration};

use serde_json::{Value, json};

use self::machine::Machine;
use super::{executable, pack, root};
use crate::common::{ADMIN, Client, PASSWORD};

/// A project of the slow demonstration takes some seconds; a busy machine more.
const PATIENCE: Duration = Duration::from_secs(120);

/// The machine with AutoCode on it.
struct Installation {
    machine: Machine,
    port: u16,
}

impl Installation {
    fn on(machine: Machine) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        // A coding CLI where a service finds it.
        let claude = root().join("node_modules/.bin/claude").canonicalize().unwrap();
        fs::copy(claude, machine.shared().join("claude")).unwrap();
        Self { machine, port }
    }

    /// Packs a release, shows it to the machine and installs it: exit code and what was said.
    fn install(&self, release: &str, binary: &Path, health_seconds: u32) -> (Option<i32>, String) {
        let packed = pack(&self.machine.shared(), release, binary);
        let name = packed.file_name().unwrap().to_str().unwrap();
        self.machine.try_run(&format!(
            "/opt/test/dist/{name}/install.sh --no-packages --no-proxy --health-seconds {health_seconds} --addr 127.0.0.1:{}",
            self.port
        ))
    }

    async fn sign_in(&self, username: &str) -> Client {
        // A connection that waits for the next request would be one to a server that is gone by then.
        let http = reqwest::Client::builder().pool_max_idle_per_host(0).build().unwrap();
        let mut client = Client { http, base: format!("http://127.0.0.1:{}", self.port), token: None };
        let body = json!({"username": username, "password": PASSWORD});
        let (status, answer) = client.post("/api/v1/auth/login", body).await;
        assert_eq!(status, 200, "{answer}\n{}", self.machine.journal());
        client.token = Some(answer["access_token"].as_str().unwrap().to_owned());
        client
    }

    /// The process of a user's coding CLI.
    fn cli_of(&self, uid: u32) -> String {
        self.machine.eventually(&format!("pgrep --uid {uid} --full '^/opt/test/claude'"))
    }

    /// A new project of a user, started.
    async fn start(&self, user: &Client, name: &str) -> String {
        let agent = json!({"name": name, "model": "demo/slow"});
        let (status, agent) = user.post("/api/v1/agents", agent).await;
        assert_eq!(status, 201, "{agent}");
        let steps = ["1", "2"].map(|id| json!({"id": id, "title": "Build", "instructions": "Build it."}));
        let draft = json!({"name": name, "implementation_plan": {"steps": steps}});
        let (status, project) = user.post(&format!("/api/v1/agents/{}/projects", agent["id"]), draft).await;
        assert_eq!(status, 201, "{project}");
        let path = format!("/api/v1/projects/{}", project["id"]);
        let (status, answer) = user.post(&format!("{path}/start"), Value::Null).await;
        assert_eq!(status, 202, "{answer}\n{}", self.machine.journal());
        path
    }

    async fn completed(&self, user: &Client, path: &str) -> Value {
        let begun = tokio::time::Instant::now();
        loop {
            let (status, project) = user.get(path).await;
            assert_eq!(status, 200, "{project}");
            if project["status"] == "completed" {
                return project;
            }
            assert!(begun.elapsed() < PATIENCE, "{project}\n{}", self.machine.journal());
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    fn create_admin(&self) {
        let command =
            format!("printf %s '{PASSWORD}' | autocode-ctl create-admin --username {ADMIN} --password-stdin");
        self.machine.run(&command);
    }

    /// Nothing that root did may be in the way of a service that is not root.
    fn nothing_is_roots(&self) {
        let found = self.machine.run("find /data /run/autocode -user root");
        assert_eq!(found, "", "{}", self.machine.journal());
    }
}

/// Whether a user's cell can be reached.
fn listening(name: &str) -> String {
    format!("systemctl is-active autocode-cell@{name}.socket")
}

fn facts(isolation: &Value) -> Vec<(String, bool)> {
    let fact = |fact: &Value| (fact["name"].as_str().unwrap().to_owned(), fact["holds"].as_bool().unwrap());
    isolation["facts"].as_array().unwrap().iter().map(fact).collect()
}

/// All that separates users; the limits need controllers that another hierarchy may have.
fn kept_apart(isolation: &Value) {
    let facts = facts(isolation);
    println!("measured: level {}, {facts:?}", isolation["level"]);
    assert_eq!(facts.len(), 6);
    for (name, holds) in facts {
        assert!(holds || name == "Own limits", "{isolation:#}");
    }
}

#[tokio::test]
async fn an_installation_lives_under_a_running_systemd() {
    let Some(machine) = Machine::boot() else { return };
    let mut here = Installation::on(machine);
    let program = Path::new(env!("CARGO_BIN_EXE_autocode"));

    let (code, text) = here.install("0.1.0-one", program, 30);
    assert_eq!(code, Some(0), "{text}\n{}", here.machine.journal());
    assert!(text.contains("AutoCode 0.1.0-one is installed"), "{text}");
    // The link is where the installer says.
    let link = here.machine.run("journalctl --no-pager -u autocode | grep /setup");
    assert!(link.contains(&format!("http://127.0.0.1:{}/setup#", here.port)), "{link}");
    here.machine.run(
        "echo AUTOCODE_CLAUDE=/opt/test/claude >>/etc/autocode/autocode.env; systemctl restart autocode",
    );
    here.create_admin();
    here.machine.eventually(&listening(ADMIN));
    let (_, said) = here.machine.try_run("autocode-ctl doctor");
    for fact in ["Bubblewrap", "Own files", "Own processes", "Private network", "Own account for each user"] {
        assert!(said.contains(&format!("{fact}: yes")), "{said}\n{}", here.machine.journal());
    }
    here.nothing_is_roots();

    // Root gives a new user a cell without being asked.
    let admin = here.sign_in(ADMIN).await;
    let make = async |name: &str| {
        let body = json!({"username": name, "password": PASSWORD});
        let (status, user) = admin.post("/api/v1/users", body).await;
        assert_eq!(status, 201, "{user}");
    };
    make("tom").await;
    here.machine.eventually(&listening("tom"));
    let uid_of = |name: &str| format!("autocode-user list | sed -n 's/^{name} autocode-//p'");
    let tom_uid: u32 = here.machine.run(&uid_of("tom")).trim().parse().unwrap();
    let (status, isolation) = admin.get("/api/v1/isolation").await;
    assert_eq!(status, 200);
    kept_apart(&isolation);

    let tom = here.sign_in("tom").await;
    let path = here.start(&tom, "First").await;
    let cli = here.cli_of(tom_uid);
    kept_apart(&tom.get(&path).await.1["isolation"]);
    let limits = here.machine.run("systemctl show --value -p MemoryMax -p TasksMax autocode-cell@tom");
    assert_eq!(limits.split_whitespace().collect::<Vec<_>>(), ["4294967296", "2048"]);

    // The agent outlives whatever happens to the server and to its runner.
    let goes_on = |what: &str| {
        assert_eq!(here.cli_of(tom_uid), cli, "another coding CLI after {what}:\n{}", here.machine.journal())
    };
    here.machine.run("kill -9 $(systemctl show --value -p MainPID autocode)");
    here.machine.eventually(&format!("curl -sSf http://127.0.0.1:{}/readyz", here.port));
    goes_on("the server was killed");
    here.machine.run("systemctl restart autocode");
    goes_on("a restart");
    here.machine.run(&format!("kill -9 $(pgrep --uid {tom_uid} --full 'autocode runner --serve')"));
    goes_on("its runner was killed");
    let (code, text) = here.install("0.2.0-two", program, 30);
    assert_eq!(code, Some(0), "{text}\n{}", here.machine.journal());
    goes_on("an upgrade");
    let broken = here.machine.shared().join("broken");
    executable(&broken, "#!/bin/sh\nexit 1\n");
    let (code, text) = here.install("0.3.0-three", &broken, 5);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("0.3.0-three was not installed; 0.2.0-two runs again"), "{text}");
    goes_on("an upgrade that failed");
    here.completed(&tom, &path).await;
    here.nothing_is_roots();

    // A second user, who is deleted: nothing is left. A folder that cannot be given to anybody is in nobody's way.
    here.machine.run("install -d -o 12345 /data/users/aaa");
    make("eva").await;
    here.machine.eventually(&listening("eva"));
    let eva_uid: u32 = here.machine.run(&uid_of("eva")).trim().parse().unwrap();
    assert_ne!(eva_uid, tom_uid);
    let eva = here.sign_in("eva").await;
    let other = here.start(&eva, "Other").await;
    kept_apart(&eva.get(&other).await.1["isolation"]);
    let (_, users) = admin.get("/api/v1/users").await;
    let id =
        users.as_array().unwrap().iter().find(|row| row["user"]["username"] == "eva").unwrap()["user"]["id"]
            .clone();
    assert_eq!(
        admin.delete(&format!("/api/v1/users/{id}")).await,
        (204, Value::Null),
        "{}",
        here.machine.journal()
    );
    here.machine.eventually(&format!("! getent passwd {eva_uid} && ! pgrep --uid {eva_uid}"));
    assert_eq!(here.machine.run("ls -A /data/users | tr '\\n' ' '"), format!("aaa {ADMIN} tom "));
    let accounts = here.machine.run("getent passwd | grep -c '^autocode-[0-9]'");
    assert_eq!(accounts.trim(), "2", "{}", here.machine.journal());
    here.machine.run("rmdir /data/users/aaa");
    let places = "/data /etc /run /var";
    let left =
        format!("find {places} -uid {eva_uid} -o -name 'autocode*eva*' -o -path '/run/autocode/*eva*'");
    assert_eq!(here.machine.run(&left), "");

    // After a reboot everything is where it was.
    here.machine.reboot();
    here.machine.eventually(&format!("curl -sSf http://127.0.0.1:{}/readyz", here.port));
    here.nothing_is_roots();
    let tom = here.sign_in("tom").await;
    let path = here.start(&tom, "Second").await;
    kept_apart(&here.completed(&tom, &path).await["isolation"]);

    // Without the program the data waits, and users keep their accounts.
    let backup = here.machine.run("autocode-ctl backup /var/backups --with-master-key");
    assert!(backup.contains("/var/backups/autocode-"), "{backup}");
    let uninstall =
        "cp -R /opt/autocode/releases/0.2.0-two /opt/test/out; /opt/test/out/install.sh --uninstall";
    here.machine.run(uninstall);
    assert_eq!(here.machine.run("ls /etc/systemd/system | grep -c '^autocode[^@]*$' || true").trim(), "0");
    assert!(here.machine.run(&format!("getent passwd {tom_uid}")).contains("tom"));
    let (code, text) = here.install("0.2.0-two", program, 30);
    assert_eq!(code, Some(0), "{text}\n{}", here.machine.journal());
    let tom = here.sign_in("tom").await;
    let path = here.start(&tom, "Third").await;
    here.completed(&tom, &path).await;

    here.machine.run("/opt/test/out/install.sh --uninstall --purge");
    for left in [
        "getent passwd | grep autocode",
        "ps -eo args | grep '^/opt/[a]utocode'",
        "ls -d /data /opt/autocode /etc/autocode /run/autocode /usr/local/sbin/autocode-* 2>/dev/null",
        "find /etc/systemd /etc/tmpfiles.d /etc/sysusers.d -name '*autocode*'",
    ] {
        assert_eq!(here.machine.run(&format!("{left} || true")), "", "{left}");
    }
}
