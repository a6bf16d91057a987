//! No secret is ever logged: a whole run at the finest level, read for every secret that was used in it.

use std::collections::BTreeMap;

use autocode_runner::protocol::Request;
use futures::SinkExt as _;
use reqwest::Method;
use serde_json::json;
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Message, client::IntoClientRequest as _},
};

use crate::{
    common::{Client, PASSWORD},
    fake_runner::FakeRunner,
    process::Process,
};

const NEW_PASSWORD: &str = "quite another passphrase";
const WRONG_PASSWORD: &str = "a wrong passphrase typed";
const IN_THE_NAME_FIELD: &str = "my password in the wrong field";
const API_KEY: &str = "sk-ant-api03-never-in-a-log";
const TYPED: &str = "typed-in-a-terminal-9f3b";

/// The part behind `#` of a one-time link in an answer.
fn link_token(answer: &serde_json::Value) -> String {
    answer["link"].as_str().unwrap().split_once('#').unwrap().1.to_owned()
}

#[tokio::test]
async fn a_run_at_the_finest_level_logs_no_secret() {
    let mut secrets = BTreeMap::from([
        ("password", PASSWORD.to_owned()),
        ("new password", NEW_PASSWORD.to_owned()),
        ("wrong password", WRONG_PASSWORD.to_owned()),
        ("password in the field for the name", IN_THE_NAME_FIELD.to_owned()),
        ("API key", API_KEY.to_owned()),
        ("keystrokes", TYPED.to_owned()),
    ]);
    let mut process = Process::new("trace");
    process.start_again().await;
    let said = process.said();
    let token =
        said.split_once("/setup#").expect("no link for the set-up").1.split_whitespace().next().unwrap();
    secrets.insert("set-up token", token.to_owned());

    // A browser: set-up, and what it gets as cookies.
    let guest = process.anonymous();
    let form = format!("token={token}&username=boss&password={}", PASSWORD.replace(' ', "+"));
    let made = guest.request(Method::POST, "/fn/setup").header("origin", &guest.base);
    let made =
        made.header("content-type", "application/x-www-form-urlencoded").body(form).send().await.unwrap();
    let cookies: Vec<_> =
        made.headers().get_all("set-cookie").iter().map(|c| c.to_str().unwrap().to_owned()).collect();
    let value = |cookie: &String| cookie.split_once('=').unwrap().1.split(';').next().unwrap().to_owned();
    assert_eq!(cookies.len(), 2, "{}", made.status());
    secrets.insert("access cookie", value(&cookies[0]));
    secrets.insert("refresh cookie", value(&cookies[1]));
    let cookie: Vec<_> = cookies.iter().map(|c| c.split(';').next().unwrap()).collect();
    let seen = guest
        .request(Method::GET, "/api/v1/agents")
        .header("cookie", cookie.join("; "))
        .send()
        .await
        .unwrap();
    assert_eq!(seen.status().as_u16(), 200);

    // A program: sign-in with right and wrong words, renewal, the password again and a new one.
    for (name, password) in [("boss", WRONG_PASSWORD), (IN_THE_NAME_FIELD, WRONG_PASSWORD)] {
        let refused = guest.post("/api/v1/auth/login", json!({"username": name, "password": password})).await;
        assert_eq!(refused.0, 401);
    }
    let (_, tokens) =
        guest.post("/api/v1/auth/login", json!({"username": "boss", "password": PASSWORD})).await;
    let (_, renewed) =
        guest.post("/api/v1/auth/refresh", json!({"refresh_token": tokens["refresh_token"]})).await;
    for (name, answer) in [("", &tokens), ("renewed ", &renewed)] {
        for kind in ["access_token", "refresh_token"] {
            let name: &'static str = Box::leak(format!("{name}{kind}").into_boxed_str());
            secrets.insert(name, answer[kind].as_str().unwrap().to_owned());
        }
    }
    let boss = Client { token: renewed["access_token"].as_str().map(str::to_owned), ..guest.clone() };
    assert_eq!(boss.post("/api/v1/auth/step-up", json!({"password": WRONG_PASSWORD})).await.0, 422);
    assert_eq!(boss.post("/api/v1/auth/step-up", json!({"password": PASSWORD})).await.0, 200);
    assert_eq!(boss.put("/api/v1/api-keys/anthropic", json!({"key": API_KEY})).await.0, 200);
    let change = json!({"current": PASSWORD, "password": NEW_PASSWORD});
    assert_eq!(boss.put("/api/v1/password", change).await.0, 204);

    // One-time links.
    let (_, invite) = boss.post("/api/v1/invites", json!({})).await;
    let (_, reset) = boss.post("/api/v1/users/1/reset-link", json!({})).await;
    let (invite, reset) = (link_token(&invite), link_token(&reset));
    let accept = json!({"token": invite, "username": "tom", "password": PASSWORD});
    assert_eq!(guest.post("/api/v1/invites/accept", accept).await.0, 201);
    secrets.insert("invitation", invite);
    secrets.insert("reset link", reset);

    // A run: the instance's token, used at the gateway; and what is typed into a socket.
    let tom = process.sign_in("tom").await;
    let mut runner = FakeRunner::listen_in(&process.path("run/tom"));
    let agent = tom.new_agent("Builder").await;
    tom.new_project(agent, "Shop").await;
    assert_eq!(tom.post("/api/v1/projects/1/start", json!({})).await.0, 202);
    let Request::StartInstance(order) = runner.next().await else { panic!("not a start") };
    let token = secrecy::ExposeSecret::expose_secret(&order.gateway_token).to_owned();
    let call = guest.request(Method::POST, "/gateway/demo/v1/messages").header("x-api-key", &token);
    let body = json!({"model": "builder", "max_tokens": 8, "messages": [{"role": "user", "content": "Hi"}]});
    let answered = call.json(&body).send().await.unwrap().status().as_u16();
    assert_eq!(answered, 200, "the gateway does not know the token");
    secrets.insert("instance token", token);
    let mut request =
        format!("{}/ws/live", tom.base.replace("http://", "ws://")).into_client_request().unwrap();
    let bearer = format!("Bearer {}", tom.token.as_deref().unwrap());
    request.headers_mut().insert("authorization", bearer.parse().unwrap());
    let (mut socket, _) = connect_async(request).await.unwrap();
    socket.send(Message::text(TYPED)).await.unwrap();
    socket.send(Message::binary(TYPED.as_bytes())).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;

    let master = std::fs::read_to_string(process.path("data/master.key")).unwrap();
    secrets.insert("master key", master.trim().to_owned());
    process.kill();
    let log = process.log();
    assert!(log.contains("TRACE") && log.len() > 50_000, "the log is not a whole one: {} bytes", log.len());
    let mut leaked = Vec::new();
    for (name, secret) in &secrets {
        let encoded = secret.replace(' ', "+");
        let hex: String = secret.bytes().map(|b| format!("{b:02x}")).collect();
        let list = format!("{:?}", secret.as_bytes());
        let list = list.trim_matches(['[', ']']);
        if let Some(line) =
            log.lines().find(|l| [secret, &encoded, &hex, list].iter().any(|s| l.contains(*s)))
        {
            leaked.push(format!("{name}: {}", line.chars().take(300).collect::<String>()));
        }
    }
    println!("{} secrets looked for in {} bytes of log", secrets.len(), log.len());
    assert!(leaked.is_empty(), "{}", leaked.join("\n"));
}
