//! OpenAI Chat Completions: `POST /v1/chat/completions`.
//!
//! Must not know scenarios.

use serde_json::{Value, json};

use super::{INPUT_PIECES, TEXT_PIECES, has_tools};
use crate::{
    answer::Answer,
    request::{Conversation, From, Message, ModelRequest, texts},
    template::pieces,
};

/// `created` of every answer: equal requests get equal answers, so the clock stays out.
const CREATED: u64 = 1_735_689_600;

pub(super) fn conversation(body: &Value) -> Conversation {
    let messages = body.get("messages").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let messages: Vec<Message> = messages.iter().map(message).collect();
    let system = messages.iter().filter(|m| m.from == From::System).flat_map(|m| m.texts.clone());
    Conversation { system: system.collect::<Vec<_>>().join("\n"), messages, has_tools: has_tools(body) }
}

fn message(message: &Value) -> Message {
    let from = match message["role"].as_str() {
        Some("assistant") => From::Assistant,
        Some("system" | "developer") => From::System,
        Some("tool" | "function") => From::Tool,
        _ => From::User,
    };
    let calls = message.get("tool_calls").and_then(Value::as_array);
    Message {
        from,
        texts: message.get("content").map(texts).unwrap_or_default(),
        calls_tools: calls.is_some_and(|calls| !calls.is_empty()),
    }
}

fn finish_reason(answer: &Answer) -> &'static str {
    if answer.tools.is_empty() { "stop" } else { "tool_calls" }
}

/// OpenAI counts cached input within the prompt.
fn usage(answer: &Answer) -> Value {
    let prompt = answer.usage.input + answer.usage.cache_read + answer.usage.cache_creation;
    json!({
        "prompt_tokens": prompt,
        "completion_tokens": answer.usage.output,
        "total_tokens": prompt + answer.usage.output,
        "prompt_tokens_details": { "cached_tokens": answer.usage.cache_read },
    })
}

fn tool_calls(request: &ModelRequest, answer: &Answer) -> Vec<Value> {
    let call = |(i, tool): (usize, &crate::ToolUse)| {
        json!({
            "id": format!("call_{}_{i}", request.id), "type": "function",
            "function": { "name": tool.name, "arguments": tool.input.to_string() },
        })
    };
    answer.tools.iter().enumerate().map(call).collect()
}

pub(super) fn whole(request: &ModelRequest, answer: &Answer) -> Value {
    let mut message = json!({ "role": "assistant", "content": answer.text });
    if !answer.tools.is_empty() {
        message["tool_calls"] = tool_calls(request, answer).into();
    }
    json!({
        "id": format!("chatcmpl-{}", request.id), "object": "chat.completion", "created": CREATED,
        "model": request.model, "usage": usage(answer),
        "choices": [{ "index": 0, "message": message, "finish_reason": finish_reason(answer) }],
    })
}

pub(super) fn events(request: &ModelRequest, answer: &Answer) -> Vec<String> {
    let chunk = |choices: Value, usage: Value| {
        let mut chunk = json!({
            "id": format!("chatcmpl-{}", request.id), "object": "chat.completion.chunk", "created": CREATED,
            "model": request.model, "choices": choices,
        });
        if request.include_usage {
            chunk["usage"] = usage;
        }
        format!("data: {chunk}\n\n")
    };
    let delta = |delta: Value, finish: Option<&str>| {
        chunk(json!([{ "index": 0, "delta": delta, "finish_reason": finish }]), Value::Null)
    };
    let mut events = vec![delta(json!({ "role": "assistant", "content": "" }), None)];
    events.extend(
        pieces(&answer.text, TEXT_PIECES).into_iter().map(|piece| delta(json!({ "content": piece }), None)),
    );
    for (i, mut call) in tool_calls(request, answer).into_iter().enumerate() {
        let arguments = std::mem::replace(&mut call["function"]["arguments"], json!(""));
        call["index"] = json!(i);
        events.push(delta(json!({ "tool_calls": [call] }), None));
        for piece in pieces(arguments.as_str().unwrap_or_default(), INPUT_PIECES) {
            let piece = json!({ "tool_calls": [{ "index": i, "function": { "arguments": piece } }] });
            events.push(delta(piece, None));
        }
    }
    events.push(delta(json!({}), Some(finish_reason(answer))));
    if request.include_usage {
        events.push(chunk(json!([]), usage(answer)));
    }
    events.push("data: [DONE]\n\n".to_owned());
    events
}
