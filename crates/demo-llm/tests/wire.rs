//! The three wire formats and the error shapes, through the router.

#![cfg(test)]

use autocode_demo_llm::{DemoServer, Scenario};
use axum::{
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
};
use serde_json::{Value, json};
use tower::ServiceExt;

const SCENARIO: &str = r#"
usage = { input = 10, output = 7, cache_creation = 3, cache_read = 5 }
models = [{ name = "m" }]

[[rules]]
name = "write"
contains = ["write it"]
turns = [
    { text = "Writing.", tools = [{ name = "Write", input = { file_path = "{{cwd}}/a", content = "x\n" } }] },
    { text = "It is written." },
]

[[rules]]
name = "limit"
contains = ["fail"]
turns = [{ error = { status = 429, type = "rate_limit_error", message = "Slow down.", retry_after = 7 } }]
"#;

async fn post(path: &str, body: Value) -> (StatusCode, Option<String>, String) {
    let server = DemoServer::new(Scenario::parse(SCENARIO).unwrap());
    let request = Request::post(path).body(Body::from(body.to_string())).unwrap();
    let response = server.router().oneshot(request).await.unwrap();
    let retry_after = response.headers().get(header::RETRY_AFTER).map(|v| v.to_str().unwrap().to_owned());
    let status = response.status();
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, retry_after, String::from_utf8(bytes.to_vec()).unwrap())
}

/// The `data:` values of a stream; `[DONE]` as a JSON string.
fn events(text: &str) -> Vec<Value> {
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    data.map(|data| serde_json::from_str(data).unwrap_or_else(|_| json!(data))).collect()
}

fn joined(events: &[Value], pointer: &str) -> String {
    events.iter().filter_map(|event| event.pointer(pointer)?.as_str()).collect()
}

fn messages(stream: bool) -> Value {
    json!({
        "model": "m", "stream": stream, "max_tokens": 100, "tools": [{ "name": "Write" }],
        "system": [{ "type": "text", "text": "# Environment\n - Primary working directory: /w s\n - x" }],
        "messages": [{ "role": "user", "content": "write it" }],
    })
}

#[tokio::test]
async fn messages_whole() {
    let (status, _, body) = post("/v1/messages?beta=true", messages(false)).await;
    let body: Value = serde_json::from_str(&body).unwrap();
    let id = body["id"].as_str().unwrap().strip_prefix("msg_").unwrap();
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        body,
        json!({
            "id": format!("msg_{id}"), "type": "message", "role": "assistant", "model": "m",
            "content": [
                { "type": "text", "text": "Writing." },
                { "type": "tool_use", "id": format!("toolu_{id}_0"), "name": "Write",
                  "input": { "file_path": "/w s/a", "content": "x\n" } },
            ],
            "stop_reason": "tool_use", "stop_sequence": null,
            "usage": { "input_tokens": 10, "cache_creation_input_tokens": 3, "cache_read_input_tokens": 5,
                       "output_tokens": 7 },
        })
    );
}

#[tokio::test]
async fn messages_streamed() {
    let (_, _, text) = post("/v1/messages?beta=true", messages(true)).await;
    let events = events(&text);
    let kinds: Vec<&str> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!((kinds[0], kinds[1]), ("message_start", "ping"));
    assert_eq!(kinds[kinds.len() - 2..], ["message_delta", "message_stop"]);
    assert_eq!(kinds.iter().filter(|kind| **kind == "content_block_delta").count(), 4 + 3);
    assert_eq!(joined(&events, "/delta/text"), "Writing.");
    let input: Value = serde_json::from_str(&joined(&events, "/delta/partial_json")).unwrap();
    assert_eq!(input, json!({ "file_path": "/w s/a", "content": "x\n" }));
    assert_eq!(joined(&events, "/delta/stop_reason"), "tool_use");
    assert_eq!(events[0]["message"]["usage"]["cache_read_input_tokens"], 5);
    assert_eq!(events[events.len() - 2]["usage"], json!({ "output_tokens": 7 }));
    for (name, event) in text.lines().filter_map(|line| line.strip_prefix("event: ")).zip(&events) {
        assert_eq!(name, event["type"]);
    }
}

#[tokio::test]
async fn the_turn_after_a_tool_result_ends() {
    let mut body = messages(false);
    let more = [
        json!({ "role": "assistant", "content": [{ "type": "tool_use", "id": "t", "name": "Write", "input": {} }] }),
        json!({ "role": "user", "content": [
            { "type": "tool_result", "tool_use_id": "t", "content": "done" },
            { "type": "text", "text": "<system-reminder>\nwrite it\n</system-reminder>" },
        ] }),
    ];
    body["messages"].as_array_mut().unwrap().extend(more);
    let (_, _, text) = post("/v1/messages", body).await;
    let body: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(body["content"], json!([{ "type": "text", "text": "It is written." }]));
    assert_eq!(body["stop_reason"], "end_turn");
}

fn chat(stream: bool) -> Value {
    json!({
        "model": "m", "stream": stream, "stream_options": { "include_usage": true },
        "tools": [{ "type": "function", "function": { "name": "Write" } }],
        "messages": [
            { "role": "system", "content": "Working directory: /w\n" },
            { "role": "user", "content": [{ "type": "text", "text": "write it" }] },
        ],
    })
}

