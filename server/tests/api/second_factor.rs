//! The second factor: switched on, asked for at sign-in, removed, and after a change of the master key.

use app::model::UserId;
use reqwest::Method;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use server::{
    crypto::{ApiKeyCipher, KeySlot, MasterKey},
    db,
};
use totp_rs::{Builder, Secret};

use crate::{
    common::{ADMIN, Client, PASSWORD, TestServer, problem},
    operations::{autocode, done},
};

pub const FACTOR: &str = "/api/v1/account/second-factor";
const STEP: i64 = 30;

fn now() -> i64 {
    db::now_ms() / 1000
}

/// The code that an app shows so many steps from now.
fn code(secret: &str, steps: i64) -> String {
    let secret = Secret::try_from_base32(secret).unwrap();
    let totp = Builder::new().with_secret(secret).build().unwrap();
    totp.generate(u64::try_from(now() + steps * STEP).unwrap()).to_string()
}

/// A code of six digits that is not valid now.
fn wrong(secret: &str) -> String {
    let valid: Vec<_> = (-2..=2).map(|steps| code(secret, steps)).collect();
    (0..).map(|n| format!("{n:06}")).find(|code| !valid.contains(code)).unwrap()
}

/// Lets the steps that were used count as not used, as if time had passed.
async fn forget_steps(server: &TestServer) {
    let db = server.database().await;
    let mut tx = db.begin().await.unwrap();
    sqlx::query("update second_factors set last_step = 0").execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
}

/// Switches a person's second factor on; returns its secret and the recovery codes.
pub async fn switch_on(client: &Client) -> (String, Vec<String>) {
    let (status, setup) = client.post(FACTOR, Value::Null).await;
    assert_eq!(status, 201, "{setup}");
    let secret = setup["secret"].as_str().unwrap().to_owned();
    let body = json!({"code": code(&secret, -1)});
    let (status, made) = client.post(&format!("{FACTOR}/confirm"), body).await;
    assert_eq!(status, 200, "{made}");
    let codes = made["codes"].as_array().unwrap().iter().map(|code| code.as_str().unwrap().to_owned());
    (secret, codes.collect())
}

async fn sign_in(server: &TestServer, name: &str, code: Option<&str>) -> (u16, Value) {
    let body = json!({"username": name, "password": PASSWORD, "code": code});
    server.anonymous().post("/api/v1/auth/login", body).await
}

async fn audited(server: &TestServer, action: &str) -> usize {
    let (_, events) = server.sign_in(ADMIN).await.get("/api/v1/audit?limit=200").await;
    events.as_array().unwrap().iter().filter(|event| event["action"] == action).count()
}

fn wanted(answer: &(u16, Value)) -> bool {
    let kind = "urn:autocode:problem:second_factor_required";
    answer.0 == 401 && answer.1["type"] == kind && answer.1["title"] == "Unauthorized"
}

