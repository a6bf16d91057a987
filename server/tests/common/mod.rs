//! A real server in this process: temporary folder, own SQLite, port 0; and clients that are signed in to it.

use std::{net::SocketAddr, path::PathBuf};

use http::StatusCode;
use reqwest::{Method, RequestBuilder, header};
use serde_json::{Value, json};
use server::{
    Ready,
    cells::Cells,
    config::{Config, ConfigArgs},
};
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};
use tokio_util::sync::CancellationToken;

/// The first admin.
pub const ADMIN: &str = "boss";
/// Everybody's password.
pub const PASSWORD: &str = "correct horse battery";

/// A running server; stops when it is dropped or told to.
pub struct TestServer {
    folder: TempDir,
    pub addr: SocketAddr,
    pub setup_link: Option<String>,
    shutdown: CancellationToken,
    task: Option<JoinHandle<Result<(), server::RunError>>>,
}

impl TestServer {
    /// A server with the admin [`ADMIN`].
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        server::create_admin(&config(&folder), ADMIN, PASSWORD).await.unwrap();
        Self::start_in(folder).await
    }

    /// As [`TestServer::start`], with base URLs of providers that replace the gateway's own.
    pub async fn start_with_upstreams(upstreams: &[(&str, String)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        server::create_admin(&config(&folder), ADMIN, PASSWORD).await.unwrap();
        let mut config = config(&folder);
        config.upstreams = upstreams.iter().map(|(name, url)| ((*name).to_owned(), url.clone())).collect();
        Self::start_as(folder, config).await
    }

    /// As [`TestServer::start`], reached by people at another address, through a proxy.
    pub async fn start_behind(public_url: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        server::create_admin(&config(&folder), ADMIN, PASSWORD).await.unwrap();
        let public_url = Some(public_url.to_owned());
        let config = ConfigArgs { public_url, ..args(&folder) }.resolve().unwrap();
        Self::start_as(folder, config).await
    }

    /// As [`TestServer::start`], listening on this address.
    pub async fn start_on(addr: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        server::create_admin(&config(&folder), ADMIN, PASSWORD).await.unwrap();
        let config = Config { addr: addr.parse().unwrap(), ..config(&folder) };
        Self::start_as(folder, config).await
    }

    /// As [`TestServer::start`], with a changed configuration.
    pub async fn start_configured(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        server::create_admin(&config(&folder), ADMIN, PASSWORD).await.unwrap();
        let mut config = config(&folder);
        change(&mut config);
        Self::start_as(folder, config).await
    }

    /// A server that nobody has set up.
    pub async fn start_empty() -> Self {
        Self::start_in(tempfile::tempdir().unwrap()).await
    }

    async fn start_in(folder: TempDir) -> Self {
        let config = config(&folder);
        Self::start_as(folder, config).await
    }

    async fn start_as(folder: TempDir, config: Config) -> Self {
        std::fs::create_dir_all(config.site_root.join("pkg")).unwrap();
        // The default is a fixed port: any other address is meant.
        let addr = if config.addr.port() == 0 { config.addr } else { ([127, 0, 0, 1], 0).into() };
        let listener = TcpListener::bind(addr).await.unwrap();
        let shutdown = CancellationToken::new();
        let (ready, is_ready) = oneshot::channel();
        let task =
            tokio::spawn(server::run_with(config, listener, shutdown.clone(), Some(ready), Cells::Own));
        let Ok(Ready { addr, setup_link }) = is_ready.await else {
            panic!("the server does not start: {:?}", task.await);
        };
        Self { folder, addr, setup_link, shutdown, task: Some(task) }
    }

    /// Stops the server and starts another one on the same folder.
    pub async fn restart(mut self) -> Self {
        self.stop().await;
        let folder = std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap());
        Self::start_in(folder).await
    }

    /// Stops and drains.
    pub async fn stop(&mut self) {
        self.shutdown.cancel();
        if let Some(task) = self.task.take() {
            task.await.unwrap().unwrap();
        }
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        config(&self.folder).data_dir
    }

    /// The folder of the runners' sockets.
    pub fn run_dir(&self) -> PathBuf {
        config(&self.folder).run_dir
    }

    /// The folder of static files.
    pub fn site(&self) -> PathBuf {
        config(&self.folder).site_root
    }

    /// A connection to the server's database, to see or change what no client can.
    pub async fn database(&self) -> server::db::Db {
        server::db::Db::open(&config(&self.folder).database_path()).await.unwrap()
    }

    /// A client that is not signed in.
    pub fn anonymous(&self) -> Client {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Client { http, base: format!("http://{}", self.addr), token: None }
    }

    /// Signed in with [`PASSWORD`].
    pub async fn sign_in(&self, username: &str) -> Client {
        let mut client = self.anonymous();
        let body = json!({"username": username, "password": PASSWORD});
        let (status, answer) = client.post("/api/v1/auth/login", body).await;
        assert_eq!(status, 200, "{answer}");
        client.token = Some(answer["access_token"].as_str().unwrap().to_owned());
        client
    }

    /// Creates a user and signs them in.
    pub async fn new_user(&self, username: &str) -> Client {
        let admin = self.sign_in(ADMIN).await;
        let body = json!({"username": username, "password": PASSWORD});
        let (status, answer) = admin.post("/api/v1/users", body).await;
        assert_eq!(status, 201, "{answer}");
        self.sign_in(username).await
    }
}

