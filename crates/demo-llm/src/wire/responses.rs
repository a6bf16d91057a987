//! OpenAI Responses: `POST /v1/responses`, as Codex CLI uses it.
//!
//! Must not know scenarios.

use serde_json::{Value, json};

use super::{INPUT_PIECES, TEXT_PIECES, has_tools, named_event};
use crate::{
    answer::Answer,
    request::{Conversation, From, Message, ModelRequest, text_at, texts},
    template::pieces,
};

/// `created_at` of every answer: equal requests get equal answers, so the clock stays out.
const CREATED: u64 = 1_735_689_600;

pub(super) fn conversation(body: &Value) -> Conversation {
    let messages: Vec<Message> = match body.get("input") {
        Some(Value::Array(items)) => items.iter().filter_map(item).collect(),
        Some(text) => vec![Message { from: From::User, texts: texts(text), calls_tools: false }],
        None => Vec::new(),
    };
    let system = messages.iter().filter(|m| m.from == From::System).flat_map(|m| m.texts.clone());
    let system: Vec<String> = std::iter::once(text_at(body, "/instructions")).chain(system).collect();
    Conversation { system: system.join("\n"), messages, has_tools: has_tools(body) }
}

fn item(item: &Value) -> Option<Message> {
    let kind = item["type"].as_str().unwrap_or("message");
    let (from, calls_tools) = match (kind, item["role"].as_str()) {
        ("message", Some("assistant")) => (From::Assistant, false),
        ("message", Some("system" | "developer")) => (From::System, false),
        ("message", _) => (From::User, false),
        (kind, _) if kind.ends_with("_call") => (From::Assistant, true),
        (kind, _) if kind.ends_with("_output") => (From::Tool, false),
        _ => return None,
    };
    Some(Message { from, texts: item.get("content").map(texts).unwrap_or_default(), calls_tools })
}

/// OpenAI counts cached input within the input.
fn usage(answer: &Answer) -> Value {
    let input = answer.usage.input + answer.usage.cache_read + answer.usage.cache_creation;
    json!({
        "input_tokens": input,
        "input_tokens_details": { "cached_tokens": answer.usage.cache_read },
        "output_tokens": answer.usage.output,
        "output_tokens_details": { "reasoning_tokens": 0 },
        "total_tokens": input + answer.usage.output,
    })
}

fn output(request: &ModelRequest, answer: &Answer) -> Vec<Value> {
    let message = (!answer.text.is_empty()).then(|| {
        json!({
            "id": format!("msg_{}", request.id), "type": "message", "role": "assistant", "status": "completed",
            "content": [{ "type": "output_text", "text": answer.text, "annotations": [] }],
        })
    });
    let calls = answer.tools.iter().enumerate().map(|(i, tool)| {
        json!({
            "id": format!("fc_{}_{i}", request.id), "type": "function_call", "status": "completed",
            "call_id": format!("call_{}_{i}", request.id), "name": tool.name, "arguments": tool.input.to_string(),
        })
    });
    message.into_iter().chain(calls).collect()
}

/// The response object in the given status; only a completed one has output and usage.
pub(super) fn whole(request: &ModelRequest, answer: &Answer, status: &str) -> Value {
    let done = status == "completed";
    json!({
        "id": format!("resp_{}", request.id), "object": "response", "created_at": CREATED, "status": status,
        "model": request.model, "error": null, "incomplete_details": null,
        "output": if done { output(request, answer) } else { Vec::new() },
        "usage": if done { usage(answer) } else { Value::Null },
    })
}

pub(super) fn events(request: &ModelRequest, answer: &Answer) -> Vec<String> {
    let begun = whole(request, answer, "in_progress");
    let mut events = vec![
        json!({ "type": "response.created", "response": begun }),
        json!({ "type": "response.in_progress", "response": begun }),
    ];
    for (index, item) in output(request, answer).into_iter().enumerate() {
        events.extend(item_events(index, item));
    }
    events.push(json!({ "type": "response.completed", "response": whole(request, answer, "completed") }));
    for (number, event) in events.iter_mut().enumerate() {
        event["sequence_number"] = json!(number);
    }
    events.iter().map(named_event).collect()
}

fn item_events(index: usize, item: Value) -> Vec<Value> {
    let mut begun = item.clone();
    begun["status"] = json!("in_progress");
    let id = item["id"].clone();
    let mut events = Vec::new();
    if item["type"] == "message" {
        begun["content"] = json!([]);
        let part = item["content"][0].clone();
        let text = part["text"].as_str().unwrap_or_default();
        let empty = json!({ "type": "output_text", "text": "", "annotations": [] });
        let place = json!({ "item_id": id, "output_index": index, "content_index": 0 });
        let at = |kind: &str, field: &str, value: Value| {
            let mut event = place.clone();
            event["type"] = json!(kind);
            event[field] = value;
            event
        };
        events.push(at("response.content_part.added", "part", empty));
        let deltas = pieces(text, TEXT_PIECES).into_iter();
        events.extend(deltas.map(|piece| at("response.output_text.delta", "delta", json!(piece))));
        events.push(at("response.output_text.done", "text", json!(text)));
        events.push(at("response.content_part.done", "part", part.clone()));
    } else {
        begun["arguments"] = json!("");
        let arguments = item["arguments"].as_str().unwrap_or_default();
        for piece in pieces(arguments, INPUT_PIECES) {
            let kind = "response.function_call_arguments.delta";
            events.push(json!({ "type": kind, "item_id": id, "output_index": index, "delta": piece }));
        }
        let kind = "response.function_call_arguments.done";
        events.push(json!({ "type": kind, "item_id": id, "output_index": index, "arguments": arguments }));
    }
    events.insert(0, json!({ "type": "response.output_item.added", "output_index": index, "item": begun }));
    events.push(json!({ "type": "response.output_item.done", "output_index": index, "item": item }));
    events
}
