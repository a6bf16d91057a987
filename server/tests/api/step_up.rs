//! What wants the password again: API keys, commands of MCP servers.

use serde_json::{Value, json};

use crate::common::{ADMIN, Client, PASSWORD, TestServer};

/// Lets the time pass after which a typed password does not count any more.
async fn forget(server: &TestServer) {
    let db = server.database().await;
    let mut tx = db.begin().await.unwrap();
    sqlx::query("update sessions set confirmed_at = confirmed_at - 901000").execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
}

fn required() -> (u16, Value) {
    let problem = json!({
        "type": "urn:autocode:problem:step_up_required",
        "title": "Forbidden",
        "status": 403,
        "detail": "Type your password again to do this.",
    });
    (403, problem)
}

async fn step_up(client: &Client, password: &str) -> (u16, Value) {
    client.post("/api/v1/auth/step-up", json!({"password": password})).await
}

async fn store_key(client: &Client) -> (u16, Value) {
    client.put("/api/v1/api-keys/anthropic", json!({"key": "sk-ant-12345678"})).await
}

#[tokio::test]
async fn keys_want_the_password_to_have_been_typed_lately_in_this_sign_in() {
    let server = TestServer::start().await;
    let (tom, phone) = (server.new_user("tom").await, server.sign_in("tom").await);
    assert_eq!(store_key(&tom).await.0, 200, "right after signing in");
    forget(&server).await;
    assert_eq!(store_key(&tom).await, required());
    assert_eq!(tom.delete("/api/v1/api-keys/anthropic").await, required());
    assert_eq!(tom.get("/api/v1/api-keys").await.1.as_array().unwrap().len(), 1, "looking needs none");

    let (status, wrong) = step_up(&tom, "not the password").await;
    let field = json!({"field": "password", "message": "This is not your password."});
    assert_eq!((status, &wrong["errors"][0]), (422, &field));
    assert_eq!(store_key(&tom).await, required(), "a wrong password was enough");
    let (status, until) = step_up(&tom, PASSWORD).await;
    assert_eq!(status, 200, "{until}");
    assert!(until["valid_until"].as_str().is_some_and(|at| at.ends_with('Z')), "{until}");
    assert_eq!(store_key(&tom).await.0, 200);
    assert_eq!(store_key(&phone).await, required(), "one sign-in stepped up for another");
    assert_eq!(tom.delete("/api/v1/api-keys/anthropic").await.0, 204);
    assert_eq!(server.anonymous().post("/api/v1/auth/step-up", json!({"password": PASSWORD})).await.0, 401);
}

#[tokio::test]
async fn guessing_at_the_step_up_is_slowed_down_and_recorded() {
    let server = TestServer::start().await;
    let tom = server.new_user("tom").await;
    let mut statuses = Vec::new();
    for _ in 0..6 {
        statuses.push(step_up(&tom, "a wrong guess").await.0);
    }
    assert_eq!(statuses, [422, 422, 422, 422, 422, 429]);
    let (_, events) = server.sign_in(ADMIN).await.get("/api/v1/audit").await;
    let wrong = events.as_array().unwrap().iter().filter(|e| e["action"] == "wrong_password_again");
    assert_eq!(wrong.count(), 5, "{events}");
}

#[tokio::test]
async fn commands_of_mcp_servers_want_the_password_when_they_change() {
    let server = TestServer::start().await;
    let tom = server.new_user("tom").await;
    forget(&server).await;
    let draft =
        |name: &str, servers: Value| json!({"name": name, "model": "demo/builder", "mcp_servers": servers});
    let command = |word: &str| json!({"tool": {"command": word}});
    let create = async |name: &str, servers| tom.post("/api/v1/agents", draft(name, servers)).await;
    assert_eq!(create("Plain", json!({"docs": {"url": "https://docs.example"}})).await.0, 201);
    assert_eq!(create("Runner", command("npx")).await, required());
    assert_eq!(step_up(&tom, PASSWORD).await.0, 200);
    let (status, agent) = create("Runner", command("npx")).await;
    assert_eq!(status, 201, "{agent}");

    forget(&server).await;
    let path = format!("/api/v1/agents/{}", agent["id"]);
    let change = async |name: &str, servers| tom.put(&path, draft(name, servers)).await;
    assert_eq!(change("Renamed", command("npx")).await.0, 200, "the command stayed");
    assert_eq!(change("Renamed", command("curl")).await, required());
    assert_eq!(change("Renamed", json!({})).await.0, 200, "taking one away");
    assert_eq!(change("Renamed", command("npx")).await, required(), "and back again");
    let (_, events) = server.sign_in(ADMIN).await.get("/api/v1/audit").await;
    let set = events.as_array().unwrap().iter().filter(|e| e["action"] == "mcp_commands_set");
    assert_eq!(set.count(), 1, "{events}");
}

#[tokio::test]
async fn ending_other_sessions_wants_the_password() {
    let server = TestServer::start().await;
    let (tom, phone) = (server.new_user("tom").await, server.sign_in("tom").await);
    forget(&server).await;
    let (_, sessions) = tom.get("/api/v1/sessions").await;
    let other = sessions.as_array().unwrap().iter().find(|s| s["current"] == false).unwrap();
    let path = format!("/api/v1/sessions/{}", other["id"].as_str().unwrap());
    assert_eq!(tom.delete(&path).await, required());
    assert_eq!(tom.delete("/api/v1/sessions").await, required());
    assert_eq!(phone.get("/api/v1/agents").await.0, 200);
    assert_eq!(step_up(&tom, PASSWORD).await.0, 200);
    assert_eq!(tom.delete("/api/v1/sessions").await.0, 204);
    assert_eq!(phone.get("/api/v1/agents").await.0, 401);
    assert_eq!(tom.get("/api/v1/agents").await.0, 200);
}
