//! A scenario's tool calls in the words of the coding CLI that asks.
//!
//! Scenarios speak of Claude Code's tools. A caller that offers others gets the same deed through what it offers: its own
//! tool for files, or else its shell. Must not know wire formats beyond how they list tools.

use serde_json::{Map, Value, json};

use crate::answer::ToolUse;

/// A tool that a caller offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferedTool {
    /// Its name.
    pub name: String,
    /// Names of its input's fields.
    pub fields: Vec<String>,
}

impl OfferedTool {
    /// The tools that a request's body lists, in any of the three wire formats.
    pub(crate) fn all(body: &Value) -> Vec<Self> {
        let tools = body.get("tools").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        tools.iter().filter_map(Self::new).collect()
    }

    fn new(tool: &Value) -> Option<Self> {
        let tool = tool.get("function").unwrap_or(tool);
        let schema = tool.get("input_schema").or_else(|| tool.get("parameters"));
        let fields = schema.and_then(|schema| schema.get("properties")?.as_object());
        Some(Self {
            name: tool.get("name")?.as_str()?.to_owned(),
            fields: fields.map(|fields| fields.keys().cloned().collect()).unwrap_or_default(),
        })
    }

    fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// The first of these fields that the tool has.
    fn field(&self, names: &[&str]) -> Option<&str> {
        self.fields.iter().find(|field| names.contains(&field.as_str())).map(String::as_str)
    }
}

/// The call as the caller can carry it out; unchanged where it offers the very tool, or nothing that would do.
pub(crate) fn translate(call: ToolUse, offered: &[OfferedTool]) -> ToolUse {
    if offered.is_empty() || offered.iter().any(|tool| tool.name == call.name) {
        return call;
    }
    let text = |field: &str| call.input.get(field).and_then(Value::as_str).unwrap_or_default();
    let translated = match call.name.as_str() {
        "Bash" => shell(text("command"), offered),
        "Write" => file_tool("write", &call.input, offered)
            .or_else(|| shell(&write_by_shell(text("file_path"), text("content")), offered)),
        "Read" => file_tool("read", &call.input, offered)
            .or_else(|| shell(&format!("cat {}", quote(text("file_path"))), offered)),
        _ => None,
    };
    translated.unwrap_or(call)
}

/// A tool of this name that takes a path, with the scenario's input under its own field names.
fn file_tool(name: &str, input: &Value, offered: &[OfferedTool]) -> Option<ToolUse> {
    let tool = offered.iter().find(|tool| tool.is(name))?;
    let mut own = Map::new();
    own.insert(tool.field(&["filePath", "file_path", "path"])?.to_owned(), input.get("file_path")?.clone());
    if let Some(content) = input.get("content") {
        own.insert(tool.field(&["content", "contents", "text"])?.to_owned(), content.clone());
    }
    Some(ToolUse { name: tool.name.clone(), input: Value::Object(own) })
}

/// A call of whichever tool runs commands.
fn shell(command: &str, offered: &[OfferedTool]) -> Option<ToolUse> {
    let names = ["bash", "exec_command", "shell_command", "shell"];
    let tool = names.iter().find_map(|name| offered.iter().find(|tool| tool.is(name)))?;
    let mut input = Map::new();
    match tool.field(&["cmd", "command"])? {
        // Codex's oldest tool takes the words of a command.
        "command" if tool.is("shell") => {
            input.insert("command".to_owned(), json!(["bash", "-c", command]));
        }
        field => {
            input.insert(field.to_owned(), json!(command));
        }
    }
    if tool.field(&["description"]).is_some() {
        input.insert("description".to_owned(), json!("Work on the step"));
    }
    Some(ToolUse { name: tool.name.clone(), input: Value::Object(input) })
}

fn write_by_shell(path: &str, content: &str) -> String {
    let end = if content.ends_with('\n') { "" } else { "\n" };
    let folder = path.rsplit_once('/').map_or(".", |(folder, _)| folder);
    format!(
        "mkdir -p {} && cat > {} <<'END_OF_TEXT'\n{content}{end}END_OF_TEXT\n",
        quote(folder),
        quote(path)
    )
}

fn quote(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(name: &str, input: Value) -> ToolUse {
        ToolUse { name: name.to_owned(), input }
    }

    fn write() -> ToolUse {
        call("Write", json!({"file_path": "/w/a/b.txt", "content": "x\n"}))
    }

    fn bash() -> ToolUse {
        call("Bash", json!({"command": "ls", "description": "List"}))
    }

    #[test]
    fn who_offers_the_very_tools_gets_the_scenario_as_it_is() {
        let offered = OfferedTool::all(&json!({"tools": [{"name": "Write", "input_schema": {}}]}));
        assert_eq!(translate(write(), &offered), write());
        assert_eq!(translate(bash(), &[]), bash());
        assert_eq!(translate(call("Nothing", json!({})), &offered), call("Nothing", json!({})));
    }

    #[test]
    fn opencode_gets_its_own_field_names() {
        let offered = OfferedTool::all(&json!({"tools": [
            {"name": "bash", "input_schema": {"properties": {"command": {}, "timeout": {}}}},
            {"name": "write", "input_schema": {"properties": {"content": {}, "filePath": {}}}},
            {"name": "read", "input_schema": {"properties": {"filePath": {}, "limit": {}}}},
        ]}));
        assert_eq!(
            translate(write(), &offered),
            call("write", json!({"filePath": "/w/a/b.txt", "content": "x\n"}))
        );
        assert_eq!(
            translate(call("Read", json!({"file_path": "/w/a"})), &offered),
            call("read", json!({"filePath": "/w/a"}))
        );
        assert_eq!(translate(bash(), &offered), call("bash", json!({"command": "ls"})));
    }

    #[test]
    fn codex_writes_files_with_its_shell() {
        let offered = OfferedTool::all(&json!({"tools": [
            {"type": "function", "name": "exec_command", "parameters": {"properties": {"cmd": {}, "workdir": {}}}},
            {"type": "web_search"},
        ]}));
        assert_eq!(translate(bash(), &offered), call("exec_command", json!({"cmd": "ls"})));
        let text = "mkdir -p '/w/a' && cat > '/w/a/b.txt' <<'END_OF_TEXT'\nx\nEND_OF_TEXT\n";
        assert_eq!(translate(write(), &offered), call("exec_command", json!({"cmd": text})));
        let old = OfferedTool::all(&json!({"tools": [
            {"function": {"name": "shell", "parameters": {"properties": {"command": {}}}}},
        ]}));
        assert_eq!(translate(bash(), &old), call("shell", json!({"command": ["bash", "-c", "ls"]})));
    }
}
