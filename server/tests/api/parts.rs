//! Lists in parts, and changes only of what was seen.

use reqwest::{Method, Response, header};
use serde_json::{Value, json};

use crate::common::{ADMIN, Client, TestServer, not_found};

/// The address of another part of a list.
fn link(answer: &Response, relation: &str) -> Option<String> {
    let links = answer.headers().get(header::LINK)?.to_str().unwrap().to_owned();
    let wanted = format!("; rel=\"{relation}\"");
    links.split(", ").find_map(|link| Some(link.strip_suffix(&wanted)?.trim_matches(['<', '>']).to_owned()))
}

/// What is found by following a list to its end, part by part.
async fn follow(client: &Client, path: &str, relation: &str) -> Vec<Vec<Value>> {
    let (mut parts, mut next) = (Vec::new(), Some(path.to_owned()));
    while let Some(path) = next {
        let answer = client.request(Method::GET, &path).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        next = link(&answer, relation);
        parts.push(answer.json::<Vec<Value>>().await.unwrap());
    }
    parts
}

#[tokio::test]
async fn a_list_is_followed_to_its_end() {
    let server = TestServer::start().await;
    let boss = server.sign_in(ADMIN).await;
    let mut agents = Vec::new();
    for n in 0..5 {
        agents.push(boss.new_agent(&format!("Agent {n}")).await);
        boss.new_project(agents[0], &format!("Project {n}")).await;
        assert_eq!(boss.post("/api/v1/invites", json!({})).await.0, 201);
        server.new_user(&format!("user-{n}")).await;
        server.sign_in(ADMIN).await;
    }
    let lists = [
        ("/agents".to_owned(), "/id"),
        (format!("/agents/{}/projects", agents[0]), "/id"),
        ("/users".to_owned(), "/user/id"),
        ("/invites".to_owned(), "/id"),
        ("/sessions".to_owned(), "/id"),
    ];
    for (list, id) in lists {
        let ids = |parts: &[Vec<Value>]| -> Vec<Value> {
            parts.iter().flatten().map(|item| item.pointer(id).unwrap().clone()).collect()
        };
        let whole = follow(&boss, &format!("/api/v1{list}"), "next").await;
        assert_eq!(whole.len(), 1, "{list} is short");
        let parts = follow(&boss, &format!("/api/v1{list}?limit=2"), "next").await;
        assert_eq!(ids(&parts), ids(&whole), "{list}");
        let full = parts.iter().rev().skip(1).all(|part| part.len() == 2);
        assert!(full && !parts.last().unwrap().is_empty(), "{list}: {parts:?}");
        for limit in ["0", "201"] {
            assert_eq!(boss.get(&format!("/api/v1{list}?limit={limit}")).await.0, 422, "{list}");
        }
        assert_eq!(boss.get(&format!("/api/v1{list}?limit=x")).await.0, 400, "{list}");
    }
    let events = follow(&boss, "/api/v1/audit?limit=3", "next").await;
    let ids: Vec<_> = events.iter().flatten().map(|event| event["id"].as_i64().unwrap()).collect();
    assert!(ids.len() > 10 && ids.is_sorted_by(|a, b| a > b), "{ids:?}");
}

#[tokio::test]
async fn a_log_is_followed_both_ways() {
    let server = TestServer::start().await;
    let tom = server.new_user("tom").await;
    let agent = tom.new_agent("Builder").await;
    let project = tom.new_project(agent, "Shop").await["id"].as_i64().unwrap();
    let db = server.database().await;
    let mut tx = db.begin().await.unwrap();
    sqlx::query("insert into agent_instances (user_id, agent_id, project_id, status, started_at) values (2, ?, ?, 'stopped', 0)")
        .bind(agent)
        .bind(project)
        .execute(&mut *tx)
        .await
        .unwrap();
    for n in 0..7 {
        sqlx::query("insert into logs (user_id, project_id, agent_instance_id, level, message, timestamp) values (2, ?, 1, 'info', ?, 0)")
            .bind(project)
            .bind(format!("line {n}"))
            .execute(&mut *tx)
            .await
            .unwrap();
    }
    tx.commit().await.unwrap();
    let path = format!("/api/v1/projects/{project}/logs");
    let lines = |parts: Vec<Vec<Value>>| -> Vec<Value> {
        parts.into_iter().map(|part| part.into_iter().map(|line| line["message"].clone()).collect()).collect()
    };
    let older = follow(&tom, &format!("{path}?limit=3&level=info"), "prev").await;
    assert_eq!(
        lines(older),
        [json!(["line 4", "line 5", "line 6"]), json!(["line 1", "line 2", "line 3"]), json!(["line 0"])]
    );
    let newer = follow(&tom, &format!("{path}?limit=4&after=0"), "next").await;
    assert_eq!(
        lines(newer),
        [json!(["line 0", "line 1", "line 2", "line 3"]), json!(["line 4", "line 5", "line 6"])]
    );
}

