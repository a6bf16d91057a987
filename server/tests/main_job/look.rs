//! Looking at processes and at what the model was asked.

use app::model::Project;
use serde_json::{Value, json};

/// Processes that a process started.
pub fn children(pid: u32) -> Vec<u32> {
    let parent = |pid: u32| -> Option<u32> {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
    };
    let all = std::fs::read_dir("/proc").unwrap().flatten();
    let all = all.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    all.filter(|child| parent(*child) == Some(pid)).collect()
}

/// Whether a process is the server without rights or bubblewrap in front of it.
pub fn is_server(pid: u32) -> bool {
    let command = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    command.split(|byte| *byte == 0).any(|word| word == b"server")
}

pub fn is_header(line: &str) -> bool {
    ["# Step ", "# Fix step ", "# Continue step "].iter().any(|start| line.starts_with(start))
}

/// The texts that user messages of an Anthropic request carry, without reminders of the CLI and tool results.
pub fn user_texts(body: &Value) -> Vec<String> {
    let messages = body["messages"].as_array().cloned().unwrap_or_default();
    let user = messages.iter().filter(|m| m["role"] == "user");
    user.flat_map(|m| match &m["content"] {
        Value::String(text) => vec![text.clone()],
        Value::Array(blocks) => blocks.iter().filter_map(|b| b["text"].as_str()).map(str::to_owned).collect(),
        _ => Vec::new(),
    })
    .filter(|text| !text.trim_start().starts_with("<system-reminder>"))
    .collect()
}

/// A project before there is one.
pub fn placeholder() -> Project {
    serde_json::from_value(json!({
        "id": 0, "agent_id": 0, "name": "-", "slug": "none", "description": "", "architecture": null,
        "implementation_plan": {"steps": []}, "status": "created", "status_reason": null, "question": null,
        "suggestions": [], "help_screen": null, "resumes_at": null, "approval_policy": null, "approve_plan": false,
        "current_step": 0, "tmux_session": "", "workspace_path": "", "running": false, "queued": false, "isolation_warning": null,
        "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z", "clone_url": null,
    }))
    .unwrap()
}
