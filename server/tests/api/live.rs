//! What a page's live stream says: the present state first, then what happens, and after a break only what is new.

use autocode_nanobot::protocol::{Event, LogLevel};
use autocode_runner::protocol::Request;
use futures::StreamExt as _;
use reqwest::Method;
use secrecy::ExposeSecret as _;
use serde_json::{Map, Value, json};
use tokio::{
    net::TcpStream,
    time::{Duration, timeout},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest as _},
};

use crate::{
    common::{Client, TestServer},
    fake_runner::FakeRunner,
};

/// A page's stream.
struct Page(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Page {
    async fn open(client: &Client, query: &str) -> Self {
        let url = format!("{}/ws/live{query}", client.base.replace("http://", "ws://"));
        let mut request = url.into_client_request().unwrap();
        let token = format!("Bearer {}", client.token.as_deref().unwrap());
        request.headers_mut().insert("authorization", token.parse().unwrap());
        Self(connect_async(request).await.unwrap().0)
    }

    /// The next event of a kind; those of other kinds are passed over.
    async fn next(&mut self, kind: &str) -> Value {
        loop {
            let event = self.event().await;
            if event["type"] == kind {
                return event;
            }
        }
    }

    async fn event(&mut self) -> Value {
        let message = timeout(Duration::from_secs(20), self.0.next()).await.unwrap().unwrap().unwrap();
        let Message::Text(text) = message else { panic!("{message:?}") };
        let event: Map<String, Value> = serde_json::from_str(&text).unwrap();
        let [(kind, mut fields)] = <[_; 1]>::try_from(event.into_iter().collect::<Vec<_>>()).unwrap();
        fields["type"] = json!(kind);
        fields
    }

    /// Everything up to the sum of today, with which the present state of an overview ends: kinds and texts.
    async fn present(&mut self) -> Vec<String> {
        let mut seen = Vec::new();
        loop {
            let event = self.event().await;
            match event["type"].as_str().unwrap() {
                "usage" => return seen,
                "decision" => seen.push(event["entry"]["message"].as_str().unwrap().to_owned()),
                other => seen.push(other.to_owned()),
            }
        }
    }
}

/// A server on which two projects of Tom are worked on.
async fn two_running() -> (TestServer, Client, FakeRunner) {
    let server = TestServer::start().await;
    let tom = server.new_user("tom").await;
    let runner = FakeRunner::listen(&server, "tom");
    let agent = tom.new_agent("Builder").await;
    for name in ["Shop", "Blog"] {
        let id = tom.new_project(agent, name).await["id"].as_i64().unwrap();
        let (status, answer) = tom.post(&format!("/api/v1/projects/{id}/start"), json!({})).await;
        assert_eq!(status, 202, "{answer}");
    }
    (server, tom, runner)
}

fn decided(message: &str) -> Event {
    Event::Log { level: LogLevel::AgentDecision, message: message.to_owned() }
}

#[tokio::test]
async fn decisions_of_all_projects_arrive_once_however_often_the_page_comes_back() {
    let (_server, tom, runner) = two_running().await;
    let mut page = Page::open(&tom, "?decisions=0").await;
    assert_eq!(page.present().await, ["project", "project", "complete"]);

    runner.tell(1, decided("one")).await;
    runner.tell(2, Event::Log { level: LogLevel::Info, message: "no decision".to_owned() }).await;
    runner.tell(2, decided("two")).await;
    let mut texts = Vec::new();
    let mut last = 0;
    for _ in 0..2 {
        let entry = page.next("decision").await["entry"].clone();
        texts.push((entry["project_id"].clone(), entry["message"].clone()));
        last = entry["id"].as_i64().unwrap();
    }
    assert_eq!(texts, [(json!(1), json!("one")), (json!(2), json!("two"))]);

    // Away while something happens.
    drop(page);
    runner.tell(1, decided("three")).await;
    let mut other = Page::open(&tom, "?decisions=0").await;
    while other.next("decision").await["entry"]["message"] != "three" {}

    let mut again = Page::open(&tom, &format!("?decisions={last}")).await;
    let present = again.present().await;
    assert_eq!(present, ["project", "project", "complete", "three"]);

    // A page that shows one project gets its log, and nobody else's decisions.
    let mut project = Page::open(&tom, "?project=2&after=0").await;
    assert_eq!(project.next("log").await["entry"]["message"], "no decision");
    assert_eq!(project.next("log").await["entry"]["message"], "two");
    runner.tell(1, decided("four")).await;
    runner.tell(2, decided("five")).await;
    assert_eq!(project.next("log").await["entry"]["message"], "five");
}

#[tokio::test]
async fn the_newest_twenty_decisions_are_enough() {
    let (_server, tom, runner) = two_running().await;
    for n in 0..25 {
        runner.tell(1, decided(&n.to_string())).await;
    }
    let mut page = Page::open(&tom, "?decisions=0").await;
    while page.next("decision").await["entry"]["message"] != "24" {}
    let (status, listed) = tom.get("/api/v1/decisions").await;
    let texts = |list: &Value| {
        list.as_array().unwrap().iter().map(|e| e["message"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!((status, texts(&listed)), (200, (5..25).map(|n| n.to_string()).collect()));
    let after = listed[17]["id"].as_i64().unwrap();
    let (_, rest) = tom.get(&format!("/api/v1/decisions?after={after}")).await;
    assert_eq!(texts(&rest), ["23", "24"]);

    // In parts, backward from the newest and forward from the oldest.
    for (first, relation, backward) in [("limit=10", "prev", true), ("limit=10&after=0", "next", false)] {
        let (mut path, mut all) = (format!("/api/v1/decisions?{first}"), Vec::new());
        loop {
            let answer = tom.request(Method::GET, &path).send().await.unwrap();
            let link = answer.headers().get("link").map(|link| link.to_str().unwrap().to_owned());
            let part = texts(&answer.json().await.unwrap());
            all = if backward { [part, all].concat() } else { [all, part].concat() };
            let Some(link) = link else { break };
            let (to, rest) = link.strip_prefix('<').unwrap().split_once('>').unwrap();
            assert_eq!(rest, format!("; rel=\"{relation}\""));
            to.clone_into(&mut path);
        }
        assert_eq!(all, (0..25).map(|n| n.to_string()).collect::<Vec<_>>(), "{first}");
    }
    for (limit, status) in [("0", 422), ("201", 422), ("-1", 400), ("x", 400)] {
        assert_eq!(tom.get(&format!("/api/v1/decisions?limit={limit}")).await.0, status, "{limit}");
    }
}

#[tokio::test]
async fn a_page_learns_which_projects_are_gone_and_that_the_connection_stands() {
    let server = TestServer::start().await;
    let (tom, eve) = (server.new_user("tom").await, server.new_user("eve").await);
    let agent = tom.new_agent("Builder").await;
    for name in ["Shop", "Blog"] {
        tom.new_project(agent, name).await;
    }
    assert_eq!(tom.delete("/api/v1/projects/1").await.0, 204);
    let mut page = Page::open(&tom, "").await;
    assert_eq!(page.event().await["project"]["id"], 2);
    assert_eq!(page.event().await, json!({"type": "complete", "ids": [2]}));
    // The digest of a site without files.
    assert_eq!(page.event().await, json!({"type": "alive", "version": "e3b0c44298fc1c14"}));

    let mut other = Page::open(&eve, "?decisions=0").await;
    assert_eq!(other.present().await, ["complete"]);
    assert_eq!(eve.get("/api/v1/decisions").await, (200, json!([])));
    let (status, dashboard) = eve.get("/api/v1/dashboard").await;
    assert_eq!((status, &dashboard["projects"]), (200, &json!([])));
    let (_, dashboard) = tom.get("/api/v1/dashboard").await;
    assert_eq!(dashboard["projects"][0]["name"], "Blog");
}

#[tokio::test]
async fn what_today_cost_follows_each_counted_answer() {
    let (server, tom, mut runner) = two_running().await;
    let Request::StartInstance(order) = runner.next().await else { panic!("not a start") };
    let mut page = Page::open(&tom, "?decisions=0").await;
    assert_eq!(page.next("usage").await["today"]["requests"], 0);
    let body = json!({
        "model": "builder", "max_tokens": 20, "messages": [{"role": "user", "content": "hello"}],
    });
    let answer = server
        .anonymous()
        .http
        .post(format!("http://{}/gateway/demo/v1/messages", server.addr))
        .header("x-api-key", order.gateway_token.expose_secret())
        .json(&body)
        .send()
        .await
        .unwrap();
    let (status, text) = (answer.status().as_u16(), answer.text().await.unwrap());
    assert_eq!(status, 200, "{text}");
    assert_eq!(page.next("usage").await["today"]["requests"], 1);
}
