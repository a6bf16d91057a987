//! What scripts rely on: tokens of their own, and requests that are carried out once.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    common::{ADMIN, Client, PASSWORD, TestServer, problem, unauthorized},
    sockets::lifetime,
};

async fn new_token(person: &Client, name: &str, scopes: &[&str]) -> (Client, i64) {
    let (status, made) = person.post("/api/v1/tokens", json!({"name": name, "scopes": scopes})).await;
    assert_eq!(status, 201, "{made}");
    let token = made["token"].as_str().unwrap().to_owned();
    assert!(token.starts_with("autocode_pat_") && token.len() > 50, "{token}");
    (Client { token: Some(token), ..person.clone() }, made["id"].as_i64().unwrap())
}

fn lacks(scope: &str) -> (u16, Value) {
    (403, problem(403, "Forbidden", &format!("This token lacks the scope \u{201c}{scope}\u{201d}.")))
}

#[tokio::test]
async fn a_token_does_what_its_scopes_say() {
    let server = TestServer::start().await;
    let boss = server.sign_in(ADMIN).await;
    let (reader, _) = new_token(&boss, "reader", &["read"]).await;
    let (writer, _) = new_token(&boss, "writer", &["write"]).await;
    let (both, _) = new_token(&boss, "both", &["write", "read", "read"]).await;
    let (admin, _) = new_token(&boss, "admin", &["admin", "read"]).await;
    let draft = json!({"name": "Builder", "model": "demo/builder"});

    assert_eq!(reader.get("/api/v1/agents").await, (200, json!([])));
    assert_eq!(reader.post("/api/v1/agents", draft.clone()).await, lacks("write"));
    assert_eq!(writer.get("/api/v1/agents").await, lacks("read"));
    assert_eq!(writer.post("/api/v1/agents", draft).await.0, 201);
    assert_eq!(both.delete("/api/v1/agents/1").await.0, 204);

    // Its owner is an admin, but the token was not made for that.
    assert_eq!(both.get("/api/v1/users").await.0, 403);
    assert_eq!(admin.get("/api/v1/users").await.0, 200);
    let credentials = json!({"username": "tom", "password": PASSWORD});
    assert_eq!(admin.post("/api/v1/users", credentials).await, lacks("write"));

    // Whoever is no admin cannot make such a token, and one that is no longer an admin's is worth no more.
    let tom = server.new_user("tom").await;
    let refused = tom.post("/api/v1/tokens", json!({"name": "x", "scopes": ["admin"]})).await;
    assert_eq!((refused.0, &refused.1["errors"][0]["field"]), (422, &json!("scopes")));
    assert_eq!(boss.put("/api/v1/users/2/role", json!({"role": "admin"})).await.0, 200);
    let (toms, _) = new_token(&tom, "x", &["admin", "read"]).await;
    assert_eq!(toms.get("/api/v1/users").await.0, 200);
    assert_eq!(boss.put("/api/v1/users/2/role", json!({"role": "user"})).await.0, 200);
    assert_eq!(toms.get("/api/v1/users").await.0, 403);
}

#[tokio::test]
async fn a_token_makes_no_token_and_changes_no_password() {
    let server = TestServer::start().await;
    let boss = server.sign_in(ADMIN).await;
    let (script, id) = new_token(&boss, "all", &["read", "write", "admin"]).await;
    let why = "No personal access token may do this: sign in with your password.";
    let refused = (403, problem(403, "Forbidden", why));
    let change = json!({"current": PASSWORD, "password": "another password"});
    assert_eq!(script.get("/api/v1/tokens").await, refused);
    assert_eq!(script.post("/api/v1/tokens", json!({"name": "y", "scopes": ["read"]})).await, refused);
    assert_eq!(script.delete(&format!("/api/v1/tokens/{id}")).await, refused);
    assert_eq!(script.put("/api/v1/password", change.clone()).await, refused);
    assert_eq!(script.get("/api/v1/sessions").await, refused);
    assert_eq!(script.delete("/api/v1/sessions").await, refused);
    assert_eq!(script.post("/api/v1/users/1/reset-link", json!({})).await, refused);
    // Nor does it open pages or their server functions.
    assert_eq!(script.request(Method::POST, "/fn/load_sessions").send().await.unwrap().status(), 401);

    // It stays shown once, can be told apart, and ends with the password.
    let (_, listed) = boss.get("/api/v1/tokens").await;
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!((&listed[0]["name"], &listed[0]["token"]), (&json!("all"), &Value::Null));
    assert_ne!(listed[0]["last_used_at"], Value::Null);
    let taken = boss.post("/api/v1/tokens", json!({"name": "all", "scopes": ["read"]})).await;
    assert_eq!(taken, (409, problem(409, "Conflict", "You have a token of this name already.")));
    let stored = std::fs::read(server.data().join("autocode.db")).unwrap_or_default();
    let log = std::fs::read(server.data().join("autocode.db-wal")).unwrap_or_default();
    let secret = script.token.clone().unwrap();
    let inside = |bytes: &[u8]| bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
    assert!(stored.len() + log.len() > 4096 && !inside(&stored) && !inside(&log), "the token is stored");
    assert_eq!(boss.put("/api/v1/password", change).await.0, 204);
    assert_eq!(script.get("/api/v1/agents").await, unauthorized());
}

