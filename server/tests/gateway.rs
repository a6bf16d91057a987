//! The gateway between a caller and an upstream: not a byte changed, every token counted, and no way in without a token.

#![cfg(test)]

mod gateway_kit;

use std::time::Duration;

use app::model::{TokenUsage, UsageSummary, UserId};
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use gateway_kit::{KEY, Kit, PROJECT, Replay, Script, USER};
use http::StatusCode;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use server::db::usage::{self, UsageRow};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const ANTHROPIC: &[u8] = include_bytes!("fixtures/anthropic.sse");
const CHAT: &[u8] = include_bytes!("fixtures/openai_chat.sse");
const RESPONSES: &[u8] = include_bytes!("fixtures/openai_responses.sse");

fn tokens(input: i64, output: i64, creation: i64, read: i64) -> TokenUsage {
    TokenUsage {
        input_tokens: input,
        output_tokens: output,
        cache_creation_tokens: creation,
        cache_read_tokens: read,
    }
}

fn figures(row: &UsageRow) -> (&str, &str, TokenUsage, Option<i64>, i64) {
    (&row.provider, &row.model, row.tokens, row.cost_micro_usd, row.http_status)
}

#[tokio::test]
async fn an_anthropic_stream_passes_unchanged_and_is_counted() {
    let mut script = Script::stream(ANTHROPIC);
    script.headers.extend([
        ("request-id", "req_1"),
        ("anthropic-ratelimit-tokens-remaining", "7"),
        ("set-cookie", "a=b"),
    ]);
    let upstream = Replay::new(script);
    let kit = Kit::before(&upstream).await;
    let request = kit.post("anthropic/v1/messages?beta=true").header("anthropic-version", "2023-06-01");
    let request =
        request.header("anthropic-beta", "a,b").header("accept-encoding", "gzip, br").header("cookie", "s=1");
    let response = request.body(r#"{"stream":true}"#).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let headers = response.headers().clone();
    assert_eq!(response.bytes().await.unwrap(), ANTHROPIC);

    let down = ["content-type", "request-id", "anthropic-ratelimit-tokens-remaining", "set-cookie"];
    let down = down.map(|name| headers.get(name).map(|value| value.to_str().unwrap()));
    assert_eq!(down, [Some("text/event-stream; charset=utf-8"), Some("req_1"), Some("7"), None]);

    let seen = upstream.only_request();
    assert_eq!((seen.uri.as_str(), seen.length), ("/v1/messages?beta=true", 15));
    let up =
        ["x-api-key", "authorization", "cookie", "anthropic-version", "anthropic-beta", "accept-encoding"];
    let up = up.map(|name| seen.headers.get(name).map(|value| value.to_str().unwrap()));
    assert_eq!(up, [Some(KEY), None, None, Some("2023-06-01"), Some("a,b"), Some("identity")]);
    assert!(!format!("{:?}", seen.headers).contains(kit.token.expose_secret()));

    // 4 × 3 + 212 × 15 + 1873 × 3.75 + 14204 × 0.3 millionths of a dollar.
    let row = &kit.usage(1).await[0];
    let counted = tokens(4, 212, 1873, 14204);
    assert_eq!(figures(row), ("anthropic", "claude-sonnet-4-5-20250929", counted, Some(14_477), 200));
    let summary = UsageSummary { requests: 1, tokens: counted, cost_micro_usd: 14_477 };
    assert_eq!(usage::project_summary(kit.db.reader(), USER, PROJECT).await.unwrap(), summary);
    assert_eq!(
        usage::today_summary(kit.db.reader(), USER, row.created_at.as_millis()).await.unwrap(),
        summary
    );
    let later = usage::today_summary(kit.db.reader(), USER, row.created_at.as_millis() + 1).await.unwrap();
    let others = usage::project_summary(kit.db.reader(), UserId(2), PROJECT).await.unwrap();
    assert_eq!([later, others], [UsageSummary::default(); 2]);
}

#[tokio::test]
async fn openai_streams_pass_unchanged_and_are_counted() {
    for (path, fixture, model, counted, cost) in [
        // 263 × 0.25 + 97 × 2 + 2048 × 0.025
        ("chat/completions", CHAT, "gpt-5-mini-2025-08-07", tokens(263, 97, 0, 2048), 311),
        // 1024 × 1.25 + 33 × 10 + 4096 × 0.125
        ("responses", RESPONSES, "gpt-5-2025-08-07", tokens(1024, 33, 0, 4096), 2122),
    ] {
        let upstream = Replay::new(Script::stream(fixture));
        let kit = Kit::before(&upstream).await;
        let response = kit.post(&format!("openai/v1/{path}")).body("{}").send().await.unwrap();
        assert_eq!(response.bytes().await.unwrap(), fixture);
        let seen = upstream.only_request();
        assert_eq!(seen.headers["authorization"], format!("Bearer {KEY}").as_str());
        assert_eq!(seen.uri, format!("/v1/{path}"));
        assert_eq!(figures(&kit.usage(1).await[0]), ("openai", model, counted, Some(cost), 200));
    }
}

#[tokio::test]
async fn only_a_living_token_opens_the_gateway() {
    let upstream = Replay::new(Script::stream(CHAT));
    let kit = Kit::before(&upstream).await;
    let anthropic = json!({ "type": "error", "error": { "type": "authentication_error",
        "message": "The instance token is missing, wrong or expired." } });
    let openai = json!({ "error": { "type": "authentication_error", "param": null, "code": "invalid_api_key",
        "message": "The instance token is missing, wrong or expired." } });
    let refused = async |request: reqwest::RequestBuilder, body: &Value, why: &str| {
        let response = request.body("{}").send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{why}");
        let text = response.text().await.unwrap();
        assert_eq!(&serde_json::from_str::<Value>(&text).unwrap(), body, "{why}");
    };
    refused(kit.bare_post("anthropic/v1/messages"), &anthropic, "no token").await;
    refused(kit.bare_post("openai/v1/responses"), &openai, "no token").await;
    let wrong = format!("aci_{}", "A".repeat(43));
    refused(kit.bare_post("anthropic/v1/messages").bearer_auth(&wrong), &anthropic, "a wrong token").await;
    refused(kit.bare_post("openai/v1/chat/completions").header("x-api-key", KEY), &openai, "the real key")
        .await;
    for (why, end, revive) in [
        (
            "an expired token",
            "update agent_instances set token_expires_at = 1",
            "update agent_instances set token_expires_at = 9000000000000",
        ),
        (
            "a stopped instance",
            "update agent_instances set status = 'stopped'",
            "update agent_instances set status = 'running'",
        ),
        ("a user being deleted", "update users set deleting_at = 1", "update users set deleting_at = null"),
    ] {
        kit.sql(end).await;
        refused(kit.post("anthropic/v1/messages"), &anthropic, why).await;
        kit.sql(revive).await;
    }
    assert!(upstream.seen.lock().unwrap().is_empty(), "a refused request reached the upstream");
    let by_key_header =
        kit.bare_post("openai/v1/chat/completions").header("x-api-key", kit.token.expose_secret());
    assert_eq!(by_key_header.body("{}").send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn errors_of_the_upstream_pass_intact() {
    let body =
        r#"{"type":"error","error":{"type":"rate_limit_error","message":"Slow down"},"request_id":"req_2"}"#;
    let headers =
        vec![("content-type", "application/json"), ("retry-after", "17"), ("x-should-retry", "true")];
    let script =
        Script { status: 429, headers, chunks: vec![Bytes::from_static(body.as_bytes())], hang: false };
    let upstream = Replay::new(script);
    let kit = Kit::before(&upstream).await;
    let response = kit.post("anthropic/v1/messages").body("{}").send().await.unwrap();
    assert_eq!(response.status(), 429);
    let headers =
        ["retry-after", "x-should-retry", "content-type"].map(|name| response.headers()[name].clone());
    assert_eq!(headers, ["17", "true", "application/json"]);
    assert_eq!(response.text().await.unwrap(), body);
    assert_eq!(
        figures(&kit.usage(1).await[0]),
        ("anthropic", "unknown", TokenUsage::default(), Some(0), 429)
    );
}

#[tokio::test]
async fn the_end_of_a_limit_can_be_asked_for_by_its_own_user() {
    let headers = vec![("content-type", "application/json"), ("retry-after", "7200")];
    let script = Script { status: 429, headers, chunks: vec![Bytes::from_static(b"{}")], hang: false };
    let upstream = Replay::new(script);
    let kit = Kit::before(&upstream).await;
    let resets_at = async || {
        let response = kit.get("anthropic/limit").send().await.unwrap();
        assert_eq!(response.status(), 200);
        let answer: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
        answer["resets_at"].as_i64()
    };
    let before = server::db::now_ms();
    kit.post("anthropic/v1/messages").body("{}").send().await.unwrap();
    let after = server::db::now_ms();
    let known = resets_at().await.unwrap();
    assert!((before + 7_200_000..=after + 7_200_000).contains(&known), "{known}");
    assert_eq!(kit.bare_get("anthropic/limit").bearer_auth("x").send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn a_large_body_is_streamed_up() {
    const MIB: usize = 1024 * 1024;
    let upstream = Replay::new(Script::stream(CHAT));
    let kit = Kit::before(&upstream).await;
    let chunk = |i: usize| Bytes::from(vec![u8::try_from(i).unwrap(); MIB]);
    let arrived = upstream.arrived.subscribe();
    // The second half is sent only when the upstream has seen most of the first.
    let body = stream::iter(0..20).then(move |i| {
        let mut arrived = arrived.clone();
        async move {
            if i == 10 {
                let wait = arrived.wait_for(|seen| *seen > 5 * MIB);
                tokio::time::timeout(Duration::from_secs(20), wait)
                    .await
                    .expect("the body is buffered")
                    .unwrap();
            }
            Ok::<_, std::io::Error>(chunk(i))
        }
    });
    let request = kit.post("openai/v1/chat/completions").header("content-length", 20 * MIB);
    let response = request.body(reqwest::Body::wrap_stream(body)).send().await.unwrap();
    assert_eq!(response.bytes().await.unwrap(), CHAT);
    let mut hash = Sha256::new();
    (0..20).for_each(|i| hash.update(chunk(i)));
    let seen = upstream.only_request();
    assert_eq!((seen.length, seen.sha256), (20 * MIB, hash.finalize().into()));
    assert_eq!(seen.headers["content-length"], (20 * MIB).to_string().as_str());
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let kit = Kit::new(Some(KEY), "127.0.0.1:9".parse().unwrap()).await;
    let mut socket = tokio::net::TcpStream::connect(kit.address).await.unwrap();
    let head = format!(
        "POST /gateway/openai/v1/responses HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 70000000\r\n\
         Authorization: Bearer {}\r\n\r\n",
        kit.token.expose_secret()
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    socket.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
}

#[tokio::test]
async fn a_caller_who_hangs_up_is_counted() {
    let mut script = Script::stream(ANTHROPIC);
    // Everything up to the middle of the answer's text.
    let half = script.chunks.len() / 2;
    script.chunks.truncate(half);
    script.hang = true;
    let kit = Kit::before(&Replay::new(script)).await;
    let response = kit.post("anthropic/v1/messages").body("{}").send().await.unwrap();
    let mut body = response.bytes_stream();
    let mut got = 0;
    while got < 600 {
        got += body.next().await.unwrap().unwrap().len();
    }
    drop(body);
    let rows = kit.usage(1).await;
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (rows[0].model.as_str(), rows[0].tokens),
        ("claude-sonnet-4-5-20250929", tokens(4, 3, 1873, 14204))
    );
}

#[tokio::test]
async fn what_cannot_work_is_said() {
    let nobody = "127.0.0.1:9".parse().unwrap();
    let error = async |kit: &Kit, path: &str| {
        let response = kit.post(path).body("{}").send().await.unwrap();
        let status = response.status().as_u16();
        let body: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
        (status, body["error"]["message"].as_str().unwrap().to_owned())
    };
    let kit = Kit::new(None, nobody).await;
    let no_key = "There is no API key for openai: add one in AutoCode under Settings.";
    assert_eq!(error(&kit, "openai/v1/responses").await, (401, no_key.to_owned()));
    assert_eq!(error(&kit, "nobody/v1/messages").await.0, 404);
    // Ollama works without a key, so this one gets as far as the missing server.
    let (status, message) = error(&kit, "ollama/v1/chat/completions").await;
    assert_eq!(status, 502);
    assert!(message.starts_with("ollama cannot be reached: ") && message.contains("refused"), "{message}");
}

#[tokio::test]
async fn the_base_url_answers_without_a_token() {
    let kit = Kit::new(None, "127.0.0.1:9".parse().unwrap()).await;
    for path in ["anthropic", "anthropic/"] {
        let url = format!("http://{}/gateway/{path}", kit.address);
        assert_eq!(kit.http.head(&url).send().await.unwrap().status(), 200);
        let response = kit.http.get(&url).send().await.unwrap();
        assert_eq!((response.status().as_u16(), response.bytes().await.unwrap().len()), (200, 0));
    }
}

#[tokio::test]
async fn the_demonstration_model_is_embedded() {
    let kit = Kit::new(None, "127.0.0.1:9".parse().unwrap()).await;
    let body =
        json!({ "model": "builder", "max_tokens": 9, "messages": [{ "role": "user", "content": "Hello" }] });
    for _ in 0..2 {
        let response = kit.post("demo/v1/messages").body(body.to_string()).send().await.unwrap();
        assert!(response.text().await.unwrap().contains("built-in demonstration model"));
    }
    let rows = kit.usage(2).await;
    assert_eq!(figures(&rows[1]), ("demo", "builder", tokens(1200, 150, 0, 800), Some(0), 200));
    let models = kit.http.get(format!("http://{}/gateway/demo/v1/models", kit.address));
    let models = models.bearer_auth(kit.token.expose_secret()).send().await.unwrap().text().await.unwrap();
    assert!(models.contains("\"builder\"") && models.contains("\"slow\""), "{models}");
    assert_eq!(kit.usage(2).await.len(), 2, "a list of models is no use of a model");
}
