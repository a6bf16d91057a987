//! Sign-in with tokens: rotation, reuse, expiry, guessing.

use std::time::Duration;

use app::model::UserId;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use server::{auth::token::TokenKeys, crypto::MasterKey, db::now_ms};

use crate::common::{ADMIN, Client, PASSWORD, TestServer, problem, unauthorized};

async fn tokens(client: &Client) -> (String, String) {
    let (status, answer) =
        client.post("/api/v1/auth/login", json!({"username": ADMIN, "password": PASSWORD})).await;
    assert_eq!((status, &answer["token_type"], &answer["expires_in"]), (200, &json!("Bearer"), &json!(900)));
    pair(&answer)
}

fn pair(answer: &Value) -> (String, String) {
    let text =
        |name: &str| answer[name].as_str().unwrap_or_else(|| panic!("no {name} in {answer}")).to_owned();
    (text("access_token"), text("refresh_token"))
}

async fn refresh(client: &Client, token: &str) -> (u16, Value) {
    client.post("/api/v1/auth/refresh", json!({"refresh_token": token})).await
}

async fn age_rotation(server: &TestServer) {
    let db = server.database().await;
    let mut tx = db.begin().await.unwrap();
    sqlx::query("update sessions set rotated_at = rotated_at - 11000").execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn refresh_tokens_rotate_and_reuse_ends_the_session() {
    let server = TestServer::start().await;
    let mut client = server.anonymous();
    let (first_access, first_refresh) = tokens(&client).await;
    let (status, answer) = refresh(&client, &first_refresh).await;
    assert_eq!(status, 200, "{answer}");
    let (second_access, second_refresh) = pair(&answer);
    assert_ne!(first_refresh, second_refresh);
    for access in [&first_access, &second_access] {
        client.token = Some(access.clone());
        assert_eq!(client.get("/api/v1/agents").await, (200, json!([])));
    }

    // A lost answer is asked for again within the grace period; later it is theft.
    let (status, answer) = refresh(&client, &first_refresh).await;
    assert_eq!(status, 200, "{answer}");
    let (_, third_refresh) = pair(&answer);
    age_rotation(&server).await;
    assert_eq!(refresh(&client, &second_refresh).await, unauthorized());
    assert_eq!(refresh(&client, &third_refresh).await, unauthorized());
    assert_eq!(client.get("/api/v1/agents").await, unauthorized());
}

#[tokio::test]
async fn a_token_ends_with_its_time_its_session_or_its_server() {
    let server = TestServer::start().await;
    let mut client = server.sign_in(ADMIN).await;
    let db = server.database().await;
    let session: String = sqlx::query_scalar("select id from sessions").fetch_one(db.reader()).await.unwrap();
    let keys = TokenKeys::new(&MasterKey::load(&server.data().join("master.key")).unwrap());
    let token = |made: i64| Some(keys.issue(UserId(1), &session, made).unwrap().expose_secret().to_owned());
    let now = now_ms() / 1000;

    client.token = token(now);
    assert_eq!(client.get("/api/v1/agents").await.0, 200);
    client.token = token(now - 901);
    assert_eq!(client.get("/api/v1/agents").await, unauthorized());
    client.token = Some(keys.issue(UserId(1), "no such session", now).unwrap().expose_secret().to_owned());
    assert_eq!(client.get("/api/v1/agents").await, unauthorized());
    client.token = Some(keys.issue(UserId(2), &session, now).unwrap().expose_secret().to_owned());
    assert_eq!(client.get("/api/v1/agents").await, unauthorized());
    client.token = None;
    assert_eq!(client.get("/api/v1/agents").await, unauthorized());

    // Tokens survive a restart of the server.
    client.token = token(now);
    let server = server.restart().await;
    client.base = format!("http://{}", server.addr);
    assert_eq!(client.get("/api/v1/agents").await.0, 200);
}

#[tokio::test]
async fn signing_out_ends_the_session() {
    let server = TestServer::start().await;
    let mut client = server.anonymous();
    let (access, refresh_token) = tokens(&client).await;
    client.token = Some(access);
    let out = client.post("/api/v1/auth/logout", json!({"refresh_token": refresh_token})).await;
    assert_eq!(out, (204, Value::Null));
    assert_eq!(client.get("/api/v1/agents").await, unauthorized());
    assert_eq!(refresh(&client, &refresh_token).await, unauthorized());
}

#[tokio::test]
async fn wrong_names_and_passwords_look_alike_and_guessing_is_slowed_down() {
    let server = TestServer::start().await;
    let client = server.anonymous();
    let refused = (401, problem(401, "Unauthorized", "Wrong username or password."));
    let attempt = async |username: &str| {
        client.post("/api/v1/auth/login", json!({"username": username, "password": "wrong password"})).await
    };
    for name in ["nobody", "NOT A NAME", ""] {
        assert_eq!(attempt(name).await, refused);
    }
    for _ in 0..5 {
        assert_eq!(attempt(ADMIN).await, refused);
    }
    let body = json!({"username": ADMIN, "password": PASSWORD});
    let answer =
        client.request(reqwest::Method::POST, "/api/v1/auth/login").json(&body).send().await.unwrap();
    let wait = answer.headers().get("retry-after").unwrap().to_str().unwrap().parse::<u64>().unwrap();
    assert_eq!((answer.status().as_u16(), (1..=6).contains(&wait)), (429, true), "wait {wait}");
    tokio::time::sleep(Duration::from_secs(wait)).await;
    assert_eq!(client.post("/api/v1/auth/login", body).await.0, 200);
}