#[tokio::test]
async fn a_token_ends_when_it_is_revoked_or_its_time_is_over() {
    let server = TestServer::start().await;
    let tom = server.new_user("tom").await;
    for (field, body) in [
        ("name", json!({"name": " ", "scopes": ["read"]})),
        ("scopes", json!({"name": "x", "scopes": []})),
        ("scopes[0]", json!({"name": "x", "scopes": ["everything"]})),
        ("expires_in_days", json!({"name": "x", "scopes": ["read"], "expires_in_days": 0})),
    ] {
        let refused = tom.post("/api/v1/tokens", body).await;
        assert_eq!((refused.0, &refused.1["errors"][0]["field"]), (422, &json!(field)));
    }
    let (script, id) = new_token(&tom, "x", &["read"]).await;
    let revoke = async { assert_eq!(tom.delete(&format!("/api/v1/tokens/{id}")).await.0, 204) };
    let (open_for, code) = lifetime(&script, revoke).await;
    assert_eq!((open_for.as_secs() < 6, code), (true, Some(1008)), "{open_for:?}");
    assert_eq!(script.get("/api/v1/agents").await, unauthorized());

    let (script, _) = new_token(&tom, "x", &["read"]).await;
    assert_eq!(script.get("/api/v1/agents").await.0, 200);
    let db = server.database().await;
    let mut tx = db.begin().await.unwrap();
    sqlx::query("update personal_tokens set expires_at = 1000").execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(script.get("/api/v1/agents").await, unauthorized());
}

/// Status, body and whether it was given before.
async fn once(client: &Client, key: &str, path: &str, body: &Value) -> (u16, Value, bool) {
    let request = client.request(Method::POST, path).header("idempotency-key", key).json(body);
    let answer = request.send().await.unwrap();
    let replayed = answer.headers().contains_key("idempotent-replayed");
    let status = answer.status().as_u16();
    (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or(Value::Null), replayed)
}

#[tokio::test]
async fn a_request_with_a_key_is_carried_out_once() {
    let server = TestServer::start().await;
    let (tom, eve) = (server.new_user("tom").await, server.new_user("eve").await);
    let draft = json!({"name": "Builder", "model": "demo/builder"});
    let first = once(&tom, "k", "/api/v1/agents", &draft).await;
    assert_eq!((first.0, first.2), (201, false));
    let again = once(&tom, "k", "/api/v1/agents", &draft).await;
    assert_eq!((again.0, &again.1, again.2), (201, &first.1, true));
    let other = json!({"name": "Other", "model": "demo/builder"});
    let why = "This Idempotency-Key was used for another request.";
    let refused = problem(422, "Unprocessable Entity", why);
    assert_eq!(once(&tom, "k", "/api/v1/agents", &other).await, (422, refused, false));
    assert_eq!(once(&eve, "k", "/api/v1/agents", &draft).await.0, 201, "a key is its user's own");
    assert_eq!(tom.get("/api/v1/agents").await.1.as_array().unwrap().len(), 1);
    // A conflict may pass: it is looked at again.
    assert_eq!(once(&tom, "c", "/api/v1/agents", &draft).await.0, 409);
    assert_eq!(tom.delete(&format!("/api/v1/agents/{}", first.1["id"])).await.0, 204);
    assert_eq!(once(&tom, "c", "/api/v1/agents", &draft).await.0, 201);
    assert_eq!(once(&tom, &"k".repeat(256), "/api/v1/agents", &draft).await.0, 400);
    assert_eq!(once(&server.anonymous(), "k", "/api/v1/agents", &draft).await.0, 401);

    // A secret is shown once, and kept nowhere.
    let token = json!({"name": "x", "scopes": ["read"]});
    assert_eq!(once(&tom, "t", "/api/v1/tokens", &token).await.0, 201);
    let (status, body, _) = once(&tom, "t", "/api/v1/tokens", &token).await;
    assert_eq!((status, &body["token"]), (409, &Value::Null));
    assert_eq!(tom.get("/api/v1/tokens").await.1.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn many_at_once_and_a_restart_carry_it_out_once() {
    let server = TestServer::start().await;
    let tom = server.new_user("tom").await;
    let draft = json!({"name": "Builder", "model": "demo/builder"});
    let tries = (0..8).map(|_| once(&tom, "k", "/api/v1/agents", &draft));
    let answers = futures::future::join_all(tries).await;
    let done: Vec<_> = answers.iter().filter(|(status, _, replayed)| *status == 201 && !replayed).collect();
    assert_eq!(done.len(), 1, "{answers:?}");
    assert!(answers.iter().all(|(status, ..)| matches!(status, 201 | 409)), "{answers:?}");
    assert_eq!(tom.get("/api/v1/agents").await.1.as_array().unwrap().len(), 1);

    // As a server leaves it that is killed in the middle: what came of it is unknown, so it is not done again.
    let db = server.database().await;
    let mut tx = db.begin().await.unwrap();
    sqlx::query("update idempotent_requests set status = null, server = 'before'")
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let (status, body, _) = once(&tom, "k", "/api/v1/agents", &draft).await;
    assert_eq!(status, 409);
    assert!(body["detail"].as_str().unwrap().contains("server ended"), "{body}");

    // After a day the key is free.
    let mut tx = db.begin().await.unwrap();
    sqlx::query("update idempotent_requests set created_at = created_at - 86400001")
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let other = json!({"name": "Other", "model": "demo/builder"});
    assert_eq!(once(&tom, "k", "/api/v1/agents", &other).await.0, 201);
}
