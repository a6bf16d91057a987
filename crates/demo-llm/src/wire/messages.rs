//! Anthropic Messages: `POST /v1/messages`, as Claude Code and the nanobot use it.
//!
//! Must not know scenarios.

use serde_json::{Value, json};

use super::{INPUT_PIECES, TEXT_PIECES, has_tools, named_event};
use crate::{
    answer::Answer,
    request::{Conversation, From, Message, ModelRequest, texts},
    template::pieces,
};

pub(super) fn conversation(body: &Value) -> Conversation {
    let messages = body.get("messages").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    Conversation {
        system: body.get("system").map(texts).unwrap_or_default().join("\n"),
        messages: messages.iter().map(message).collect(),
        has_tools: has_tools(body),
    }
}

fn message(message: &Value) -> Message {
    let content = message.get("content").unwrap_or(&Value::Null);
    let has = |kind: &str| {
        content
            .as_array()
            .is_some_and(|blocks| blocks.iter().any(|block| block["type"].as_str() == Some(kind)))
    };
    let from = match message["role"].as_str() {
        Some("assistant") => From::Assistant,
        // Claude Code puts messages of role `system` between the others.
        Some("system") => From::System,
        _ => From::User,
    };
    Message { from, texts: texts(content), calls_tools: has("tool_use") }
}

fn content(request: &ModelRequest, answer: &Answer) -> Vec<Value> {
    let text = (!answer.text.is_empty()).then(|| json!({ "type": "text", "text": answer.text }));
    let tools = answer.tools.iter().enumerate().map(|(i, tool)| {
        json!({ "type": "tool_use", "id": format!("toolu_{}_{i}", request.id), "name": tool.name, "input": tool.input })
    });
    text.into_iter().chain(tools).collect()
}

fn stop_reason(answer: &Answer) -> &'static str {
    if answer.tools.is_empty() { "end_turn" } else { "tool_use" }
}

fn usage(answer: &Answer, output: u64) -> Value {
    json!({
        "input_tokens": answer.usage.input,
        "cache_creation_input_tokens": answer.usage.cache_creation,
        "cache_read_input_tokens": answer.usage.cache_read,
        "output_tokens": output,
    })
}

fn envelope(request: &ModelRequest, content: Vec<Value>, stop_reason: Option<&str>, usage: Value) -> Value {
    json!({
        "id": format!("msg_{}", request.id), "type": "message", "role": "assistant", "model": request.model,
        "content": content, "stop_reason": stop_reason, "stop_sequence": null, "usage": usage,
    })
}

pub(super) fn whole(request: &ModelRequest, answer: &Answer) -> Value {
    let usage = usage(answer, answer.usage.output);
    envelope(request, content(request, answer), Some(stop_reason(answer)), usage)
}

pub(super) fn events(request: &ModelRequest, answer: &Answer) -> Vec<String> {
    let start = envelope(request, Vec::new(), None, usage(answer, 1));
    let mut events = vec![json!({ "type": "message_start", "message": start }), json!({ "type": "ping" })];
    for (index, block) in content(request, answer).into_iter().enumerate() {
        events.extend(block_events(index, block));
    }
    events.push(json!({
        "type": "message_delta",
        "delta": { "stop_reason": stop_reason(answer), "stop_sequence": null },
        "usage": { "output_tokens": answer.usage.output },
    }));
    events.push(json!({ "type": "message_stop" }));
    events.iter().map(named_event).collect()
}

fn block_events(index: usize, mut block: Value) -> Vec<Value> {
    let deltas: Vec<Value> = if block["type"] == "text" {
        let text = std::mem::replace(&mut block["text"], json!(""));
        let text = pieces(text.as_str().unwrap_or_default(), TEXT_PIECES);
        text.into_iter().map(|piece| json!({ "type": "text_delta", "text": piece })).collect()
    } else {
        let input = std::mem::replace(&mut block["input"], json!({}));
        let input = pieces(&input.to_string(), INPUT_PIECES);
        input.into_iter().map(|piece| json!({ "type": "input_json_delta", "partial_json": piece })).collect()
    };
    let mut events = vec![json!({ "type": "content_block_start", "index": index, "content_block": block })];
    events.extend(
        deltas
            .into_iter()
            .map(|delta| json!({ "type": "content_block_delta", "index": index, "delta": delta })),
    );
    events.push(json!({ "type": "content_block_stop", "index": index }));
    events
}
