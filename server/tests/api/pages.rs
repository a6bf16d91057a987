//! What a project's page reports and edits: log search and files, long texts, changes, cost of steps.

use autocode_nanobot::protocol::{Event, LogLevel, StepStatus};
use http::Method;
use serde_json::{Value, json};

use crate::{
    common::{Client, TestServer, problem},
    control::{agent, running, set_running, three_steps, until},
};

async fn put(client: &Client, tag: Option<&str>, text: &str) -> (u16, Option<String>, Value) {
    let mut request = client.request(Method::PUT, "/api/v1/projects/1/description");
    if let Some(tag) = tag {
        request = request.header("if-match", tag);
    }
    let answer = request.json(&json!({"text": text})).send().await.unwrap();
    let tag = answer.headers().get("etag").map(|tag| tag.to_str().unwrap().to_owned());
    (answer.status().as_u16(), tag, answer.json().await.unwrap())
}

#[tokio::test]
async fn a_text_is_stored_only_over_the_one_that_its_writer_saw() {
    let server = TestServer::start().await;
    let tom = server.new_user("tom").await;
    let agent = tom.new_agent("Builder").await;
    tom.new_project(agent, "Shop").await;
    let (_, seen) = tom.get("/api/v1/projects/1/description").await;
    let tag = format!("\"{}\"", seen["version"].as_str().unwrap());

    assert_eq!(put(&tom, None, "a").await.0, 428);
    let (status, first, stored) = put(&tom, Some(&tag), "first").await;
    assert_eq!((status, &stored["text"]), (200, &json!("first")));
    let (status, newer, refused) = put(&tom, Some(&tag), "second").await;
    assert_eq!((status, &newer, &refused["current"]), (412, &first, &stored), "{refused}");
    assert_eq!(refused["detail"], "Somebody else changed the text meanwhile.");
    // What is there already contradicts nobody.
    assert_eq!(put(&tom, Some(&tag), "first").await.0, 200);
    assert_eq!(put(&tom, first.as_deref(), "second").await.0, 200);
    assert_eq!(tom.get("/api/v1/projects/1").await.1["description"], "second");
    let (status, _, answer) = put(&tom, first.as_deref(), &"x".repeat(65 * 1024)).await;
    assert_eq!((status, &answer["errors"][0]["field"]), (422, &json!("text")));
    assert_eq!(tom.get("/api/v1/projects/1").await.1["architecture"], Value::Null);
}

#[tokio::test]
async fn a_log_is_searched_filtered_and_downloaded() {
    let run = running(agent(), three_steps()).await;
    let lines = [
        (LogLevel::Info, "100% of it"),
        (LogLevel::Error, "100 of it"),
        (LogLevel::AgentDecision, "Chose A_B\u{1b}[2J"),
        (LogLevel::Action, "chose AxB\\"),
    ];
    for (level, message) in lines {
        run.runner.tell(1, Event::Log { level, message: message.to_owned() }).await;
    }
    until(&run.tom, "/api/v1/projects/1/logs?q=AxB", |lines| lines.as_array().unwrap().len() == 1).await;
    let cases: [(&str, &[usize]); 8] = [
        ("q=100%25", &[0]),
        ("q=a_b", &[2]),
        ("q=%5C", &[3]),
        ("q=CHOSE", &[2, 3]),
        ("levels=error,action", &[1, 3]),
        ("levels=error,agent_decision&q=of", &[1]),
        ("levels=error&level=info", &[]),
        ("q=nothing", &[]),
    ];
    for (query, expected) in cases {
        let (status, found) = run.tom.get(&format!("/api/v1/projects/1/logs?{query}")).await;
        let found: Vec<_> = found.as_array().unwrap().iter().map(|line| line["message"].clone()).collect();
        let of_these = |line: &&Value| lines.iter().any(|(_, message)| **line == *message);
        let found: Vec<_> = found.iter().filter(of_these).cloned().collect();
        let expected: Vec<_> = expected.iter().map(|at| json!(lines[*at].1)).collect();
        assert_eq!((status, found), (200, expected), "{query}");
    }
    let too_long = format!("/api/v1/projects/1/logs?q={}", "x".repeat(201));
    assert_eq!(run.tom.get(&too_long).await.0, 422);
    assert_eq!(run.tom.get("/api/v1/projects/1/logs?levels=loud").await.0, 400);
    assert_eq!(run.tom.get("/api/v1/projects/1/logs.txt?q=&levels=loud").await.0, 400);

    let file = |path: &str| run.tom.request(Method::GET, path).send();
    let answer = file("/api/v1/projects/1/logs.txt?q=chose").await.unwrap();
    assert_eq!(answer.headers()["content-disposition"], "attachment; filename=\"shop-log.txt\"");
    let text = answer.text().await.unwrap();
    let ends: Vec<_> = text.lines().map(|line| line.split_once(' ').unwrap().1).collect();
    assert_eq!(ends, ["agent_decision Chose A_B\\u{1b}[2J", "action chose AxB\\"]);
    let text = file("/api/v1/projects/1/logs.ndjson").await.unwrap().text().await.unwrap();
    let all: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(run.tom.get("/api/v1/projects/1/logs").await.1, json!(all));
}