#[tokio::test]
async fn chat_whole_and_streamed() {
    let usage = json!({
        "prompt_tokens": 18, "completion_tokens": 7, "total_tokens": 25,
        "prompt_tokens_details": { "cached_tokens": 5 },
    });
    let arguments = json!({ "file_path": "/w/a", "content": "x\n" });
    let (_, _, whole) = post("/v1/chat/completions", chat(false)).await;
    let whole: Value = serde_json::from_str(&whole).unwrap();
    let choice = &whole["choices"][0];
    assert_eq!((&whole["usage"], &choice["finish_reason"]), (&usage, &json!("tool_calls")));
    let call = &choice["message"]["tool_calls"][0]["function"];
    let said: Value = serde_json::from_str(call["arguments"].as_str().unwrap()).unwrap();
    assert_eq!((&call["name"], said), (&json!("Write"), arguments.clone()));

    let (_, _, text) = post("/v1/chat/completions", chat(true)).await;
    let events = events(&text);
    assert_eq!(joined(&events, "/choices/0/delta/content"), "Writing.");
    let said = joined(&events, "/choices/0/delta/tool_calls/0/function/arguments");
    assert_eq!(serde_json::from_str::<Value>(&said).unwrap(), arguments);
    assert_eq!(events[events.len() - 1], "[DONE]");
    assert_eq!(events[events.len() - 2]["usage"], usage);
    assert_eq!(events[events.len() - 2]["choices"], json!([]));

    let mut plain = chat(true);
    plain["stream_options"] = Value::Null;
    assert!(!post("/v1/chat/completions", plain).await.2.contains("usage"));
}

#[tokio::test]
async fn responses_whole_and_streamed() {
    let body = |stream: bool| {
        json!({
            "model": "m", "stream": stream, "instructions": "x", "tools": [{ "type": "function", "name": "Write" }],
            "input": [
                { "type": "message", "role": "user",
                  "content": [{ "type": "input_text", "text": "<cwd>/w</cwd>" }] },
                { "role": "user", "content": [{ "type": "input_text", "text": "write it" }] },
            ],
        })
    };
    let (_, _, whole) = post("/v1/responses", body(false)).await;
    let whole: Value = serde_json::from_str(&whole).unwrap();
    assert_eq!(whole["status"], "completed");
    assert_eq!(whole["output"][0]["content"][0]["text"], "Writing.");
    assert_eq!(whole["usage"]["input_tokens"], 18);
    let arguments = whole["output"][1]["arguments"].as_str().unwrap();
    assert_eq!(serde_json::from_str::<Value>(arguments).unwrap()["file_path"], "/w/a");

    let (_, _, text) = post("/v1/responses", body(true)).await;
    let events = events(&text);
    let last = events.last().unwrap();
    assert_eq!(events[0]["type"], "response.created");
    assert_eq!((&last["type"], &last["response"]["usage"]), (&json!("response.completed"), &whole["usage"]));
    let of = |kind: &str| -> String {
        let events = events.iter().filter(|event| event["type"] == kind);
        events.map(|event| event["delta"].as_str().unwrap()).collect()
    };
    assert_eq!(of("response.output_text.delta"), "Writing.");
    assert_eq!(of("response.function_call_arguments.delta"), arguments);
    let numbers: Vec<u64> = events.iter().map(|event| event["sequence_number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (0..events.len() as u64).collect::<Vec<_>>());

    let mut later = body(false);
    let more = [
        json!({ "type": "reasoning", "summary": [] }),
        json!({ "type": "function_call", "call_id": "1", "name": "Write", "arguments": "{}" }),
        json!({ "type": "function_call", "call_id": "2", "name": "Write", "arguments": "{}" }),
        json!({ "type": "function_call_output", "call_id": "1", "output": "done" }),
    ];
    later["input"].as_array_mut().unwrap().extend(more);
    let (_, _, text) = post("/v1/responses", later).await;
    let whole: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(whole["output"][0]["content"][0]["text"], "It is written.");
}

#[tokio::test]
async fn errors_have_the_shape_of_their_wire() {
    let body = json!({ "model": "m", "messages": [{ "role": "user", "content": "fail" }] });
    let (status, retry_after, text) = post("/v1/messages", body.clone()).await;
    assert_eq!((status.as_u16(), retry_after.as_deref()), (429, Some("7")));
    let error: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        error,
        json!({ "type": "error", "error": { "type": "rate_limit_error", "message": "Slow down." } })
    );
    let (status, _, text) = post("/v1/chat/completions", body).await;
    let error: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((status.as_u16(), &error["error"]["message"]), (429, &json!("Slow down.")));
    let server = DemoServer::new(Scenario::parse(SCENARIO).unwrap());
    let request = Request::post("/v1/messages").body(Body::from("{")).unwrap();
    assert_eq!(server.router().oneshot(request).await.unwrap().status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_small_routes_answer() {
    let server = DemoServer::new(Scenario::parse(SCENARIO).unwrap());
    for request in [Request::head("/"), Request::get("/"), Request::get("/v1/models")] {
        let response = server.router().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
    }
    let (_, _, text) = post("/v1/messages/count_tokens", json!({ "model": "m" })).await;
    assert_eq!(text, r#"{"input_tokens":4}"#);
}

#[tokio::test]
async fn an_unknown_prompt_is_told_so() {
    let body = json!({ "model": "m", "messages": [{ "role": "user", "content": "Build me a castle." }] });
    let (_, _, text) = post("/v1/messages", body).await;
    assert!(text.contains("built-in demonstration model"), "{text}");
}
