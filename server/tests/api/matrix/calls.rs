//! The calls of the REST API, as its own document names them.

use reqwest::{Method, header};
use serde_json::Value;

use super::{MARK, Thing, World, sample::sample};
use crate::common::{Client, not_found, problem, unauthorized};

/// One call of the document.
struct Call {
    method: Method,
    path: String,
    public: bool,
    admin: bool,
    body: Option<Value>,
}

/// What the id in a path stands for; none if its owner is whoever asks.
fn thing(path: &str) -> Option<Thing> {
    Some(match path.split('/').nth(1).unwrap() {
        "agents" => Thing::Agent,
        "projects" => Thing::Project,
        "sessions" => Thing::Session,
        "tokens" => Thing::Token,
        "api-keys" | "providers" => return None,
        other => panic!("{path}: say in the matrix what an id below /{other} stands for"),
    })
}

fn calls(document: &Value) -> Vec<Call> {
    let mut calls = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, call) in item.as_object().unwrap() {
            let schema = &call["requestBody"]["content"]["application/json"]["schema"];
            calls.push(Call {
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
                public: call["security"].as_array().unwrap().contains(&serde_json::json!({})),
                admin: call["tags"].as_array().unwrap().contains(&"Administration".into()),
                body: (!schema.is_null()).then(|| sample(document, schema, "")),
            });
        }
    }
    calls
}

impl Call {
    /// Status and whole text of the answer, with this in the place of a path's parameter.
    async fn send(&self, client: &Client, id: &str) -> (u16, String) {
        let (before, rest) = self.path.split_once('{').unwrap_or((&self.path, ""));
        let after = rest.split_once('}').map_or("", |(_, after)| after);
        let path = if rest.is_empty() { before.to_owned() } else { format!("{before}{id}{after}") };
        let mut request = client.request(self.method.clone(), &format!("/api/v1{path}"));
        request = request.header(header::IF_MATCH, "\"seen\"");
        if let Some(body) = &self.body {
            request = request.json(body);
        }
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    async fn json(&self, client: &Client, id: &str) -> (u16, Value) {
        let (status, text) = self.send(client, id).await;
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }
}

#[tokio::test]
async fn matrix_of_rest_calls() {
    let world = World::begin().await;
    let nobody = world.server.anonymous();
    let document = nobody.get("/api/v1/openapi.json").await.1;
    let calls = calls(&document);
    assert!(calls.len() > 50, "the document names only {} calls", calls.len());
    let before = world.belongings().await;
    for call in calls {
        let name = format!("{} {}", call.method, call.path);
        let mut found = Vec::new();
        let someone = match call.path.split(['{', '}']).nth(1) {
            Some("provider") => "anthropic",
            Some("name") => "mine",
            _ => "1",
        };
        if call.public {
            found.push("public".to_owned());
        } else {
            assert_eq!(call.json(&nobody, someone).await, unauthorized(), "{name} by nobody");
            found.push("nobody 401".to_owned());
        }
        if call.admin {
            let refused = (403, problem(403, "Forbidden", "Only an admin may do this."));
            assert_eq!(call.json(&world.eve, someone).await, refused, "{name} by an ordinary user");
            found.push("ordinary user 403".to_owned());
        } else if !call.path.contains('{') {
            let (status, text) = call.send(&world.eve, "").await;
            assert!(status < 500 && !text.contains(MARK), "{name} shows what is another's: {status} {text}");
            found.push(format!("another user {status}, nothing of the owner's"));
        } else if let Some(thing) = thing(&call.path) {
            let foreign = call.json(&world.eve, &world.id(thing)).await;
            assert_eq!(foreign, not_found(), "{name} of another user");
            let never = call.json(&world.eve, world.never(thing)).await;
            assert_eq!(foreign, never, "{name} of another user and of nobody");
            found.push("another user 404, as what never was".to_owned());
        } else {
            let (status, text) = call.send(&world.eve, someone).await;
            assert!(status < 500 && !text.contains(MARK), "{name}: {status} {text}");
            if call.method == Method::PUT {
                // What was just stored is the other user's own; without it, nothing of the kind is there.
                world.eve.delete("/api/v1/api-keys/anthropic").await;
            } else {
                assert_eq!(status, 404, "{name} of another user");
            }
            found.push(format!("another user {status}, of their own"));
        }
        println!("{name}: {}", found.join("; "));
    }
    assert_eq!(world.belongings().await, before, "something of the owner's is another now");
}

/// Ids that stand in a body: the path is the asker's own, what the body names is another's.
#[tokio::test]
async fn matrix_of_ids_in_bodies() {
    let world = World::begin().await;
    let document = world.tom.get("/api/v1/openapi.json").await.1;
    // Every field that names a row, wherever a body has one.
    let bodies =
        document["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap().values());
    let names: Vec<_> = bodies
        .filter_map(|call| call["requestBody"]["content"]["application/json"]["schema"]["$ref"].as_str())
        .map(|reference| &document["components"]["schemas"][reference.rsplit('/').next().unwrap()])
        .flat_map(|schema| schema["properties"].as_object().into_iter().flat_map(|fields| fields.keys()))
        .filter(|name| name.ends_with("_id"))
        .collect();
    assert_eq!(names, ["undo_id"], "say here how a foreign id in this field is refused");
    let db = world.server.database().await;
    sqlx::query("insert into undos (user_id, project_id, ref, label, created_at) values (2, ?, 'r', 'l', 0)")
        .bind(world.project)
        .execute(&mut *db.begin().await.unwrap())
        .await
        .unwrap();
    let agent = world.eve.new_agent("Mine").await;
    let project = world.eve.new_project(agent, "Mine").await["id"].as_i64().unwrap();
    for undo in [1, 987_654_321] {
        let path = format!("/api/v1/projects/{project}/redo");
        assert_eq!(world.eve.post(&path, serde_json::json!({"undo_id": undo})).await, not_found());
    }
    println!("POST /projects/{{id}}/redo with another user's undo_id: 404, as what never was");
}
