//! Testing a stored key: a real request to the provider, and no part of the key in any answer.

use std::sync::{Arc, Mutex, PoisonError};

use axum::{Router, extract::State, http::HeaderMap};
use http::{StatusCode, Uri};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::common::{TestServer, not_found};

const KEY: &str = "sk-test-very-secret-5678";

type Seen = Arc<Mutex<Vec<(String, Option<String>)>>>;

/// A provider that knows one key, and whose path says how it is at the moment.
async fn provider(State(seen): State<Seen>, uri: Uri, headers: HeaderMap) -> StatusCode {
    let text =
        |name: &str| headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let key = text("x-api-key").or_else(|| text("authorization"));
    let known = key.as_deref().is_some_and(|key| key.ends_with(KEY));
    seen.lock().unwrap_or_else(PoisonError::into_inner).push((uri.to_string(), key));
    match uri.path().split('/').nth(1) {
        Some("broken") => StatusCode::INTERNAL_SERVER_ERROR,
        Some("busy") => StatusCode::TOO_MANY_REQUESTS,
        _ if known => StatusCode::OK,
        _ => StatusCode::UNAUTHORIZED,
    }
}

#[tokio::test]
async fn a_key_is_tested_at_its_provider() {
    let seen = Seen::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let upstream = Router::new().fallback(provider).with_state(seen.clone());
    tokio::spawn(async move { axum::serve(listener, upstream).await.unwrap() });
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody_there = nobody.local_addr().unwrap();
    drop(nobody);
    let server = TestServer::start_with_upstreams(&[
        ("anthropic", format!("http://{address}/fine")),
        ("openai", format!("http://{address}/broken")),
        ("openrouter", format!("http://{address}/fine")),
        ("gemini", format!("http://{address}/busy")),
        ("ollama", format!("http://{nobody_there}")),
    ])
    .await;
    let tom = server.new_user("tom").await;
    let test = async |provider: &str| tom.post(&format!("/api/v1/api-keys/{provider}/test"), json!({})).await;
    assert_eq!(test("anthropic").await, not_found(), "there is no key yet");
    for (provider, key) in [
        ("anthropic", KEY),
        ("openai", KEY),
        ("openrouter", "sk-or-another-4321"),
        ("gemini", KEY),
        ("ollama", KEY),
    ] {
        assert_eq!(tom.put(&format!("/api/v1/api-keys/{provider}"), json!({"key": key})).await.0, 200);
    }
    let answer = |outcome: &str, detail: &str| (200, json!({"outcome": outcome, "detail": detail}));
    assert_eq!(test("anthropic").await, answer("valid", "The provider accepts the key."));
    assert_eq!(test("openrouter").await, answer("refused", "The provider refuses the key (status 401)."));
    let limited = "The provider knows the key, but a limit of it is reached at the moment.";
    assert_eq!(test("gemini").await, answer("valid", limited));
    let broken = "The key could not be tested: openai answered with status 500.";
    assert_eq!(test("openai").await, answer("unreachable", broken));
    let (status, ollama) = test("ollama").await;
    assert_eq!((status, &ollama["outcome"]), (200, &json!("unreachable")), "{ollama}");

    let calls = seen.lock().unwrap().clone();
    let calls: Vec<_> = calls.iter().map(|(uri, key)| (uri.as_str(), key.as_deref().unwrap())).collect();
    let bearer = format!("Bearer {KEY}");
    assert_eq!(
        calls,
        [
            ("/fine/v1/models", KEY),
            ("/fine/v1/key", "Bearer sk-or-another-4321"),
            ("/busy/models", &bearer),
            ("/broken/v1/models", &bearer),
        ]
    );
    // Somebody else's key is not there.
    let eve = server.new_user("eve").await;
    assert_eq!(eve.post("/api/v1/api-keys/anthropic/test", Value::Null).await, not_found());
}