#[tokio::test]
async fn a_download_is_longer_than_a_page() {
    let run = running(agent(), three_steps()).await;
    let db = run.server.database().await;
    let mut tx = db.begin().await.unwrap();
    let many = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 2500)
        insert into logs (user_id, project_id, agent_instance_id, level, message, timestamp)
        select p.user_id, 1, 1, 'info', 'line ' || i, i from n, projects p";
    sqlx::query(many).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    let answer = run.tom.request(Method::GET, "/api/v1/projects/1/logs.txt?q=line").send().await.unwrap();
    let text = answer.text().await.unwrap();
    assert_eq!((text.lines().count(), text.lines().last().unwrap().ends_with("line 2500")), (2500, true));
}

#[tokio::test]
async fn changes_come_from_the_runner_or_say_why_not() {
    let run = running(agent(), three_steps()).await;
    set_running(&run, "a", StepStatus::Completed).await;
    until(&run.tom, "/api/v1/projects/1", |p| p["implementation_plan"]["steps"][0]["commit"] == "abc").await;
    let expected = json!({"more_files": 3, "files": [{
        "path": "src/main.sh", "status": "added", "added": 1, "removed": 0,
        "diff": "@@ -0,0 +1 @@\n+x\n", "cut": false
    }]});
    assert_eq!(run.tom.get("/api/v1/projects/1/changes?step=a").await, (200, expected));
    let refused = (409, problem(409, "Conflict", "There is no such folder."));
    assert_eq!(run.tom.get("/api/v1/projects/1/changes").await, refused);
    for step in ["b", "zzz"] {
        let (status, answer) = run.tom.get(&format!("/api/v1/projects/1/changes?step={step}")).await;
        assert_eq!((status, &answer["errors"][0]["field"]), (422, &json!("step")), "{step}");
    }
    let other = run.tom.new_project(1, "Never started").await["id"].as_i64().unwrap();
    assert_eq!(run.tom.get(&format!("/api/v1/projects/{other}/changes")).await.0, 409);
}

#[tokio::test]
async fn usage_belongs_to_the_step_that_was_under_way() {
    use server::db::usage::{Caller, NewUsage, insert};
    let run = running(agent(), three_steps()).await;
    let db = run.server.database().await;
    let caller = Caller { user: 1.into(), project: Some(1.into()), instance: 1.into() };
    let user = run.tom.get("/api/v1/projects/1").await.1;
    assert_eq!(user["id"], 1);
    let spend = async |output: i64| {
        let mut tx = db.begin().await.unwrap();
        let owner: i64 =
            sqlx::query_scalar("select user_id from projects").fetch_one(&mut *tx).await.unwrap();
        let row = NewUsage {
            caller: Caller { user: owner.into(), ..caller },
            provider: "demo".to_owned(),
            model: "builder".to_owned(),
            tokens: app::model::TokenUsage { output_tokens: output, ..Default::default() },
            cost_micro_usd: Some(output * 10),
            http_status: 200,
            duration_ms: 1,
            created_at: 1,
        };
        insert(&mut tx, &row).await.unwrap();
        tx.commit().await.unwrap();
    };
    spend(1).await;
    for (step, output) in [("b", 20), ("a", 300)] {
        set_running(&run, step, StepStatus::Running).await;
        let at = if step == "a" { 0 } else { 1 };
        until(&run.tom, "/api/v1/projects/1", |p| {
            p["implementation_plan"]["steps"][at]["status"] == "running"
        })
        .await;
        spend(output).await;
        set_running(&run, step, StepStatus::Completed).await;
        until(&run.tom, "/api/v1/projects/1", |p| {
            p["implementation_plan"]["steps"][at]["status"] == "completed"
        })
        .await;
    }
    let (_, steps) = run.tom.get("/api/v1/projects/1/usage/steps").await;
    let seen: Vec<_> = steps
        .as_array()
        .unwrap()
        .iter()
        .map(|s| (s["step"].clone(), s["title"].clone(), s["usage"]["cost_micro_usd"].clone()))
        .collect();
    let expected = [
        (json!("a"), json!("Step a"), json!(3000)),
        (json!("b"), json!("Step b"), json!(200)),
        (Value::Null, json!("Planning and other work"), json!(10)),
    ];
    assert_eq!(seen, expected);
}
