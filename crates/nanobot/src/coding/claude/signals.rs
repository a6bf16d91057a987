//! What Claude Code pushes and publishes: hook payloads and its status file.
//!
//! Must not decide. The status file is undocumented; a missing or odd one means "unknown", never an error.

use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::coding::{Activity, FailureKind, Signal, decide::classify_failure};

fn text(payload: &Value, field: &str) -> String {
    payload.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The meaning of a hook's payload; `None` for hooks that say nothing to the loop.
pub fn signal(payload: &Value) -> Option<Signal> {
    Some(match payload.get("hook_event_name")?.as_str()? {
        "SessionStart" => Signal::SessionStarted { source: text(payload, "source") },
        "UserPromptSubmit" => Signal::PromptSubmitted { text: text(payload, "prompt") },
        "Stop" => Signal::TurnEnded {
            message: text(payload, "last_assistant_message"),
            background: payload.get("background_tasks").and_then(Value::as_array).map_or(0, Vec::len),
        },
        "StopFailure" => {
            let error = text(payload, "error");
            let said = text(payload, "last_assistant_message");
            let message = if said.is_empty() { error.clone() } else { format!("{error}: {said}") };
            Signal::TurnFailed { kind: failure_kind(&error, &message), message }
        }
        "PreCompact" => Signal::Compacting,
        "PostCompact" => Signal::Compacted,
        "Notification" => Signal::Notice { message: text(payload, "message") },
        "SessionEnd" => Signal::SessionEnded { reason: text(payload, "reason") },
        _ => return None,
    })
}

fn failure_kind(error: &str, message: &str) -> FailureKind {
    match error {
        "authentication_failed" | "permission_denied" => FailureKind::Authentication,
        "billing_error" => FailureKind::Billing,
        "rate_limit" => FailureKind::RateLimit,
        "server_error" | "overloaded" => FailureKind::Server,
        _ => classify_failure(message),
    }
}

/// One phrase about a tool call, for the log.
pub fn tool_summary(payload: &Value) -> String {
    let input = payload.get("tool_input");
    let detail = ["command", "file_path", "url", "pattern", "description"]
        .iter()
        .find_map(|field| input?.get(field)?.as_str())
        .unwrap_or_default();
    let detail: String = detail.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(160).collect();
    format!("{} {detail}", text(payload, "tool_name")).trim().to_owned()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StatusFile {
    pid: u32,
    #[serde(default)]
    session_id: String,
    #[serde(default)]
    status: String,
}

/// What a CLI's process says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// What it is doing.
    pub activity: Activity,
    /// Its conversation.
    pub session_id: String,
}

/// Reads the status file of the CLI with this process id.
pub async fn status(config_dir: &Path, pid: u32) -> Option<Status> {
    let bytes = tokio::fs::read(config_dir.join(format!("sessions/{pid}.json"))).await.ok()?;
    let file: StatusFile = serde_json::from_slice(&bytes).ok()?;
    if file.pid != pid {
        return None;
    }
    let activity = match file.status.as_str() {
        // "shell": no turn is under way, but a background shell of one still runs.
        "idle" | "shell" => Activity::Idle,
        "busy" => Activity::Busy,
        "waiting" => Activity::Waiting,
        _ => Activity::Unknown,
    };
    Some(Status { activity, session_id: file.session_id })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn payloads_become_signals() {
        let stop =
            json!({"hook_event_name": "Stop", "last_assistant_message": "Done.", "background_tasks": [{}]});
        assert_eq!(signal(&stop), Some(Signal::TurnEnded { message: "Done.".into(), background: 1 }));
        let failure = json!({"hook_event_name": "StopFailure", "error": "billing_error"});
        assert_eq!(
            signal(&failure),
            Some(Signal::TurnFailed { kind: FailureKind::Billing, message: "billing_error".into() })
        );
        assert_eq!(signal(&json!({"hook_event_name": "PermissionRequest"})), None);
        assert_eq!(signal(&json!([])), None);
    }

    #[tokio::test]
    async fn only_the_process_own_status_counts() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("sessions")).unwrap();
        let file = folder.path().join("sessions/7.json");
        std::fs::write(&file, r#"{"pid":7,"sessionId":"s","status":"waiting"}"#).unwrap();
        let seen = status(folder.path(), 7).await.unwrap();
        assert_eq!((seen.activity, seen.session_id.as_str()), (Activity::Waiting, "s"));
        std::fs::write(&file, r#"{"pid":8,"sessionId":"s","status":"idle"}"#).unwrap();
        assert_eq!(status(folder.path(), 7).await, None);
        std::fs::write(&file, "{").unwrap();
        assert_eq!(status(folder.path(), 7).await, None);
    }
}
