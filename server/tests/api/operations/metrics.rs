//! `/metrics` and `/readyz`: who may see numbers, and that they are the right ones.

use std::collections::BTreeMap;

use app::model::InstanceId;
use serde_json::json;
use server::{
    crypto::MasterKey,
    db::{self, now_ms},
    gateway::token::InstanceTokens,
};

use crate::{
    common::{ADMIN, Client, TestServer},
    fake_runner::FakeRunner,
};

/// Each sample's value by name and labels.
fn samples(text: &str) -> BTreeMap<String, f64> {
    assert!(text.ends_with("# EOF\n"), "{text}");
    let sample = |line: &str| {
        let (name, value) = line.rsplit_once(' ')?;
        Some((name.to_owned(), value.parse().ok()?))
    };
    text.lines().filter(|line| !line.starts_with('#')).filter_map(sample).collect()
}

/// As Prometheus asks on the same machine.
async fn scrape(server: &TestServer) -> BTreeMap<String, f64> {
    let answer = server.anonymous().request(http::Method::GET, "/metrics").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
    assert!(kind.starts_with("application/openmetrics-text; version=1.0.0"), "{kind}");
    samples(&answer.text().await.unwrap())
}

async fn status_through_proxy(client: &Client, path: &str) -> u16 {
    let request = client.request(http::Method::GET, path).header("x-forwarded-for", "203.0.113.9");
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn numbers_are_for_admins_and_this_machine() {
    let server = TestServer::start().await;
    let (tom, admin) = (server.new_user("tom").await, server.sign_in(ADMIN).await);
    let mut statuses = Vec::new();
    for client in [&server.anonymous(), &tom, &admin] {
        statuses.push(status_through_proxy(client, "/metrics").await);
    }
    assert_eq!(statuses, [401, 403, 200]);
    assert_eq!(status_through_proxy(&server.anonymous(), "/readyz").await, 200);
    assert_eq!(status_through_proxy(&server.anonymous(), "/healthz").await, 200);
}

#[tokio::test]
async fn requests_rows_and_sizes_are_counted() {
    let server = TestServer::start().await;
    let tom = server.new_user("tom").await;
    let agent = tom.new_agent("helper").await;
    for _ in 0..3 {
        assert_eq!(tom.get(&format!("/api/v1/agents/{agent}")).await.0, 200);
    }
    assert_eq!(tom.get("/api/v1/agents/999999").await.0, 404);
    tom.new_project(agent, "shop").await;
    let numbers = scrape(&server).await;
    let route = |status: u16| {
        format!(
            "autocode_http_requests_total{{method=\"GET\",route=\"/api/v1/agents/{{id}}\",status=\"{status}\"}}"
        )
    };
    assert_eq!((numbers[&route(200)], numbers[&route(404)]), (3.0, 1.0));
    let durations = "autocode_http_request_duration_seconds_count{route=\"/api/v1/agents/{id}\"}";
    assert_eq!(numbers[durations], 4.0);
    assert_eq!(numbers["autocode_users"], 2.0);
    assert_eq!(numbers["autocode_sessions"], 2.0);
    assert_eq!(numbers["autocode_projects{status=\"created\"}"], 1.0);
    assert_eq!(numbers["autocode_runner_links"], 0.0);
    assert_eq!(numbers["autocode_disk_low"], 0.0);
    assert!(numbers["autocode_database_size_bytes{kind=\"file\"}"] >= 4096.0);
    assert!(numbers["autocode_disk_free_bytes"] > 1e6);
    // Nobody is named.
    assert!(numbers.keys().all(|name| !name.contains("tom") && !name.contains("shop")), "{numbers:?}");
}

#[tokio::test]
async fn sockets_are_counted_while_they_are_open() {
    let server = TestServer::start().await;
    let token = server.sign_in(ADMIN).await.token.unwrap();
    let live = "autocode_websockets{kind=\"live\"}";
    let request = tokio_tungstenite::tungstenite::ClientRequestBuilder::new(
        format!("ws://{}/ws/live", server.addr).parse().unwrap(),
    )
    .with_header("Authorization", format!("Bearer {token}"));
    let (socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
    assert_eq!(scrape(&server).await[live], 1.0);
    drop(socket);
    for _ in 0..100 {
        if scrape(&server).await[live] == 0.0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the closed socket is still counted");
}

#[tokio::test]
async fn model_calls_are_counted_with_their_tokens() {
    let server = TestServer::start().await;
    let tom = server.new_user("tom").await;
    let agent = tom.new_agent("helper").await;
    let project = tom.new_project(agent, "shop").await["id"].as_i64().unwrap();
    let master = MasterKey::load(&server.data().join("master.key")).unwrap();
    let issued = InstanceTokens::new(&master).of(InstanceId(1), 0);
    let db = server.database().await;
    let mut tx = db.begin().await.unwrap();
    let row = "insert into agent_instances (user_id, agent_id, project_id, status, token_hash, token_expires_at, started_at)
               values (2, ?, ?, 'running', ?, ?, 0)";
    sqlx::query(row)
        .bind(agent)
        .bind(project)
        .bind(issued.hash.as_slice())
        .bind(now_ms() + 60_000)
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();

    let ask = async |token: &str| {
        let body =
            json!({"model": "builder", "max_tokens": 50, "messages": [{"role": "user", "content": "Hello"}]});
        let url = format!("http://{}/gateway/demo/v1/messages", server.addr);
        let request = reqwest::Client::new().post(url).bearer_auth(token).json(&body);
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        // A call is counted when its answer has ended.
        answer.bytes().await.unwrap();
        status
    };
    use secrecy::ExposeSecret as _;
    assert_eq!(ask(issued.secret.expose_secret()).await, 200);
    assert_eq!(ask("wrong").await, 401);
    let rows =
        || db::usage::project_rows(db.reader(), app::model::UserId(2), app::model::ProjectId(project), 10);
    // The row is written after the answer's last byte.
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    let mut stored = rows().await.unwrap();
    while stored.is_empty() && std::time::Instant::now() < deadline {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        stored = rows().await.unwrap();
    }
    assert!(!stored.is_empty(), "the call was not counted");
    let numbers = scrape(&server).await;
    assert_eq!(numbers["autocode_model_requests_total{provider=\"demo\",status=\"200\"}"], 1.0);
    assert_eq!(numbers["autocode_model_refusals_total{status=\"401\"}"], 1.0);
    let output = numbers["autocode_model_tokens_total{provider=\"demo\",kind=\"output\"}"];
    assert_eq!((stored.len(), output), (1, stored[0].tokens.output_tokens as f64));
    assert!(output > 0.0);
    assert_eq!(numbers["autocode_instances{status=\"running\"}"], 1.0);
}

#[tokio::test]
async fn starts_that_wait_are_counted_with_the_age_of_the_oldest() {
    let server = TestServer::start_configured(|config| config.isolation.agents = 1).await;
    let tom = server.new_user("tom").await;
    let agent = tom.new_agent("helper").await;
    let runner = FakeRunner::listen(&server, "tom");
    let queue = async || {
        let numbers = scrape(&server).await;
        (numbers["autocode_starts_queued"], numbers["autocode_starts_queued_oldest_seconds"])
    };
    assert_eq!(queue().await, (0.0, 0.0));
    for project in 1..=3 {
        tom.new_project(agent, &format!("Project {project}")).await;
        assert_eq!(tom.post(&format!("/api/v1/projects/{project}/start"), json!({})).await.0, 202);
    }
    let (waiting, oldest) = queue().await;
    assert!(waiting == 2.0 && oldest < 60.0, "{waiting} wait, the oldest for {oldest} s");
    let db = server.database().await;
    let mut tx = db.begin().await.unwrap();
    let longer = "update agent_instances set queued_at = queued_at - 90000 where project_id = 3";
    assert_eq!(sqlx::query(longer).execute(&mut *tx).await.unwrap().rows_affected(), 1);
    tx.commit().await.unwrap();
    let (waiting, oldest) = queue().await;
    assert!(waiting == 2.0 && (90.0..150.0).contains(&oldest), "{waiting} wait, the oldest for {oldest} s");
    drop(runner);
}
