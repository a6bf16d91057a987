//! How many requests anybody may send, and who is counted together.

use std::time::Instant;

use app::error::AppError;
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::common::{ADMIN, Client, TestServer};

/// With one request a second in the long run.
const BURST: u64 = 12;

/// A server that lets so little through, believing these proxies.
async fn slow(proxies: &[&str]) -> TestServer {
    TestServer::start_configured(|config| {
        config.requests_per_second = 1;
        config.trusted_proxies = proxies.iter().map(|proxy| proxy.parse().unwrap()).collect();
    })
    .await
}

/// Asks until it is refused: how often there was an answer before, and the refusal.
async fn until_refused(ask: impl AsyncFn(u64) -> Response) -> (u64, Response) {
    let begun = Instant::now();
    for answered in 0..60 {
        let answer = ask(answered).await;
        if answer.status() == 429 {
            // Another one for each second that passed.
            let most = BURST + begun.elapsed().as_secs() + 1;
            assert!(answered <= most, "{answered} requests in {:?}", begun.elapsed());
            return (answered, answer);
        }
    }
    panic!("nothing is ever refused");
}

async fn get(client: &Client, path: &str) -> Response {
    client.request(Method::GET, path).send().await.unwrap()
}

fn seconds(answer: &Response) -> u64 {
    answer.headers()["retry-after"].to_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn an_address_and_a_user_are_counted_apart_and_told_when_to_go_on() {
    let server = slow(&[]).await;
    std::fs::write(server.site().join("robots.txt"), "none").unwrap();
    let (nobody, admin) = (server.anonymous(), server.sign_in(ADMIN).await);
    let draft = json!({"name": "script", "scopes": ["read"]});
    let token = admin.post("/api/v1/tokens", draft).await.1["token"].as_str().unwrap().to_owned();
    let script = Client { token: Some(token), ..nobody.clone() };

    let (answered, refusal) = until_refused(async |_| get(&nobody, "/api/v1/openapi.json").await).await;
    // The sign-in was one more.
    assert!(answered >= BURST - 1, "{answered}");
    assert_eq!(refusal.headers()["content-type"], "application/problem+json");
    let wait = seconds(&refusal);
    assert_eq!(wait, 1);
    let detail = format!("Too many attempts; try again in {wait} seconds.");
    let expected =
        json!({"type": "about:blank", "title": "Too Many Requests", "status": 429, "detail": detail});
    assert_eq!(refusal.json::<Value>().await.unwrap(), expected);

    // A made-up token or another claimed address is no way around.
    let forged = Client { token: Some("autocode_pat_made-up".to_owned()), ..nobody.clone() };
    assert!(until_refused(async |_| get(&forged, "/api/v1/agents").await).await.0 < BURST / 2);
    let claims = async |n: u64| {
        let request =
            nobody.request(Method::GET, "/login").header("x-forwarded-for", format!("198.51.100.{n}"));
        request.send().await.unwrap()
    };
    assert!(until_refused(claims).await.0 < BURST / 2);
    // Pages' scripts are answered as they understand it.
    let function = async |_| nobody.request(Method::POST, "/fn/load_notice").send().await.unwrap();
    let (_, refusal) = until_refused(function).await;
    let wait = seconds(&refusal);
    assert_eq!(refusal.json::<AppError>().await.unwrap(), AppError::TooManyRequests(wait));

    // Files and health are for everybody, and who is signed in has requests of their own, a script's included.
    for path in ["/healthz", "/readyz", "/metrics", "/robots.txt"] {
        for _ in 0..2 * BURST {
            assert_eq!(get(&nobody, path).await.status(), 200, "{path}");
        }
    }
    let shared =
        async |n: u64| get(if n.is_multiple_of(2) { &admin } else { &script }, "/api/v1/agents").await;
    let (both, _) = until_refused(shared).await;
    // Making the token was one more.
    assert!(both >= BURST - 1, "{both}");
    assert!(until_refused(async |_| get(&admin, "/api/v1/agents").await).await.0 < BURST / 2);
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_client_is_counted() {
    let server = slow(&["127.0.0.1"]).await;
    let nobody = server.anonymous();
    let from = async |address: &str| {
        let request = nobody.request(Method::GET, "/login").header("x-forwarded-for", address);
        request.send().await.unwrap()
    };
    until_refused(async |_| from("203.0.113.7").await).await;
    assert_eq!(from("203.0.113.8").await.status(), 200);
    // Whoever has one IPv6 address has its /64.
    until_refused(async |n| from(&format!("2001:db8::{n:x}")).await).await;
}