/// Status, `ETag` and body.
async fn conditional(
    client: &Client,
    method: Method,
    path: &str,
    condition: Option<(&str, &str)>,
    body: Option<&Value>,
) -> (u16, Option<String>, Value) {
    let mut request = client.request(method, path);
    if let Some((name, tag)) = condition {
        request = request.header(name, tag);
    }
    if let Some(body) = body {
        request = request.json(body);
    }
    let answer = request.send().await.unwrap();
    let tag = answer.headers().get(header::ETAG).map(|tag| tag.to_str().unwrap().to_owned());
    let status = answer.status().as_u16();
    (status, tag, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or(Value::Null))
}

#[tokio::test]
async fn only_what_was_seen_is_changed_or_deleted() {
    let server = TestServer::start().await;
    let (tom, eve) = (server.new_user("tom").await, server.new_user("eve").await);
    let agent = tom.new_agent("Builder").await;
    let project = tom.new_project(agent, "Shop").await["id"].as_i64().unwrap();
    let agent_draft = json!({"name": "Changed", "model": "demo/builder"});
    let things = [
        (format!("/api/v1/projects/{project}"), json!({"name": "Changed"})),
        (format!("/api/v1/agents/{agent}"), agent_draft),
    ];
    for (path, draft) in things {
        let (status, tag, _) = conditional(&tom, Method::GET, &path, None, None).await;
        let old = tag.unwrap();
        assert_eq!(status, 200);
        let unchanged = conditional(&tom, Method::GET, &path, Some(("if-none-match", &old)), None).await;
        assert_eq!(unchanged, (304, Some(old.clone()), Value::Null));

        let put = async |tag: &str| {
            conditional(&tom, Method::PUT, &path, Some(("if-match", tag)), Some(&draft)).await
        };
        let (status, tag, changed) = put(&old).await;
        let new = tag.unwrap();
        assert_eq!((status, &changed["name"], new == old), (200, &json!("Changed"), false));
        assert_eq!(tom.get(&path).await.1, changed);
        let (status, tag, refusal) = put(&old).await;
        assert_eq!((status, tag.as_deref(), &refusal["status"]), (412, Some(&*new), &json!(412)));
        assert_eq!(put("W/\"weak\"").await.0, 412);
        let weak = format!("W/{new}");
        assert_eq!(put(&weak).await.0, 412, "a weak tag stands for no exact version");

        let delete = async |client: &Client, tag: &str| {
            conditional(client, Method::DELETE, &path, Some(("if-match", tag)), None).await.0
        };
        assert_eq!(delete(&eve, &new).await, not_found().0);
        assert_eq!(delete(&tom, &old).await, 412);
        assert_eq!(tom.get(&path).await.0, 200, "it was deleted although it had changed");
        let several = format!("{old}, {new}");
        assert_eq!(delete(&tom, &several).await, 204);
        assert_eq!(delete(&tom, &new).await, 404);
    }
}

#[tokio::test]
async fn of_two_changes_at_once_one_is_made() {
    let server = TestServer::start().await;
    let tom = server.new_user("tom").await;
    let path = format!("/api/v1/agents/{}", tom.new_agent("Builder").await);
    let tag = conditional(&tom, Method::GET, &path, None, None).await.1.unwrap();
    let put = async |n: u32| {
        let draft = json!({"name": format!("Change {n}"), "model": "demo/builder"});
        conditional(&tom, Method::PUT, &path, Some(("if-match", &tag)), Some(&draft)).await.0
    };
    let mut answers = futures::future::join_all((0..6).map(put)).await;
    answers.sort_unstable();
    assert_eq!(answers, [200, 412, 412, 412, 412, 412]);
}
