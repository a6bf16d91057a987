//! The terminal socket between a viewer and a runner that only speaks the protocol: what is passed on, and what is not.

use autocode_nanobot::protocol::Hands;
use autocode_runner::{
    frame::{Frame, FrameCodec},
    protocol::{Hello, TakenBy, TerminalNotice, TerminalRequest},
};
use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::{
    net::{TcpStream, UnixListener, UnixStream},
    time::{Duration, timeout},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest as _},
};
use tokio_util::codec::Framed;

use crate::common::{Client, TestServer};

const LIMIT: Duration = Duration::from_secs(20);

type Viewer = WebSocketStream<MaybeTlsStream<TcpStream>>;
type Runner = Framed<UnixStream, FrameCodec>;

struct Stage {
    server: TestServer,
    tom: Client,
    project: Value,
    listener: UnixListener,
}

impl Stage {
    async fn new() -> Self {
        let server = TestServer::start().await;
        let tom = server.new_user("tom").await;
        let agent = tom.new_agent("Builder").await;
        let project = tom.new_project(agent, "Shop").await;
        let folder = server.run_dir().join("tom");
        std::fs::create_dir_all(&folder).unwrap();
        let listener = UnixListener::bind(folder.join("runner.sock")).unwrap();
        Self { server, tom, project, listener }
    }

    async fn viewer(&self, query: &str) -> Viewer {
        let base = self.tom.base.replace("http://", "ws://");
        let url = format!("{base}/ws/project/{}/terminal{query}", self.project["id"]);
        let mut request = url.into_client_request().unwrap();
        let token = format!("Bearer {}", self.tom.token.as_deref().unwrap());
        request.headers_mut().insert("authorization", token.parse().unwrap());
        connect_async(request).await.unwrap().0
    }

    /// The runner's end of the next connection, and how it began.
    async fn runner(&self) -> (Runner, Hello) {
        let (stream, _) = timeout(LIMIT, self.listener.accept()).await.unwrap().unwrap();
        let mut wire = Framed::new(stream, FrameCodec::default());
        let Frame::Json(json) = wire.next().await.unwrap().unwrap() else { panic!() };
        (wire, serde_json::from_slice(&json).unwrap())
    }

    fn session(&self) -> String {
        self.project["tmux_session"].as_str().unwrap().to_owned()
    }
}

async fn ask(viewer: &mut Viewer, request: Value) {
    viewer.send(Message::Text(request.to_string().into())).await.unwrap();
}

async fn told(viewer: &mut Viewer) -> Value {
    match timeout(LIMIT, viewer.next()).await.unwrap().unwrap().unwrap() {
        Message::Text(text) => serde_json::from_str(&text).unwrap(),
        other => panic!("{other:?}"),
    }
}

async fn tell(runner: &mut Runner, notice: TerminalNotice) {
    runner.send(Frame::json(&notice).unwrap()).await.unwrap();
}

