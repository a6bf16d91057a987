//! From a cell with a network of its own, git, npm, pip, cargo and ssh reach what an admin allowed, without being told
//! anything about the proxy.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use app::model::{Agent, Project};
use serde_json::{Value, json};

use crate::job::Job;

/// An address of this machine's that programs do not take for their own, as they do 127.0.0.1.
const HOST: [u8; 4] = [127, 0, 0, 2];
/// How long all of it may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// The tries of `fetch.sh` for each scheme.
const TRIES: [&str; 9] = [
    "git-clone",
    "git-file",
    "npm-view",
    "npm-install",
    "npm-file",
    "pip-download",
    "pip-file",
    "cargo-fetch",
    "cargo-file",
];

/// A web server with the packages, by http and by https, and at a third address that nobody allows.
struct Registry {
    caddy: Child,
    authority: PathBuf,
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.caddy.kill().ok();
        self.caddy.wait().ok();
    }
}

impl Registry {
    fn start(folder: &Path, [http, https, other]: [SocketAddr; 3]) -> Self {
        fs::create_dir(folder).unwrap();
        for (scheme, address) in [("http", http), ("https", https)] {
            let base = format!("{scheme}://{address}");
            let mut make = Command::new("sh");
            make.arg("-c").arg(include_str!("registry.sh")).args(["sh", scheme, &base]);
            assert!(make.env("WWW", folder.join("www")).status().unwrap().success());
        }
        let (www, storage) = (folder.join("www"), folder.join("caddy"));
        let site = |address: &str, scheme: &str, tls: &str| {
            format!("{address} {{\n{tls}\nroot * {}/{scheme}\nfile_server\n}}\n", www.display())
        };
        let config = format!(
            "{{\nadmin off\nskip_install_trust\nauto_https disable_redirects\nstorage file_system {}\n}}\n{}{}{}",
            storage.display(),
            site(&format!("http://{http}"), "http", ""),
            site(&format!("https://{https}"), "https", "tls internal"),
            site(&format!("http://{other}"), "http", ""),
        );
        fs::write(folder.join("Caddyfile"), config).unwrap();
        let log = folder.join("caddy.log");
        let caddy = Command::new("caddy")
            .args(["run", "--adapter", "caddyfile", "--config"])
            .arg(folder.join("Caddyfile"))
            .env("HOME", folder)
            .stdin(Stdio::null())
            .stderr(fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let registry = Self { caddy, authority: storage.join("pki/authorities/local/root.crt") };
        let deadline = Instant::now() + Duration::from_secs(30);
        let there = || registry.authority.exists() && TcpStream::connect(https).is_ok();
        while !there() {
            let said = fs::read_to_string(&log).unwrap();
            assert!(Instant::now() < deadline, "Caddy does not start: {said}");
            thread::sleep(Duration::from_millis(50));
        }
        registry
    }
}

/// Greets one ssh client and returns its greeting.
fn greet(listener: TcpListener) -> JoinHandle<String> {
    thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        client.set_read_timeout(Some(PATIENCE)).unwrap();
        client.write_all(b"SSH-2.0-greeting\r\n").unwrap();
        let mut greeting = String::new();
        BufReader::new(client).read_line(&mut greeting).unwrap();
        greeting
    })
}

fn output(program: &str, arguments: &[&str]) -> PathBuf {
    let said = Command::new(program).args(arguments).output().unwrap();
    assert!(said.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&said.stderr));
    String::from_utf8(said.stdout).unwrap().trim().into()
}

/// Folders that have to be opened to cells for these programs: those outside of `/usr`.
fn toolchains() -> Vec<PathBuf> {
    let node = output("node", &["-p", "process.execPath"]);
    let folders = [output("rustc", &["--print", "sysroot"]), node.parent().unwrap().parent().unwrap().into()];
    folders.into_iter().filter(|folder| !folder.starts_with("/usr")).collect()
}