#[tokio::test]
async fn a_code_is_wanted_once_the_first_was_confirmed_and_each_step_works_once() {
    let server = TestServer::start().await;
    let tom = server.new_user("tom").await;
    let off = json!({"on": false, "required": false, "recovery_codes_left": 0, "lost": false});
    assert_eq!(tom.get(FACTOR).await, (200, off.clone()));
    let (status, setup) = tom.post(FACTOR, Value::Null).await;
    assert_eq!(status, 201, "{setup}");
    let secret = setup["secret"].as_str().unwrap();
    assert!(setup["url"].as_str().unwrap().starts_with("otpauth://totp/AutoCode:tom?"), "{setup}");
    assert!(setup["qr"]["path"].as_str().unwrap().starts_with("M0 0"), "{setup}");
    assert_eq!(sign_in(&server, "tom", None).await.0, 200, "not confirmed yet");
    let confirm = async |code: &str| tom.post(&format!("{FACTOR}/confirm"), json!({"code": code})).await;
    let (status, refused) = confirm(&wrong(secret)).await;
    assert_eq!((status, &refused["errors"][0]["field"]), (422, &json!("code")));
    assert_eq!(tom.get(FACTOR).await.1, off);
    let (status, made) = confirm(&code(secret, -1)).await;
    assert_eq!((status, made["codes"].as_array().unwrap().len()), (200, 10), "{made}");
    assert_eq!(tom.get(FACTOR).await.1["recovery_codes_left"], 10);
    assert_eq!(tom.post(FACTOR, Value::Null).await.0, 409, "on already");
    assert_eq!(confirm(&code(secret, 0)).await.0, 409);

    let missing = sign_in(&server, "tom", None).await;
    assert!(wanted(&missing), "{missing:?}");
    let used = sign_in(&server, "tom", Some(&code(secret, -1))).await;
    assert!(wanted(&used), "the step of the confirmation was used again: {used:?}");
    let spaced = format!("{} {}", &code(secret, 0)[..3], &code(secret, 0)[3..]);
    assert_eq!(sign_in(&server, "tom", Some(&spaced)).await.0, 200);
    let again = sign_in(&server, "tom", Some(&code(secret, 0))).await;
    assert_eq!(again, used, "a used code is told apart from a wrong one");
    assert_eq!(sign_in(&server, "tom", Some(&wrong(secret))).await, used);
    let bad = json!({"username": "tom", "password": "not it", "code": code(secret, 1)});
    let refused = (401, problem(401, "Unauthorized", "Wrong username or password."));
    assert_eq!(server.anonymous().post("/api/v1/auth/login", bad).await, refused);
    assert_eq!(audited(&server, "second_factor_on").await, 1);
    assert_eq!(audited(&server, "wrong_code").await, 3);

    assert_eq!(tom.delete(FACTOR).await.0, 204);
    assert_eq!(tom.delete(FACTOR).await.0, 404);
    assert_eq!(sign_in(&server, "tom", None).await.0, 200);
    assert_eq!(audited(&server, "second_factor_off").await, 1);
}

#[tokio::test]
async fn changing_it_wants_the_password_and_no_script_may() {
    let server = TestServer::start().await;
    let tom = server.new_user("tom").await;
    let draft = json!({"name": "script", "scopes": ["read", "write"]});
    let token = tom.post("/api/v1/tokens", draft).await.1["token"].as_str().unwrap().to_owned();
    let script = Client { token: Some(token), ..tom.clone() };
    for method in [Method::GET, Method::POST, Method::DELETE] {
        assert_eq!(script.send(method, FACTOR, None).await.0, 403);
    }
    let forget = async || {
        let db = server.database().await;
        let mut tx = db.begin().await.unwrap();
        sqlx::query("update sessions set confirmed_at = 0").execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
    };
    let kind = json!("urn:autocode:problem:step_up_required");
    forget().await;
    assert_eq!(tom.post(FACTOR, Value::Null).await.1["type"], kind);
    assert_eq!(tom.post("/api/v1/auth/step-up", json!({"password": PASSWORD})).await.0, 200);
    switch_on(&tom).await;
    forget().await;
    assert_eq!(tom.delete(FACTOR).await.1["type"], kind);
    assert_eq!(tom.post(&format!("{FACTOR}/recovery-codes"), Value::Null).await.1["type"], kind);
    assert_eq!(tom.get(FACTOR).await.1["on"], true);
}

#[tokio::test]
async fn wrong_codes_are_slowed_down_and_a_right_password_forgives_none() {
    let server = TestServer::start().await;
    let tom = server.new_user("tom").await;
    let (secret, _) = switch_on(&tom).await;
    let mut statuses = Vec::new();
    for attempt in 0..6 {
        let code = (attempt % 2 == 0).then(|| wrong(&secret));
        statuses.push(sign_in(&server, "tom", code.as_deref()).await.0);
    }
    assert_eq!(statuses, [401, 401, 401, 401, 401, 429]);
    assert_eq!(audited(&server, "wrong_code").await, 3, "asking for the code is none");
}

