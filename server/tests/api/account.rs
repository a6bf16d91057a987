//! A person's own account: sign-ins, password, notifications.

use std::time::{Duration, Instant};

use reqwest::{Method, header};
use serde_json::{Value, json};

use crate::{
    common::{ADMIN, Client, PASSWORD, TestServer, not_found, problem, unauthorized},
    sockets::lifetime,
};

const NEW: &str = "another long passphrase";

async fn sign_in_as(server: &TestServer, password: &str, device: &str) -> (u16, Client) {
    let mut client = server.anonymous();
    let request = client.request(Method::POST, "/api/v1/auth/login").header(header::USER_AGENT, device);
    let answer = request.json(&json!({"username": "tom", "password": password})).send().await.unwrap();
    let status = answer.status().as_u16();
    let tokens: Value = answer.json().await.unwrap();
    client.token = tokens["access_token"].as_str().map(str::to_owned);
    (status, client)
}

fn devices(sessions: &Value) -> Vec<(String, bool)> {
    let sessions = sessions.as_array().unwrap().iter();
    sessions.map(|s| (s["device"].as_str().unwrap().to_owned(), s["current"] == true)).collect()
}

#[tokio::test]
async fn a_person_sees_and_ends_their_own_sign_ins() {
    let server = TestServer::start().await;
    let tom = server.new_user("tom").await;
    let (_, phone) = sign_in_as(&server, PASSWORD, "Mozilla/5.0 (iPhone) Version/18 Safari/604").await;
    let (_, laptop) = sign_in_as(&server, PASSWORD, "Mozilla/5.0 (X11; Linux) Firefox/132.0").await;
    let (status, sessions) = phone.get("/api/v1/sessions").await;
    let mut seen = devices(&sessions);
    seen.sort();
    let expected = [("Firefox on Linux", false), ("Safari on iPhone", true), ("Unknown device", false)];
    assert_eq!(
        (status, seen),
        (200, expected.map(|(device, current)| (device.to_owned(), current)).to_vec())
    );

    let id = |device: &str| {
        let all = sessions.as_array().unwrap();
        all.iter().find(|s| s["device"] == device).unwrap()["id"].as_str().unwrap().to_owned()
    };
    let path = format!("/api/v1/sessions/{}", id("Firefox on Linux"));
    let admin = server.sign_in(ADMIN).await;
    assert_eq!(admin.delete(&path).await, not_found(), "somebody else's sign-in");
    assert_eq!(admin.delete("/api/v1/sessions/..%2F").await, not_found());
    assert_eq!(laptop.get("/api/v1/agents").await.0, 200);
    assert_eq!(phone.delete(&path).await, (204, Value::Null));
    assert_eq!(laptop.get("/api/v1/agents").await, unauthorized());
    assert_eq!(phone.delete(&path).await, not_found());

    assert_eq!(phone.delete("/api/v1/sessions").await, (204, Value::Null));
    assert_eq!(tom.get("/api/v1/agents").await, unauthorized());
    assert_eq!(devices(&phone.get("/api/v1/sessions").await.1), [("Safari on iPhone".to_owned(), true)]);
    assert_eq!(admin.get("/api/v1/agents").await.0, 200, "another user was signed out");
}

#[tokio::test]
async fn a_new_password_ends_all_other_sign_ins_and_sockets() {
    let server = TestServer::start().await;
    let (tom, other) = (server.new_user("tom").await, server.sign_in("tom").await);
    let change = async |current: &str, new: &str| {
        tom.put("/api/v1/password", json!({"current": current, "password": new})).await
    };
    let (status, answer) = change("wrong", NEW).await;
    let field = json!({"field": "current", "message": "This is not your current password."});
    assert_eq!((status, &answer["errors"][0]), (422, &field));
    let (status, answer) = change(PASSWORD, "short").await;
    assert_eq!((status, &answer["errors"][0]["field"]), (422, &json!("password")));
    assert_eq!(other.get("/api/v1/agents").await.0, 200);

    let changed = async { assert_eq!(change(PASSWORD, NEW).await, (204, Value::Null)) };
    let (open_for, code) = lifetime(&other, changed).await;
    assert!(open_for < Duration::from_secs(5), "{open_for:?}");
    assert_eq!(code, Some(1008));
    assert_eq!(other.get("/api/v1/agents").await, unauthorized());
    assert_eq!(tom.get("/api/v1/agents").await.0, 200, "the own sign-in ended too");
    assert_eq!(sign_in_as(&server, PASSWORD, "curl/8").await.0, 401);
    assert_eq!(sign_in_as(&server, NEW, "curl/8").await.0, 200);
}

#[tokio::test]
async fn guessing_the_current_password_is_slowed_down() {
    let server = TestServer::start().await;
    let tom = server.new_user("tom").await;
    let began = Instant::now();
    let mut statuses = Vec::new();
    for _ in 0..6 {
        let body = json!({"current": "a wrong guess", "password": NEW});
        statuses.push(tom.put("/api/v1/password", body).await.0);
    }
    assert!(began.elapsed() < Duration::from_secs(5), "too slow for this test to mean anything");
    assert_eq!(statuses, [422, 422, 422, 422, 422, 429]);
    // The right one has to wait as well; signing in is another matter.
    assert_eq!(tom.put("/api/v1/password", json!({"current": PASSWORD, "password": NEW})).await.0, 429);
    assert_eq!(sign_in_as(&server, PASSWORD, "curl/8").await.0, 200);
}

#[tokio::test]
async fn notifications_are_a_persons_own() {
    let server = TestServer::start().await;
    let tom = server.new_user("tom").await;
    let path = "/api/v1/notifications";
    assert_eq!(tom.get(path).await, (200, json!({"needs_help": false, "completed": false})));
    let wanted = json!({"needs_help": true, "completed": false});
    assert_eq!(tom.put(path, wanted.clone()).await, (200, wanted.clone()));
    assert_eq!(tom.get(path).await, (200, wanted));
    let others = server.sign_in(ADMIN).await.get(path).await;
    assert_eq!(others, (200, json!({"needs_help": false, "completed": false})));
    for (method, path) in [
        (Method::GET, "/sessions"),
        (Method::DELETE, "/sessions"),
        (Method::GET, "/notifications"),
        (Method::PUT, "/password"),
    ] {
        let answer = server.anonymous().send(method, &format!("/api/v1{path}"), Some(json!({}))).await;
        assert_eq!(answer, (401, problem(401, "Unauthorized", "Sign in first.")), "{path}");
    }
}