/// A Python with pip that there is in a cell: the system's, or one of the user's own made from it.
fn python(home: &Path) -> PathBuf {
    let system = PathBuf::from("/usr/bin/python3");
    let has_pip = Command::new(&system).args(["-m", "pip", "--version"]).output().unwrap().status.success();
    if has_pip {
        return system;
    }
    let own = home.join("python");
    assert!(Command::new(system).args(["-m", "venv"]).arg(&own).status().unwrap().success());
    own.join("bin/python3")
}

#[tokio::test]
async fn git_npm_pip_cargo_and_ssh_find_the_way_out() {
    let addresses = [(); 3].map(|()| {
        let free = TcpListener::bind(SocketAddr::from((HOST, 0))).unwrap();
        free.local_addr().unwrap()
    });
    let [http, https, other] = addresses;
    let ssh = TcpListener::bind(SocketAddr::from((HOST, 0))).unwrap();
    let ssh_address = ssh.local_addr().unwrap();
    let greeting = greet(ssh);
    let allowed: &str = format!("{http},{https},{ssh_address}").leak();
    let toolchains: &str = std::env::join_paths(toolchains()).unwrap().into_string().unwrap().leak();
    let environment = [("AUTOCODE_EGRESS_ALLOW", allowed), ("AUTOCODE_SANDBOX_RO", toolchains)];
    let job = Job::with("demo/builder", &environment).await;
    let registry = Registry::start(&job.folder().join("registry"), addresses);

    let home = job.folder().join("data/users/tom");
    let python = python(&home);
    for (name, content) in
        [("fetch.sh", include_str!("fetch.sh").into()), ("ca.crt", fs::read(&registry.authority).unwrap())]
    {
        fs::write(home.join(name), content).unwrap();
        fs::set_permissions(home.join(name), fs::Permissions::from_mode(0o644)).unwrap();
    }
    let results = home.join("projects/results");
    let command = format!(
        "env OUT={results} CA={home}/ca.crt HTTP=http://{http} HTTPS=https://{https} FORBIDDEN=http://{other} SSH={ssh_address} \
         PYTHON={python} \
         sh {home}/fetch.sh",
        results = results.display(),
        home = home.display(),
        python = python.display(),
    );
    let agent = json!({"name": "Fetcher", "model": "demo/builder", "coding_cli": {"kind": "generic", "command": command}});
    let agent: Agent = job.post("/agents", agent).await;
    let step = json!({"id": "1", "title": "Fetch", "instructions": "Fetch."});
    let draft = json!({"name": "Fetch", "implementation_plan": {"steps": [step]}});
    let project: Project = job.post(&format!("/agents/{}/projects", agent.id), draft).await;
    let _: Value = job.post(&format!("/projects/{}/start", project.id), json!({})).await;
    let deadline = Instant::now() + PATIENCE;
    let said = loop {
        let said = fs::read_to_string(&results).unwrap_or_default();
        if said.ends_with("done\n") {
            break said;
        }
        assert!(Instant::now() < deadline, "it does not end: {said}\n{}", job.server_log());
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    println!("{said}");
    let project: Project = job.get(&format!("/projects/{}", project.id)).await;
    let facts = project.isolation.unwrap().facts;
    let private = facts.iter().any(|fact| fact.name == "Private network" && fact.holds);
    assert!(private, "the cell has no network of its own: {facts:#?}");
    let mut lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.pop(), Some("done"));
    let forbidden = lines.pop().unwrap();
    assert!(forbidden.starts_with("failed forbidden: ") && forbidden.contains("403"), "{forbidden}");
    let expected: Vec<_> =
        ["http", "https"].iter().flat_map(|scheme| TRIES.map(|name| format!("ok {name}-{scheme}"))).collect();
    assert_eq!(lines, expected);
    assert!(greeting.is_finished(), "ssh did not come");
    let greeting = greeting.join().unwrap();
    assert!(greeting.starts_with("SSH-2.0-OpenSSH"), "{greeting}");
    let _: Value = job.post(&format!("/projects/{}/stop", project.id), json!({})).await;
}
