//! What a request asks, whichever wire format it came in.
//!
//! Must not know scenarios; it only finds the last real prompt, how far its turn is, and where the caller works.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{dialect::OfferedTool, template::strip_reminders};

/// Line in the system text of an evaluation request.
pub(crate) const EVALUATION_MARK: &str = "AUTOCODE-EVALUATION";
/// Line in the system text of a planning request.
pub(crate) const PLANNING_MARK: &str = "AUTOCODE-PLANNING";
/// Line in the system text of a request to decide a permission.
pub(crate) const APPROVAL_MARK: &str = "AUTOCODE-APPROVAL";
/// Line in the system text of a request to answer a question of the coding CLI.
pub(crate) const QUESTION_MARK: &str = "AUTOCODE-QUESTION";

/// What kind of caller a request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A coding CLI: the request carries tools.
    Coding,
    /// The evaluation of a step.
    Judge,
    /// The proposal of a plan.
    Plan,
    /// The decision about a permission.
    Approval,
    /// The answer to a question of the coding CLI.
    Question,
    /// A coding CLI that wants a title for its session.
    Title,
    /// Anything else.
    Chat,
}

/// A request in the form in which rules look at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelRequest {
    /// Stable for equal requests; part of the ids in the answer.
    pub id: String,
    /// Model as the caller wrote it.
    pub model: String,
    /// What kind of caller it is.
    pub role: Role,
    /// Whether the answer is to be streamed.
    pub stream: bool,
    /// Whether a Chat Completions stream shall end with a usage chunk.
    pub include_usage: bool,
    /// Text blocks of the newest user message that has any, reminders removed; oldest block first.
    pub prompt: Vec<String>,
    /// How many assistant messages with tool calls came after that prompt.
    pub tool_turns: usize,
    /// Working directory as the caller's system text states it.
    pub cwd: Option<String>,
    /// Tools that the caller offers.
    pub tools: Vec<OfferedTool>,
}

/// One message of a conversation.
pub(crate) struct Message {
    pub from: From,
    pub texts: Vec<String>,
    pub calls_tools: bool,
}

/// Who wrote a message.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum From {
    System,
    User,
    Assistant,
    Tool,
}

/// The parts that a wire format finds in a body.
pub(crate) struct Conversation {
    pub system: String,
    pub messages: Vec<Message>,
    pub has_tools: bool,
}

impl ModelRequest {
    pub(crate) fn new(body: &Value, conversation: Conversation) -> Self {
        let messages = merge_assistants(conversation.messages);
        let everything = || {
            let others = messages.iter().filter(|m| m.from != From::Assistant).flat_map(|m| &m.texts);
            std::iter::once(&conversation.system).chain(others)
        };
        let asked = messages.iter().rposition(|m| m.from == From::User && !real_texts(m).is_empty());
        let since = asked.map_or(messages.len(), |i| i + 1);
        Self {
            id: digest(body),
            model: text_at(body, "/model"),
            role: role(body, &conversation.system, conversation.has_tools),
            stream: body.pointer("/stream").and_then(Value::as_bool).unwrap_or(false),
            include_usage: body
                .pointer("/stream_options/include_usage")
                .and_then(Value::as_bool)
                .unwrap_or(false),
            prompt: asked.map(|i| real_texts(&messages[i])).unwrap_or_default(),
            tool_turns: messages[since..]
                .iter()
                .filter(|m| m.from == From::Assistant && m.calls_tools)
                .count(),
            cwd: everything().find_map(|text| working_directory(text)),
            tools: OfferedTool::all(body),
        }
    }

    /// The whole prompt as one text.
    pub fn prompt_text(&self) -> String {
        self.prompt.join("\n")
    }
}

/// The text at a JSON pointer, or nothing.
pub(crate) fn text_at(body: &Value, pointer: &str) -> String {
    body.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The texts of a content value: a string, or a list of parts with `text`.
pub(crate) fn texts(content: &Value) -> Vec<String> {
    match content {
        Value::String(text) => vec![text.clone()],
        Value::Array(parts) => {
            parts.iter().filter_map(|part| part.get("text")?.as_str()).map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}

fn role(body: &Value, system: &str, has_tools: bool) -> Role {
    let marked = |mark: &str| system.lines().any(|line| line.trim() == mark);
    if has_tools {
        Role::Coding
    } else if marked(EVALUATION_MARK) {
        Role::Judge
    } else if marked(PLANNING_MARK) {
        Role::Plan
    } else if marked(APPROVAL_MARK) {
        Role::Approval
    } else if marked(QUESTION_MARK) {
        Role::Question
    // Codex asks for a title in the prompt, and says only in the answer's schema that it is one.
    } else if system.to_lowercase().contains("title")
        || body.pointer("/text/format/schema/properties/title").is_some()
    {
        Role::Title
    } else {
        Role::Chat
    }
}

/// A turn may be split over several items; its calls count as one turn.
fn merge_assistants(messages: Vec<Message>) -> Vec<Message> {
    let mut merged: Vec<Message> = Vec::new();
    for message in messages {
        match merged.last_mut() {
            Some(last) if last.from == From::Assistant && message.from == From::Assistant => {
                last.texts.extend(message.texts);
                last.calls_tools |= message.calls_tools;
            }
            _ => merged.push(message),
        }
    }
    merged
}

fn real_texts(message: &Message) -> Vec<String> {
    message.texts.iter().map(|text| strip_reminders(text)).filter(|text| !text.trim().is_empty()).collect()
}

/// Claude Code states `Primary working directory: /path`, others `Working directory: /path` or `<cwd>/path</cwd>`.
fn working_directory(text: &str) -> Option<String> {
    let from = |mark: &str, end: char| {
        let rest = &text[text.find(mark)? + mark.len()..];
        let path = rest.split(end).next()?.trim();
        path.starts_with('/').then(|| path.to_owned())
    };
    from("rimary working directory: ", '\n')
        .or_else(|| from("orking directory: ", '\n'))
        .or_else(|| from("<cwd>", '<'))
}

fn digest(body: &Value) -> String {
    let mut hasher = DefaultHasher::new();
    body.to_string().hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}
