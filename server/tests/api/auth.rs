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

/// Tokens of a new sign-in, and a client with its access token.
async fn signed_in(server: &TestServer) -> (Client, String) {
    let mut client = server.anonymous();
    let (access, refresh) = tokens(&client).await;
    client.token = Some(access);
    (client, refresh)
}

#[tokio::test]
async fn two_that_renew_at_once_get_the_same_successor() {
    let server = TestServer::start().await;
    let (client, first) = signed_in(&server).await;
    let (one, two) = tokio::join!(refresh(&client, &first), refresh(&client, &first));
    assert_eq!((one.0, two.0), (200, 200), "{one:?} {two:?}");
    let ((_, second), (_, also_second)) = (pair(&one.1), pair(&two.1));
    assert_eq!(second, also_second);
    assert_ne!(first, second);
    // Whoever of them comes next does not end the other's sign-in, also after the grace period.
    age_rotation(&server).await;
    let (status, answer) = refresh(&client, &second).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(client.get("/api/v1/agents").await, (200, json!([])));
}

#[tokio::test]
async fn a_replaced_token_ends_the_sign_in_however_old_it_is() {
    let server = TestServer::start().await;
    for rotations in [1, 2, 5] {
        let (client, first) = signed_in(&server).await;
        let mut last = first.clone();
        for _ in 0..rotations {
            last = pair(&refresh(&client, &last).await.1).1;
        }
        age_rotation(&server).await;
        assert_eq!(refresh(&client, &first).await, unauthorized(), "after {rotations}");
        assert_eq!(refresh(&client, &last).await, unauthorized(), "the thief's token is still good");
        assert_eq!(client.get("/api/v1/agents").await, unauthorized(), "the access token is still good");
    }
    let (_, events) = server.sign_in(ADMIN).await.get("/api/v1/audit").await;
    let reused = events.as_array().unwrap().iter().filter(|e| e["action"] == "refresh_token_reused");
    assert_eq!(reused.count(), 3, "{events}");
    // A token that nobody was given ends nothing.
    let (client, good) = signed_in(&server).await;
    let forged = good.replace(".0.", ".1.");
    assert_eq!(refresh(&client, &forged).await, unauthorized());
    assert_eq!(refresh(&client, &good).await.0, 200);
}

#[tokio::test]
async fn a_sign_in_lasts_ninety_days_at_most() {
    let server = TestServer::start().await;
    let (client, first) = signed_in(&server).await;
    let db = server.database().await;
    let age = async |days: i64| {
        let mut tx = db.begin().await.unwrap();
        let query =
            sqlx::query("update sessions set created_at = created_at - ?").bind(days * 24 * 3_600_000);
        query.execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
    };
    age(89).await;
    let second = pair(&refresh(&client, &first).await.1).1;
    let left: i64 =
        sqlx::query_scalar("select max(expires_at) from sessions").fetch_one(db.reader()).await.unwrap();
    assert!(left < now_ms() + 25 * 3_600_000, "the use of a sign-in made it longer than 90 days");
    age(1).await;
    assert_eq!(refresh(&client, &second).await, unauthorized());
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
