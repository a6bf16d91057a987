//! Support for the gateway's tests: a real gateway on port 0 with a real database, and an upstream that replays bytes.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use app::model::{InstanceId, ProjectId, UserId};
use async_trait::async_trait;
use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::Response,
};
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use secrecy::{ExposeSecret as _, SecretString};
use server::{
    crypto::MasterKey,
    db::{Db, now_ms, usage},
    gateway::{self, Gateway, GatewayError, KeySource, Upstreams, token::InstanceTokens},
    live::LiveHub,
    metrics::Metrics,
};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::watch};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

/// The user's real key; it must never come back down.
pub const KEY: &str = "sk-real-key-of-the-user";
/// The one project.
pub const PROJECT: ProjectId = ProjectId(1);
/// Its owner.
pub const USER: UserId = UserId(1);

/// What the upstream saw of a request.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub uri: String,
    pub headers: http::HeaderMap,
    pub length: usize,
    pub sha256: [u8; 32],
}

/// What the upstream answers.
#[derive(Clone)]
pub struct Script {
    pub status: u16,
    pub headers: Vec<(&'static str, &'static str)>,
    /// Pieces of the body, sent one by one.
    pub chunks: Vec<Bytes>,
    /// Never end the body.
    pub hang: bool,
}

impl Script {
    /// A stream of a fixture in chunks that end anywhere.
    pub fn stream(fixture: &'static [u8]) -> Self {
        let (mut rest, mut chunks) = (fixture, Vec::new());
        for size in [1, 3, 50, 7, 211, 2, 1000].into_iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (chunk, tail) = rest.split_at(size.min(rest.len()));
            chunks.push(Bytes::from_static(chunk));
            rest = tail;
        }
        Self {
            status: 200,
            headers: vec![("content-type", "text/event-stream; charset=utf-8")],
            chunks,
            hang: false,
        }
    }
}

/// An upstream that replays its script and remembers what it saw.
#[derive(Clone)]
pub struct Replay {
    pub script: Script,
    pub seen: Arc<Mutex<Vec<Seen>>>,
    /// Bytes of the request body under way that have arrived.
    pub arrived: watch::Sender<usize>,
}

impl Replay {
    pub fn new(script: Script) -> Self {
        Self { script, seen: Arc::default(), arrived: watch::channel(0).0 }
    }

    pub fn only_request(&self) -> Seen {
        let seen = self.seen.lock().unwrap();
        assert_eq!(seen.len(), 1, "requests at the upstream");
        seen[0].clone()
    }
}

async fn replay(State(replay): State<Replay>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let mut seen = Seen { uri: parts.uri.to_string(), headers: parts.headers, ..Seen::default() };
    let (mut body, mut hash) = (body.into_data_stream(), Sha256::new());
    while let Some(chunk) = body.next().await {
        let chunk = chunk.unwrap();
        seen.length += chunk.len();
        hash.update(&chunk);
        replay.arrived.send_replace(seen.length);
    }
    seen.sha256 = hash.finalize().into();
    replay.seen.lock().unwrap().push(seen);
    let chunks = stream::iter(replay.script.chunks).then(|chunk| async move {
        tokio::time::sleep(Duration::from_millis(1)).await;
        Ok::<_, std::io::Error>(chunk)
    });
    let body = match replay.script.hang {
        true => Body::from_stream(chunks.chain(stream::pending())),
        false => Body::from_stream(chunks),
    };
    let mut response = Response::builder().status(replay.script.status);
    for (name, value) in replay.script.headers {
        response = response.header(name, value);
    }
    response.body(body).unwrap()
}

/// Everything that a test needs; ends with it.
pub struct Kit {
    pub db: Db,
    pub address: SocketAddr,
    pub token: SecretString,
    pub http: reqwest::Client,
    _folder: TempDir,
    _stop: DropGuard,
}