#[tokio::test]
async fn recovery_codes_work_once_and_new_ones_replace_them() {
    let server = TestServer::start().await;
    let tom = server.new_user("tom").await;
    let (_, codes) = switch_on(&tom).await;
    assert_eq!(sign_in(&server, "tom", Some(&codes[0])).await.0, 200);
    let again = sign_in(&server, "tom", Some(&codes[0])).await;
    assert!(wanted(&again), "{again:?}");
    let bare = codes[1].replace('-', "");
    assert_eq!(sign_in(&server, "tom", Some(&bare)).await.0, 200, "hyphens do not matter");
    assert_eq!(tom.get(FACTOR).await.1["recovery_codes_left"], 8);
    assert_eq!(audited(&server, "recovery_code_used").await, 2);
    let db = server.database().await;
    let stored: Vec<Vec<u8>> =
        sqlx::query_scalar("select code_hash from recovery_codes").fetch_all(db.reader()).await.unwrap();
    assert!(stored.iter().all(|hash| hash.len() == 32), "something else than hashes is stored");

    let (status, made) = tom.post(&format!("{FACTOR}/recovery-codes"), Value::Null).await;
    assert_eq!((status, made["codes"].as_array().unwrap().len()), (201, 10), "{made}");
    assert!(wanted(&sign_in(&server, "tom", Some(&codes[2])).await), "an earlier one still works");
    assert_eq!(sign_in(&server, "tom", made["codes"][0].as_str()).await.0, 200);
    // Another person's code opens nothing.
    let eve = server.new_user("eve").await;
    let (_, foreign) = switch_on(&eve).await;
    assert!(wanted(&sign_in(&server, "tom", Some(&foreign[0])).await));
}

#[tokio::test]
async fn an_admin_removes_it_and_the_sessions_end() {
    let server = TestServer::start().await;
    let (boss, tom) = (server.sign_in(ADMIN).await, server.new_user("tom").await);
    assert_eq!(boss.delete("/api/v1/users/2/second-factor").await.0, 404);
    switch_on(&tom).await;
    let listed = async |user: usize| boss.get("/api/v1/users").await.1[user]["second_factor"].clone();
    assert_eq!((listed(0).await, listed(1).await), (json!(false), json!(true)));
    assert_eq!(tom.delete("/api/v1/users/2/second-factor").await.0, 403);
    assert_eq!(boss.delete("/api/v1/users/1/second-factor").await.0, 409, "the own one");
    assert_eq!(boss.delete("/api/v1/users/2/second-factor").await.0, 204);
    assert_eq!(tom.get(FACTOR).await.0, 401, "the session goes on");
    assert_eq!(sign_in(&server, "tom", None).await.0, 200);
    assert_eq!(audited(&server, "second_factor_removed").await, 1);
}

#[tokio::test]
async fn a_rotated_master_key_opens_it_and_a_lost_one_leaves_recovery_codes() {
    let mut server = TestServer::start().await;
    let tom = server.new_user("tom").await;
    let (secret, codes) = switch_on(&tom).await;
    server.stop().await;
    let text = done(&mut autocode(&server.data(), &["rotate-key"]));
    assert!(text.contains("and 1 secrets of second factors"), "{text}");
    let key = server.data().join("master.key");
    let cipher = ApiKeyCipher::new(&MasterKey::load(&key).unwrap());
    let db = server.database().await;
    let stored = db::second_factors::find(db.reader(), UserId(2)).await.unwrap().unwrap();
    db.close().await;
    let opened: SecretString =
        cipher.open(UserId(2), KeySlot::SecondFactor, &stored.encrypted_secret).unwrap();
    assert_eq!(opened.expose_secret(), secret);
    let mut server = server.restart().await;
    assert_eq!(sign_in(&server, "tom", Some(&code(&secret, 0))).await.0, 200);

    server.stop().await;
    std::fs::remove_file(&key).unwrap();
    let server = server.restart().await;
    forget_steps(&server).await;
    let lost = sign_in(&server, "tom", Some(&code(&secret, 0))).await;
    let says = lost.1["detail"].as_str().unwrap();
    assert!(wanted(&lost) && says.contains("recovery codes") && says.contains("ask an admin"), "{lost:?}");
    let (status, answer) = sign_in(&server, "tom", Some(&codes[0])).await;
    assert_eq!(status, 200, "{answer}");
    let token = answer["access_token"].as_str().unwrap().to_owned();
    let tom = Client { token: Some(token), ..server.anonymous() };
    assert_eq!(tom.get(FACTOR).await.1["lost"], true);
    assert_eq!(tom.delete(FACTOR).await.0, 204);
    let (secret, _) = switch_on(&tom).await;
    assert_eq!(sign_in(&server, "tom", Some(&code(&secret, 0))).await.0, 200);
}
