//! What opencode's messages say about a turn.
//!
//! Must not decide. A turn is a prompt and the assistant's messages that name it as their parent.

use serde_json::Value;

use crate::coding::{FailureKind, Signal, TurnRecord, decide::classify_failure, text::carries};

fn texts(message: &Value) -> String {
    let parts = message["parts"].as_array().map_or(&[][..], Vec::as_slice);
    let own = parts.iter().filter(|part| part["type"] == "text" && part["synthetic"] != true);
    own.filter_map(|part| part["text"].as_str()).collect::<Vec<_>>().join("\n")
}

/// When the newest message was begun, in milliseconds since the Unix epoch; 0 while there is none.
pub fn position(messages: &Value) -> u64 {
    let all = messages.as_array().map_or(&[][..], Vec::as_slice);
    all.iter().filter_map(|message| message["info"]["time"]["created"].as_u64()).max().unwrap_or(0)
}

/// The record of a prompt that was sent after `position`.
pub fn record_of(messages: &Value, prompt: &str, position: u64) -> TurnRecord {
    let all = messages.as_array().map_or(&[][..], Vec::as_slice);
    let asked = all.iter().rfind(|message| {
        message["info"]["role"] == "user"
            && message["info"]["time"]["created"].as_u64().is_some_and(|at| at > position)
            && carries(&texts(message), prompt)
    });
    match asked {
        Some(asked) => turn(all, &asked["info"]["id"]),
        None => TurnRecord::default(),
    }
}

/// The newest turn, whoever began it.
pub fn last_turn(messages: &Value) -> TurnRecord {
    let all = messages.as_array().map_or(&[][..], Vec::as_slice);
    match all.iter().rfind(|message| message["info"]["role"] == "assistant") {
        Some(last) => turn(all, &last["info"]["parentID"]),
        None => TurnRecord::default(),
    }
}

fn turn(all: &[Value], asked: &Value) -> TurnRecord {
    let mut record = TurnRecord { prompt_seen: true, ..TurnRecord::default() };
    for message in all.iter().filter(|message| message["info"]["parentID"] == *asked) {
        let info = &message["info"];
        let said = texts(message);
        if !said.is_empty() {
            record.last_text = said;
        }
        let TurnRecord { interrupted, api_error, .. } = failed_turn(&info["error"]);
        (record.interrupted, record.api_error) = (interrupted, api_error);
        let over = info["finish"].as_str().is_some_and(|why| why != "tool-calls");
        record.ended = over && info["error"].is_null();
    }
    record
}

/// The record of a turn that ended with this error object; null is none.
pub fn failed_turn(error: &Value) -> TurnRecord {
    let interrupted = error["name"] == "MessageAbortedError";
    let api_error = (!error.is_null() && !interrupted).then(|| error_text(error));
    TurnRecord { prompt_seen: true, interrupted, api_error, ..TurnRecord::default() }
}

/// An error object in words: the status first, which tells what kind it is.
fn error_text(error: &Value) -> String {
    let name = error["name"].as_str().unwrap_or("error");
    let message = error["data"]["message"].as_str().unwrap_or_default();
    match error["data"]["statusCode"].as_u64() {
        Some(status) => format!("{status} {message}"),
        None => format!("{name}: {message}"),
    }
}

/// The signal of a turn that has just come to rest; none if a person interrupted it, or nothing tells how it ended.
pub fn end_signal(record: TurnRecord) -> Option<Signal> {
    if let Some(message) = record.api_error {
        let kind = if message.starts_with("ProviderAuthError") {
            FailureKind::Authentication
        } else {
            classify_failure(&message)
        };
        return Some(Signal::TurnFailed { kind, message });
    }
    record.ended.then_some(Signal::TurnEnded { message: record.last_text, background: 0 })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn conversation(last: Value) -> Value {
        json!([
            {"info": {"id": "m1", "role": "user", "time": {"created": 10}}, "parts": [{"type": "text", "text": "# Step 1"}]},
            {"info": {"id": "m2", "parentID": "m1", "role": "assistant", "time": {"created": 11}, "finish": "tool-calls"},
                "parts": [{"type": "text", "text": "First."}, {"type": "tool"}]},
            {"info": last, "parts": [{"type": "text", "text": "Done."}]},
        ])
    }

    #[test]
    fn a_turn_is_followed_to_its_end() {
        let seen = TurnRecord { prompt_seen: true, last_text: "Done.".into(), ..TurnRecord::default() };
        let mut last = json!({"id": "m3", "parentID": "m1", "role": "assistant", "time": {"created": 12}});
        let of = |last: &Value| record_of(&conversation(last.clone()), "# Step  1\n", 9);
        assert_eq!(of(&last), seen);
        assert_eq!(position(&conversation(last.clone())), 12);
        assert_eq!(record_of(&conversation(last.clone()), "# Step 1", 10), TurnRecord::default());
        last["finish"] = json!("stop");
        assert_eq!(of(&last), TurnRecord { ended: true, ..seen.clone() });
        assert_eq!(end_signal(of(&last)), Some(Signal::TurnEnded { message: "Done.".into(), background: 0 }));
        last["error"] = json!({"name": "MessageAbortedError", "data": {}});
        assert_eq!(last_turn(&conversation(last.clone())), TurnRecord { interrupted: true, ..seen });
        assert_eq!(end_signal(of(&last)), None);
        last["error"] =
            json!({"name": "APIError", "data": {"message": "invalid x-api-key", "statusCode": 401}});
        assert_eq!(
            end_signal(of(&last)),
            Some(Signal::TurnFailed {
                kind: FailureKind::Authentication,
                message: "401 invalid x-api-key".into()
            })
        );
    }
}
