//! The real program as a process of its own, for tests that kill it or read all that it says.

use std::{
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::json;
use tempfile::TempDir;

use crate::common::{ADMIN, Client, PASSWORD};

/// An installation in a temporary folder and its server; the server is killed when it is dropped.
pub struct Process {
    folder: TempDir,
    addr: String,
    log_level: &'static str,
    child: Option<Child>,
}

impl Process {
    /// With the admin [`ADMIN`], logging at a level.
    pub async fn start(log_level: &'static str) -> Self {
        let mut process = Self::new(log_level);
        let mut create = process.autocode();
        create.args(["create-admin", "--username", ADMIN, "--password-stdin"]).stdin(Stdio::piped());
        let mut create = create.spawn().unwrap();
        std::io::Write::write_all(&mut create.stdin.take().unwrap(), PASSWORD.as_bytes()).unwrap();
        assert!(create.wait().unwrap().success(), "{}", process.log());
        process.start_again().await;
        process
    }

    /// Nobody has set it up, and it does not run yet.
    pub fn new(log_level: &'static str) -> Self {
        let folder = tempfile::Builder::new().prefix("ac-").tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("site/pkg")).unwrap();
        let addr = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        Self { folder, addr, log_level, child: None }
    }

    fn autocode(&self) -> Command {
        let file = |name| std::fs::File::options().create(true).append(true).open(self.path(name)).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_autocode"));
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.folder.path())
            .env("RUST_LOG", self.log_level)
            .env("AUTOCODE_DATA_DIR", self.path("data"))
            .env("AUTOCODE_RUN_DIR", self.path("run"))
            .env("AUTOCODE_SITE_ROOT", self.path("site"))
            .env("AUTOCODE_ADDR", &self.addr)
            // Under the account of the tests, which make and look at files in its folders.
            .env("AUTOCODE_CELL_UIDS", "off")
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(file("said"))
            .stderr(file("log"));
        command
    }

    /// Starts the server, which must not be running, and waits until it answers.
    pub async fn start_again(&mut self) {
        assert!(self.child.is_none());
        self.child = Some(self.autocode().arg("serve").spawn().unwrap());
        let deadline = Instant::now() + Duration::from_secs(20);
        while reqwest::get(format!("http://{}/readyz", self.addr)).await.is_err() {
            assert!(Instant::now() < deadline, "the server does not start:\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Ends the server as a power failure would.
    pub fn kill(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// A path in the installation's folder.
    pub fn path(&self, part: &str) -> PathBuf {
        self.folder.path().join(part)
    }

    /// What was said to the person who started it.
    pub fn said(&self) -> String {
        std::fs::read_to_string(self.path("said")).unwrap()
    }

    /// All that was logged so far.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(self.path("log")).unwrap()).into_owned()
    }

    /// A connection to its database.
    pub async fn database(&self) -> server::db::Db {
        server::db::Db::open(&self.path("data/autocode.db")).await.unwrap()
    }

    /// A client that is not signed in.
    pub fn anonymous(&self) -> Client {
        Client { http: reqwest::Client::new(), base: format!("http://{}", self.addr), token: None }
    }

    /// Signs in with [`PASSWORD`]; the status, and the client if it worked.
    pub async fn try_sign_in(&self, username: &str) -> (u16, Client) {
        let mut client = self.anonymous();
        let body = json!({"username": username, "password": PASSWORD});
        let (status, answer) = client.post("/api/v1/auth/login", body).await;
        client.token = answer["access_token"].as_str().map(str::to_owned);
        (status, client)
    }

    /// As [`Process::try_sign_in`], for whom it has to work.
    pub async fn sign_in(&self, username: &str) -> Client {
        let (status, client) = self.try_sign_in(username).await;
        assert_eq!(status, 200, "{}", self.log());
        client
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.child.is_some() {
            self.kill();
        }
    }
}
