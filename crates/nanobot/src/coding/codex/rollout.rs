//! Codex's record of a conversation, the rollout file: one JSON object a line.
//!
//! Must not decide. The format is the CLI's own and may grow: lines that are not understood are skipped.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};

use crate::coding::{CliError, TurnRecord, text::carries};

/// How much of a record is read at most, in bytes.
const MAX_READ: u64 = 64 * 1024 * 1024;
/// How deep the folders of a year, a month and a day are.
const DEPTH: usize = 3;

/// Whether a turn is under way, by the record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TurnState {
    /// No turn was begun.
    #[default]
    None,
    /// A turn has begun and not ended.
    Running,
    /// The last turn is over.
    Over,
}

/// Follows the end of a record, reading only what is new.
#[derive(Debug, Default)]
pub struct Tail {
    path: PathBuf,
    read: u64,
    rest: Vec<u8>,
    state: TurnState,
}

impl Tail {
    /// The state as of now; what cannot be read changes nothing.
    pub async fn state(&mut self, path: &Path) -> TurnState {
        if self.path != path || length(Some(path)).await < self.read {
            *self = Self { path: path.to_owned(), ..Self::default() };
        }
        if let Ok(bytes) = read_from(path, self.read).await {
            self.read += bytes.len() as u64;
            self.rest.extend(bytes);
            let complete = self.rest.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            for line in self.rest.drain(..complete).collect::<Vec<u8>>().split(|byte| *byte == b'\n') {
                match serde_json::from_slice::<Value>(line).ok().as_ref().and_then(event) {
                    Some("task_started" | "turn_started") => self.state = TurnState::Running,
                    Some("task_complete" | "turn_complete" | "turn_aborted") => self.state = TurnState::Over,
                    _ => {}
                }
            }
        }
        self.state
    }
}

/// The kind of an event line.
fn event(line: &Value) -> Option<&str> {
    (line.get("type")?.as_str()? == "event_msg").then_some(())?;
    line.pointer("/payload/type")?.as_str()
}