struct OneKey(Option<&'static str>);

#[async_trait]
impl KeySource for OneKey {
    async fn key(&self, user: UserId, _provider: &str) -> Result<Option<SecretString>, GatewayError> {
        assert_eq!(user, USER);
        Ok(self.0.map(SecretString::from))
    }
}

async fn listen(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

impl Kit {
    /// A gateway with the user's key, in front of an upstream for every provider but `demo`.
    pub async fn before(replayer: &Replay) -> Self {
        let upstream = listen(Router::new().fallback(replay).with_state(replayer.clone())).await;
        Self::new(Some(KEY), upstream).await
    }

    /// A gateway with or without a key.
    pub async fn new(key: Option<&'static str>, upstream: SocketAddr) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&folder.path().join("a.db")).await.unwrap();
        let master = MasterKey::load_or_create(&folder.path().join("master.key")).unwrap();
        let token = InstanceTokens::new(&master).of(InstanceId(1), 0);
        insert_instance(&db, &token.hash).await;
        let mut upstreams = Upstreams::default();
        for provider in ["anthropic", "openai", "gemini", "openrouter", "ollama"] {
            upstreams = upstreams.with(provider, &format!("http://{upstream}")).unwrap();
        }
        let stop = CancellationToken::new();
        let gateway = Gateway::new(
            db.clone(),
            Arc::new(OneKey(key)),
            upstreams,
            LiveHub::default(),
            Metrics::default(),
            TaskTracker::new(),
            stop.clone(),
        )
        .unwrap();
        let address = listen(Router::new().nest("/gateway", gateway::router(gateway))).await;
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { db, address, token: token.secret, http, _folder: folder, _stop: stop.drop_guard() }
    }

    /// A POST without a token.
    pub fn bare_post(&self, path: &str) -> reqwest::RequestBuilder {
        self.http.post(format!("http://{}/gateway/{path}", self.address))
    }

    /// A POST with the instance's token.
    pub fn post(&self, path: &str) -> reqwest::RequestBuilder {
        self.bare_post(path).bearer_auth(self.token.expose_secret())
    }

    /// A GET without a token.
    pub fn bare_get(&self, path: &str) -> reqwest::RequestBuilder {
        self.http.get(format!("http://{}/gateway/{path}", self.address))
    }

    /// A GET with the instance's token.
    pub fn get(&self, path: &str) -> reqwest::RequestBuilder {
        self.bare_get(path).bearer_auth(self.token.expose_secret())
    }

    /// The usage rows of the project, oldest first, as soon as there are that many.
    pub async fn usage(&self, count: usize) -> Vec<usage::UsageRow> {
        for _ in 0..500 {
            let mut rows = usage::project_rows(self.db.reader(), USER, PROJECT, 100).await.unwrap();
            if rows.len() >= count {
                rows.reverse();
                return rows;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("there are no {count} usage rows");
    }

    /// Runs a statement.
    pub async fn sql(&self, sql: &'static str) {
        execute(&self.db, sql).await;
    }
}

async fn execute(db: &Db, sql: &'static str) {
    let mut tx = db.begin().await.unwrap();
    sqlx::raw_sql(sql).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
}

async fn insert_instance(db: &Db, token_hash: &[u8; 32]) {
    execute(
        db,
        "insert into users (id, username, password_hash, role, created_at) values (1, 'tom', 'x', 'user', 0);
         insert into agents (id, user_id, name, model, created_at) values (1, 1, 'a', 'anthropic/m', 0);
         insert into projects (id, user_id, agent_id, name, slug, status, tmux_session, workspace_path, created_at,
                               updated_at)
         values (1, 1, 1, 'p', 'pp', 'running', 'tom-pp', '/w', 0, 0);
         insert into agent_instances (id, user_id, agent_id, project_id, status, started_at)
         values (1, 1, 1, 1, 'running', 0);",
    )
    .await;
    let mut tx = db.begin().await.unwrap();
    let (hash, expires) = (token_hash.as_slice(), now_ms() + 60_000);
    sqlx::query("update agent_instances set token_hash = ?, token_expires_at = ?")
        .bind(hash)
        .bind(expires)
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}
