//! The providers' wire formats, each in its own file.
//!
//! Must not know scenarios: bodies in, conversations out; answers in, bodies or events out.

mod chat;
mod messages;
mod responses;

use serde_json::{Value, json};

use crate::{
    answer::Answer,
    request::{Conversation, ModelRequest},
};

/// How many pieces a streamed text has at most.
const TEXT_PIECES: usize = 5;
/// How many pieces the streamed input of a tool has at most.
const INPUT_PIECES: usize = 3;

/// A wire format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wire {
    /// Anthropic Messages.
    Messages,
    /// OpenAI Chat Completions.
    Chat,
    /// OpenAI Responses.
    Responses,
}

impl Wire {
    /// Finds the conversation in a request body; what is missing counts as empty.
    pub(crate) fn conversation(self, body: &Value) -> Conversation {
        match self {
            Self::Messages => messages::conversation(body),
            Self::Chat => chat::conversation(body),
            Self::Responses => responses::conversation(body),
        }
    }

    /// The answer as one JSON body.
    pub(crate) fn whole(self, request: &ModelRequest, answer: &Answer) -> Value {
        match self {
            Self::Messages => messages::whole(request, answer),
            Self::Chat => chat::whole(request, answer),
            Self::Responses => responses::whole(request, answer, "completed"),
        }
    }

    /// The answer as server-sent events, each with its blank line.
    pub(crate) fn events(self, request: &ModelRequest, answer: &Answer) -> Vec<String> {
        match self {
            Self::Messages => messages::events(request, answer),
            Self::Chat => chat::events(request, answer),
            Self::Responses => responses::events(request, answer),
        }
    }

    /// An error body.
    pub(crate) fn error(self, kind: &str, message: &str) -> Value {
        match self {
            Self::Messages => json!({ "type": "error", "error": { "type": kind, "message": message } }),
            Self::Chat | Self::Responses => {
                json!({ "error": { "message": message, "type": kind, "param": null, "code": kind } })
            }
        }
    }
}

/// An event whose name is also its `type` field.
fn named_event(data: &Value) -> String {
    format!("event: {}\ndata: {data}\n\n", data["type"].as_str().unwrap_or("message"))
}

fn has_tools(body: &Value) -> bool {
    body.get("tools").and_then(Value::as_array).is_some_and(|tools| !tools.is_empty())
}