/// The file of a conversation; `None` while there is none.
pub async fn find(codex_home: &Path, id: &str) -> Option<PathBuf> {
    let ending = format!("-{id}.jsonl");
    let mut folders = vec![(codex_home.join("sessions"), 0)];
    while let Some((folder, depth)) = folders.pop() {
        let Ok(mut entries) = tokio::fs::read_dir(&folder).await else { continue };
        while let Ok(Some(entry)) = entries.next_entry().await {
            if depth < DEPTH && entry.file_type().await.is_ok_and(|kind| kind.is_dir()) {
                folders.push((entry.path(), depth + 1));
            } else if entry.file_name().to_string_lossy().ends_with(&ending) {
                return Some(entry.path());
            }
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

async fn read_from(path: &Path, position: u64) -> std::io::Result<Vec<u8>> {
    let mut file = tokio::fs::File::open(path).await?;
    file.seek(std::io::SeekFrom::Start(position)).await?;
    let mut bytes = Vec::new();
    file.take(MAX_READ).read_to_end(&mut bytes).await?;
    Ok(bytes)
}

/// What a record says, from a position on, about a prompt.
///
/// # Errors
/// The file is there but cannot be read.
pub async fn record_of(path: &Path, prompt: &str, position: u64) -> Result<TurnRecord, CliError> {
    // A record that became shorter was begun anew: then all of it is news.
    let start = if position > length(Some(path)).await { 0 } else { position };
    let bytes = read_from(path, start).await.map_err(CliError::file("the CLI's record could not be read"))?;
    Ok(read(&String::from_utf8_lossy(&bytes), prompt))
}

fn read(text: &str, prompt: &str) -> TurnRecord {
    let mut record = TurnRecord::default();
    for line in text.lines() {
        let Ok(value) = serde_json::from_str::<Value>(line) else { continue };
        if said_by(&value, "user").is_some_and(|text| carries(&text, prompt)) {
            record = TurnRecord { prompt_seen: true, ..TurnRecord::default() };
        } else if record.prompt_seen {
            note(&value, &mut record);
        }
    }
    record
}

/// The text of a message line of this role.
fn said_by(line: &Value, role: &str) -> Option<String> {
    let payload = line.get("payload")?;
    let fits = line.get("type")?.as_str()? == "response_item"
        && payload.get("type")?.as_str()? == "message"
        && payload.get("role")?.as_str()? == role;
    fits.then_some(())?;
    let parts = payload.get("content")?.as_array()?;
    Some(parts.iter().filter_map(|part| part.get("text")?.as_str()).collect::<Vec<_>>().join("\n"))
}

fn note(line: &Value, record: &mut TurnRecord) {
    if let Some(text) = said_by(line, "assistant") {
        record.last_text = text;
        return;
    }
    match event(line) {
        Some("task_complete" | "turn_complete") => {
            let error = line.pointer("/payload/error/message").and_then(Value::as_str);
            record.api_error = error.map(str::to_owned);
            record.ended = error.is_none();
        }
        Some("turn_aborted") => record.interrupted = true,
        Some("task_started" | "turn_started") => {
            (record.ended, record.interrupted, record.api_error) = (false, false, None);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROMPT: &str = "# Step s1: X\n\nDo it.\n";
    const BEGUN: &str = r#"{"type":"event_msg","payload":{"type":"task_started"}}"#;
    const SENT: &str = r##"{"type":"response_item","payload":{"type":"message","role":"user","content":[{"type":"input_text","text":"# Step s1: X\n\nDo it."}]}}"##;
    const SAID: &str = r#"{"type":"response_item","payload":{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Done."}]}}"#;
    const OVER: &str =
        r#"{"type":"event_msg","payload":{"type":"task_complete","last_agent_message":"Done."}}"#;
    const FAILED: &str = r#"{"type":"event_msg","payload":{"type":"task_complete","error":{"message":"unexpected status 401"}}}"#;
    const ABORTED: &str = r#"{"type":"event_msg","payload":{"type":"turn_aborted","reason":"interrupted"}}"#;

    #[test]
    fn a_turn_is_followed_from_its_prompt() {
        let of = |lines: &[&str]| read(&lines.join("\n"), PROMPT);
        let seen = TurnRecord { prompt_seen: true, ..TurnRecord::default() };
        assert_eq!(of(&[SAID, OVER]), TurnRecord::default());
        assert_eq!(of(&[OVER, BEGUN, "rubbish", SENT]), seen);
        let said = TurnRecord { last_text: "Done.".into(), ..seen.clone() };
        assert_eq!(of(&[SENT, SAID, &OVER[..40]]), said);
        assert_eq!(of(&[SENT, SAID, OVER]), TurnRecord { ended: true, ..said });
        assert_eq!(of(&[SENT, ABORTED]), TurnRecord { interrupted: true, ..seen.clone() });
        assert_eq!(
            of(&[SENT, FAILED]),
            TurnRecord { api_error: Some("unexpected status 401".into()), ..seen }
        );
    }

    #[tokio::test]
    async fn the_tail_reads_only_whole_lines_and_begins_anew_with_another_file() {
        let folder = tempfile::tempdir().unwrap();
        let day = folder.path().join("sessions/2026/01/02");
        std::fs::create_dir_all(&day).unwrap();
        let path = day.join("rollout-2026-01-02T03-04-05-abc.jsonl");
        std::fs::write(&path, format!("{BEGUN}\n{}", &OVER[..30])).unwrap();
        assert_eq!(find(folder.path(), "abc").await.as_deref(), Some(path.as_path()));
        assert_eq!(find(folder.path(), "abd").await, None);
        let mut tail = Tail::default();
        assert_eq!(tail.state(&path).await, TurnState::Running);
        std::fs::write(&path, format!("{BEGUN}\n{OVER}\n")).unwrap();
        assert_eq!(tail.state(&path).await, TurnState::Over);
        std::fs::write(&path, "\n").unwrap();
        assert_eq!(tail.state(&path).await, TurnState::None);
    }
}