fn config(folder: &TempDir) -> Config {
    args(folder).resolve().unwrap()
}

fn args(folder: &TempDir) -> ConfigArgs {
    let path = |part: &str| folder.path().join(part);
    ConfigArgs {
        data_dir: path("data"),
        run_dir: Some(path("run")),
        site_root: Some(path("site")),
        binary: Some(env!("CARGO_BIN_EXE_autocode").into()),
        stall_secs: Some(240),
        ..ConfigArgs::default()
    }
}

/// Sends requests, with a bearer token if there is one.
#[derive(Clone)]
pub struct Client {
    pub http: reqwest::Client,
    pub base: String,
    pub token: Option<String>,
}

impl Client {
    /// A request to build upon.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Status and JSON body (null if it is empty or none).
    pub async fn send(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let mut request = self.request(method, path);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let kind = answer.headers().get(header::CONTENT_TYPE).cloned();
        let text = answer.text().await.unwrap();
        if status.is_client_error() || status.is_server_error() {
            assert_eq!(kind.unwrap(), "application/problem+json", "{path}: {text}");
        }
        assert!(status != StatusCode::NO_CONTENT || text.is_empty());
        (status.as_u16(), serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        self.send(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.send(Method::POST, path, Some(body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> (u16, Value) {
        self.send(Method::PUT, path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> (u16, Value) {
        self.send(Method::DELETE, path, None).await
    }

    /// Creates an agent and returns its id.
    pub async fn new_agent(&self, name: &str) -> i64 {
        let (status, agent) =
            self.post("/api/v1/agents", json!({"name": name, "model": "demo/builder"})).await;
        assert_eq!(status, 201, "{agent}");
        agent["id"].as_i64().unwrap()
    }

    /// Creates a project without a plan and returns it.
    pub async fn new_project(&self, agent: i64, name: &str) -> Value {
        let (status, project) =
            self.post(&format!("/api/v1/agents/{agent}/projects"), json!({"name": name})).await;
        assert_eq!(status, 201, "{project}");
        project
    }
}

/// The problem that every refusal without field errors is.
pub fn problem(status: u16, title: &str, detail: &str) -> Value {
    json!({"type": "about:blank", "title": title, "status": status, "detail": detail})
}

/// Another user's things and things that never were look alike.
pub fn not_found() -> (u16, Value) {
    (404, problem(404, "Not Found", "Not found."))
}

/// The answer without a valid sign-in.
pub fn unauthorized() -> (u16, Value) {
    (401, problem(401, "Unauthorized", "Sign in first."))
}
