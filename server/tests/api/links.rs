//! One-time links: an invitation makes an account, a reset link a new password, each once and not for ever.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::common::{ADMIN, Client, PASSWORD, TestServer, not_found, unauthorized};

const NEW: &str = "another long passphrase";

fn token(answer: &Value) -> String {
    answer["link"].as_str().unwrap().split_once('#').unwrap().1.to_owned()
}

async fn accept(client: &Client, token: &str, username: &str, password: &str) -> (u16, Value) {
    let body = json!({"token": token, "username": username, "password": password});
    client.post("/api/v1/invites/accept", body).await
}

#[tokio::test]
async fn an_invitation_makes_one_account() {
    let server = TestServer::start().await;
    let (admin, guest) = (server.sign_in(ADMIN).await, server.anonymous());
    let (status, link) = admin.post("/api/v1/invites", Value::Null).await;
    assert_eq!((status, &link["username"]), (201, &Value::Null));
    let token = token(&link);
    assert_eq!(link["link"], format!("/invite#{token}"));
    let (_, open) = admin.get("/api/v1/invites").await;
    let open = open.as_array().unwrap();
    assert_eq!((open.len(), &open[0]["created_by"]), (1, &json!(ADMIN)));

    // Only its hash is stored.
    let db = server.database().await;
    let stored: Vec<u8> =
        sqlx::query_scalar("select token_hash from account_links").fetch_one(db.reader()).await.unwrap();
    assert_eq!(stored, Sha256::digest(&token)[..]);

    let (status, answer) = accept(&guest, "guess", "tom", PASSWORD).await;
    assert_eq!((status, &answer["errors"][0]["field"]), (422, &json!("token")));
    // What is wrong with the rest does not use it up.
    let (status, answer) = accept(&guest, &token, "tom", "short").await;
    assert_eq!((status, &answer["errors"][0]["field"]), (422, &json!("password")));
    assert_eq!(accept(&guest, &token, ADMIN, PASSWORD).await.0, 409);
    let (status, user) = accept(&guest, &token, "tom", PASSWORD).await;
    assert_eq!((status, &user["username"], &user["role"]), (201, &json!("tom"), &json!("user")));
    assert!(server.data().join("users/tom/projects").is_dir());
    assert_eq!(server.sign_in("tom").await.get("/api/v1/agents").await.0, 200);
    assert_eq!(accept(&guest, &token, "tim", PASSWORD).await.0, 422, "it worked twice");
    assert_eq!(admin.get("/api/v1/invites").await.1, json!([]));
}

#[tokio::test]
async fn a_link_ends_by_time_and_by_an_admin() {
    let server = TestServer::start().await;
    let (admin, guest) = (server.sign_in(ADMIN).await, server.anonymous());
    let mut tokens = Vec::new();
    for _ in 0..2 {
        tokens.push(token(&admin.post("/api/v1/invites", Value::Null).await.1));
    }
    let db = server.database().await;
    let lifetime: i64 = sqlx::query_scalar("select min(expires_at - created_at) from account_links")
        .fetch_one(db.reader())
        .await
        .unwrap();
    assert_eq!(lifetime, 72 * 3600 * 1000);
    let mut tx = db.begin().await.unwrap();
    sqlx::query("update account_links set expires_at = 1 where id = 1").execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(accept(&guest, &tokens[0], "tom", PASSWORD).await.0, 422);
    assert_eq!(admin.delete("/api/v1/invites/2").await, (204, Value::Null));
    assert_eq!(admin.delete("/api/v1/invites/2").await, not_found());
    assert_eq!(accept(&guest, &tokens[1], "tom", PASSWORD).await.0, 422);
}

#[tokio::test]
async fn a_reset_link_sets_a_new_password_once() {
    let server = TestServer::start().await;
    let (admin, guest) = (server.sign_in(ADMIN).await, server.anonymous());
    let tom = server.new_user("tom").await;
    let reset = async |token: &str| {
        guest.post("/api/v1/password-resets", json!({"token": token, "password": NEW})).await
    };
    let first = token(&admin.post("/api/v1/users/2/reset-link", Value::Null).await.1);
    let (status, link) = admin.post("/api/v1/users/2/reset-link", Value::Null).await;
    assert_eq!((status, &link["username"]), (201, &json!("tom")));
    assert_eq!(reset(&first).await.0, 422, "an earlier link still works");
    assert_eq!(accept(&guest, &token(&link), "tim", NEW).await.0, 422, "a reset link made an account");
    let invite = token(&admin.post("/api/v1/invites", Value::Null).await.1);
    assert_eq!(reset(&invite).await.0, 422, "an invitation reset a password");

    assert_eq!(tom.get("/api/v1/agents").await.0, 200);
    let (status, user) = reset(&token(&link)).await;
    assert_eq!((status, &user["username"]), (200, &json!("tom")));
    assert_eq!(tom.get("/api/v1/agents").await, unauthorized());
    let login = |password| guest.post("/api/v1/auth/login", json!({"username": "tom", "password": password}));
    assert_eq!((login(PASSWORD).await.0, login(NEW).await.0), (401, 200));
    assert_eq!(reset(&token(&link)).await.0, 422, "it worked twice");
    assert_eq!(admin.post("/api/v1/users/99/reset-link", Value::Null).await, not_found());
}
