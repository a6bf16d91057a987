//! Claude Code's record of a conversation: one JSON object a line.
//!
//! Must not decide. The format is the CLI's own and may grow: lines that are not understood are skipped.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};

use crate::coding::{CliError, TurnRecord, text::carries};

/// How much of a record is read at most, in bytes.
const MAX_READ: u64 = 64 * 1024 * 1024;

/// The file of a conversation, wherever the CLI put it; `None` while there is none.
pub async fn find(config_dir: &Path, session_id: &str) -> Option<PathBuf> {
    let name = format!("{session_id}.jsonl");
    let mut folders = tokio::fs::read_dir(config_dir.join("projects")).await.ok()?;
    while let Ok(Some(folder)) = folders.next_entry().await {
        let file = folder.path().join(&name);
        if tokio::fs::try_exists(&file).await.unwrap_or(false) {
            return Some(file);
        }
    }
    None
}

/// Length of a record in bytes; 0 while there is none.
pub async fn length(path: Option<&Path>) -> u64 {
    match path {
        Some(path) => tokio::fs::metadata(path).await.map_or(0, |data| data.len()),
        None => 0,
    }
}

/// What a record says, from a position on, about a prompt.
///
/// # Errors
/// The file is there but cannot be read.
pub async fn record_of(path: &Path, prompt: &str, position: u64) -> Result<TurnRecord, CliError> {
    let failed = || CliError::file("the CLI's record could not be read");
    let mut file = tokio::fs::File::open(path).await.map_err(failed())?;
    let length = file.metadata().await.map_err(failed())?.len();
    // A record that became shorter was begun anew: then all of it is news.
    let start = if position > length { 0 } else { position };
    file.seek(std::io::SeekFrom::Start(start)).await.map_err(failed())?;
    let mut bytes = Vec::new();
    file.take(MAX_READ).read_to_end(&mut bytes).await.map_err(failed())?;
    Ok(read(&String::from_utf8_lossy(&bytes), prompt))
}

fn read(text: &str, prompt: &str) -> TurnRecord {
    let mut record = TurnRecord::default();
    for line in text.lines() {
        let Ok(value) = serde_json::from_str::<Value>(line) else { continue };
        if value.get("isSidechain").and_then(Value::as_bool) == Some(true) {
            continue;
        }
        if prompts(&value).iter().any(|text| carries(text, prompt)) {
            record = TurnRecord { prompt_seen: true, ..TurnRecord::default() };
            continue;
        }
        if record.prompt_seen {
            note(&value, &mut record);
        }
    }
    record
}

/// Texts that a person or we sent with this line.
fn prompts(value: &Value) -> Vec<&str> {
    let mut found = Vec::new();
    // A summary may repeat what was sent; that is no second arrival.
    if value.get("isCompactSummary").and_then(Value::as_bool) == Some(true) {
        return found;
    }
    if value.get("type").and_then(Value::as_str) == Some("user") {
        found.extend(texts(value.pointer("/message/content")));
    }
    // A prompt that was sent while a tool ran is folded into the turn as an attachment.
    found.extend(value.pointer("/attachment/prompt").and_then(Value::as_str));
    found
}

fn texts(content: Option<&Value>) -> Vec<&str> {
    match content {
        Some(Value::String(text)) => vec![text],
        Some(Value::Array(blocks)) => blocks.iter().filter_map(|block| block.get("text")?.as_str()).collect(),
        _ => Vec::new(),
    }
}

fn note(value: &Value, record: &mut TurnRecord) {
    let kind = value.get("type").and_then(Value::as_str).unwrap_or_default();
    let said = texts(value.pointer("/message/content"));
    match kind {
        "assistant" => {
            let end = value.pointer("/message/stop_reason").and_then(Value::as_str);
            if value.get("isApiErrorMessage").and_then(Value::as_bool) == Some(true) {
                record.api_error = Some(said.join("\n"));
                return;
            }
            record.api_error = None;
            record.ended = matches!(end, Some("end_turn" | "stop_sequence"));
            if !said.is_empty() {
                record.last_text = said.join("\n");
            }
        }
        "user" => {
            record.ended = false;
            record.interrupted = said.iter().any(|text| text.starts_with("[Request interrupted by user"));
        }
        "system" => {
            let subtype = value.get("subtype").and_then(Value::as_str).unwrap_or_default();
            if matches!(subtype, "turn_duration" | "stop_hook_summary")
                && record.api_error.is_none()
                && !record.interrupted
            {
                record.ended = true;
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROMPT: &str = "# Step s1: X\n\nDo it.\n";
    const SENT: &str = r##"{"type":"user","message":{"role":"user","content":"# Step s1: X\n\nDo it."}}"##;
    const SAID: &str = r#"{"type":"assistant","message":{"content":[{"type":"text","text":"Done."}],"stop_reason":"end_turn"}}"#;
    const TOOL: &str =
        r#"{"type":"assistant","message":{"content":[{"type":"tool_use"}],"stop_reason":"tool_use"}}"#;

    #[test]
    fn a_turn_is_followed_from_its_prompt() {
        assert_eq!(read(SAID, PROMPT), TurnRecord::default());
        let seen = TurnRecord { prompt_seen: true, ..TurnRecord::default() };
        assert_eq!(read(&format!("{SAID}\nrubbish\n{SENT}\n{TOOL}\n"), PROMPT), seen);
        let ended = TurnRecord { ended: true, last_text: "Done.".into(), ..seen.clone() };
        assert_eq!(read(&format!("{SENT}\n{TOOL}\n{SAID}\n"), PROMPT), ended);
        // A half-written last line says nothing.
        assert_eq!(read(&format!("{SENT}\n{}", &SAID[..60]), PROMPT), seen);
    }

    #[test]
    fn interruptions_and_errors_are_not_ends() {
        let interrupted = r#"{"type":"user","message":{"content":[{"type":"text","text":"[Request interrupted by user]"}]}}"#;
        assert!(read(&format!("{SENT}\n{interrupted}"), PROMPT).interrupted);
        let error = r#"{"type":"assistant","isApiErrorMessage":true,"message":{"content":[{"type":"text","text":"API Error: 500"}]}}"#;
        let record =
            read(&format!("{SENT}\n{error}\n{}", r#"{"type":"system","subtype":"turn_duration"}"#), PROMPT);
        assert_eq!((record.ended, record.api_error.as_deref()), (false, Some("API Error: 500")));
    }

    #[test]
    fn words_that_a_person_added_do_not_hide_a_prompt_and_a_summary_is_none() {
        let added = SENT.replace("Do it.", "Do it.\\nhold on");
        assert!(read(&added, PROMPT).prompt_seen);
        let summary = SENT.replace(r#"{"type":"user""#, r#"{"type":"user","isCompactSummary":true"#);
        assert!(!read(&summary, PROMPT).prompt_seen);
    }

    #[test]
    fn a_prompt_folded_into_a_turn_is_seen() {
        let folded = r##"{"type":"attachment","attachment":{"type":"queued_command","prompt":"# Step s1: X\n\nDo it."}}"##;
        assert!(read(folded, PROMPT).prompt_seen);
    }
}