async fn asked(runner: &mut Runner) -> TerminalRequest {
    match timeout(LIMIT, runner.next()).await.unwrap().unwrap().unwrap() {
        Frame::Json(json) => serde_json::from_slice(&json).unwrap(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn requests_and_notices_are_passed_on_within_bounds() {
    let stage = Stage::new().await;
    let mut viewer = stage.viewer("").await;
    ask(&mut viewer, json!({"type": "from_the_future"})).await;
    ask(&mut viewer, json!({"type": "resize", "cols": 60_000, "rows": 0})).await;
    let (mut runner, hello) = stage.runner().await;
    assert_eq!(hello, Hello::Terminal { session: stage.session(), cols: 1000, rows: 2 });
    tell(&mut runner, TerminalNotice::Opened).await;
    assert_eq!(told(&mut viewer).await, json!({"type": "opened"}));
    tell(&mut runner, TerminalNotice::Size { cols: 90, rows: 30, leading: false }).await;
    assert_eq!(told(&mut viewer).await, json!({"type": "size", "cols": 90, "rows": 30, "leading": false}));
    tell(&mut runner, TerminalNotice::Agent { hands: Some(Hands::Typing), taken: TakenBy::Another }).await;
    assert_eq!(told(&mut viewer).await, json!({"type": "agent", "hands": "typing", "taken": "another"}));
    runner.send(Frame::Bytes("\u{1b}[1mž".into())).await.unwrap();
    let shown = timeout(LIMIT, viewer.next()).await.unwrap().unwrap().unwrap();
    assert_eq!(shown, Message::Binary("\u{1b}[1mž".into()));

    for (request, passed) in [
        (json!({"type": "acknowledge", "bytes": 7}), TerminalRequest::Acknowledge { bytes: 7 }),
        (json!({"type": "lead"}), TerminalRequest::Lead),
        (json!({"type": "take_over"}), TerminalRequest::TakeOver),
        (json!({"type": "give_back"}), TerminalRequest::GiveBack),
        (json!({"type": "resize", "cols": 1, "rows": 5}), TerminalRequest::Resize { cols: 2, rows: 5 }),
    ] {
        ask(&mut viewer, request).await;
        assert_eq!(asked(&mut runner).await, passed);
    }
    ask(&mut viewer, json!({"type": "acknowledge", "bytes": -1})).await;
    viewer.send(Message::Binary("\u{3}".into())).await.unwrap();
    let keys = timeout(LIMIT, runner.next()).await.unwrap().unwrap().unwrap();
    assert_eq!(keys, Frame::Bytes("\u{3}".into()));
    tell(&mut runner, TerminalNotice::Closed { reason: "Over.".into() }).await;
    assert_eq!(told(&mut viewer).await, json!({"type": "closed", "reason": "Over."}));
}

#[tokio::test]
async fn the_past_needs_no_size_and_a_runner_that_talks_nonsense_is_left() {
    let stage = Stage::new().await;
    let mut viewer = stage.viewer("?history=500").await;
    let (mut runner, hello) = stage.runner().await;
    assert_eq!(hello, Hello::History { session: stage.session(), lines: 500 });
    tell(&mut runner, TerminalNotice::Opened).await;
    assert_eq!(told(&mut viewer).await, json!({"type": "opened"}));
    runner.send(Frame::Json("{\"type\":\"take_over\"}".into())).await.unwrap();
    assert_eq!(told(&mut viewer).await, json!({"type": "closed", "reason": "The runner is gone."}));

    let mut viewer = stage.viewer("").await;
    viewer.send(Message::Binary("x".into())).await.unwrap();
    let (mut runner, _) = stage.runner().await;
    tell(&mut runner, TerminalNotice::Closed { reason: "There is no terminal session yet.".into() }).await;
    let refused = json!({"type": "closed", "reason": "There is no terminal session yet."});
    assert_eq!(told(&mut viewer).await, refused);
}

#[tokio::test]
async fn a_device_that_did_not_start_the_run_types_only_after_the_password() {
    let mut stage = Stage::new().await;
    let started_by = stage.tom.clone();
    stage.tom = stage.server.sign_in("tom").await;
    let db = stage.server.database().await;
    let mut tx = db.begin().await.unwrap();
    sqlx::query("update sessions set confirmed_at = confirmed_at - 901000").execute(&mut *tx).await.unwrap();
    // As if the first device had pressed Start.
    sqlx::query(
        "insert into terminal_devices (project_id, session_id, created_at)
         select 1, id, 0 from sessions where user_id = 2 order by created_at, rowid limit 1",
    )
    .execute(&mut *tx)
    .await
    .unwrap();
    tx.commit().await.unwrap();

    let typed = async |stage: &Stage, text: &'static str| {
        let mut viewer = stage.viewer("").await;
        ask(&mut viewer, json!({"type": "resize", "cols": 80, "rows": 24})).await;
        let (mut runner, _) = stage.runner().await;
        tell(&mut runner, TerminalNotice::Opened).await;
        assert_eq!(told(&mut viewer).await, json!({"type": "opened"}));
        viewer.send(Message::Binary(text.into())).await.unwrap();
        (viewer, runner)
    };
    let (mut viewer, mut runner) = typed(&stage, "rm -rf ~").await;
    assert_eq!(told(&mut viewer).await, json!({"type": "password_wanted"}));
    ask(&mut viewer, json!({"type": "take_over"})).await;
    assert_eq!(told(&mut viewer).await, json!({"type": "password_wanted"}));
    // It still watches and has a size; the next thing that arrives is not what was typed.
    ask(&mut viewer, json!({"type": "lead"})).await;
    assert_eq!(asked(&mut runner).await, TerminalRequest::Lead);
    runner.send(Frame::Bytes("shown".into())).await.unwrap();
    let shown = timeout(LIMIT, viewer.next()).await.unwrap().unwrap().unwrap();
    assert_eq!(shown, Message::Binary("shown".into()));

    let body = json!({"password": crate::common::PASSWORD});
    assert_eq!(stage.tom.post("/api/v1/auth/step-up", body).await.0, 200);
    viewer.send(Message::Binary("ls".into())).await.unwrap();
    let keys = timeout(LIMIT, runner.next()).await.unwrap().unwrap().unwrap();
    assert_eq!(keys, Frame::Bytes("ls".into()));

    stage.tom = started_by;
    let (_viewer, mut runner) = typed(&stage, "pwd").await;
    let keys = timeout(LIMIT, runner.next()).await.unwrap().unwrap().unwrap();
    assert_eq!(keys, Frame::Bytes("pwd".into()), "the device that started the run");
}
