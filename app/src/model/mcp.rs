//! MCP servers as people write them: JSON in the usual `mcpServers` shape.

use serde_json::{Map, Value};

/// The servers in a text: an object by name, bare or as the value of `mcpServers`; none for a blank text.
///
/// # Errors
/// One sentence on what is wrong, for the person who wrote it.
pub fn parse_mcp_servers(text: &str) -> Result<Value, String> {
    if text.trim().is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    let mut value: Value = serde_json::from_str(text)
        .map_err(|error| format!("That is no JSON: line {}, column {}.", error.line(), error.column()))?;
    if let Value::Object(object) = &mut value
        && object.len() == 1
        && let Some(inner) = object.remove("mcpServers")
    {
        value = inner;
    }
    match mcp_problem(&value) {
        Some(problem) => Err(problem),
        None => Ok(value),
    }
}

/// The servers as a text to edit; blank for none.
pub fn mcp_servers_text(servers: &Value) -> String {
    if servers.as_object().is_none_or(Map::is_empty) {
        return String::new();
    }
    let wrapped = serde_json::json!({ "mcpServers": servers });
    // Only a map with keys that are no text could fail to be written.
    serde_json::to_string_pretty(&wrapped).unwrap_or_default()
}

/// The entries that start a program on the machine, as opposed to those that only name a url.
pub fn mcp_commands(servers: &Value) -> Vec<Value> {
    let entries = servers.as_object().into_iter().flat_map(Map::values);
    entries.filter(|server| server.get("command").is_some()).cloned().collect()
}

/// What is wrong with an object of servers by name, in one sentence.
pub fn mcp_problem(servers: &Value) -> Option<String> {
    let Value::Object(servers) = servers else {
        return Some("Write a JSON object with one entry per server.".to_owned());
    };
    servers.iter().find_map(|(name, server)| {
        let why = server_problem(name, server)?;
        Some(format!("Server \u{201c}{name}\u{201d}: {why}"))
    })
}

fn server_problem(name: &str, server: &Value) -> Option<&'static str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.len() > 64 || !name.chars().all(plain) {
        return Some("its name has 1 to 64 letters, digits, dots, hyphens and underscores.");
    }
    let Value::Object(server) = server else { return Some("its entry is an object.") };
    let text = |key: &str| server.get(key).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    let web = |url: &str| url.starts_with("https://") || url.starts_with("http://");
    match (text("command"), text("url")) {
        (Some(_), Some(_)) => return Some("it has either a command or a url, not both."),
        (None, None) => return Some("it needs a command to start it, or the url where it is."),
        (None, Some(url)) if !web(url) => return Some("its url begins with https:// or http://."),
        _ => {}
    }
    let texts = |value: &Value| value.as_array().is_some_and(|all| all.iter().all(Value::is_string));
    if server.get("args").is_some_and(|args| !texts(args)) {
        return Some("its args are a list of texts.");
    }
    let pairs = |value: &Value| value.as_object().is_some_and(|all| all.values().all(Value::is_string));
    if ["env", "headers"].iter().any(|key| server.get(*key).is_some_and(|value| !pairs(value))) {
        return Some("its env and headers are objects of texts.");
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_usual_shape_and_the_bare_object_are_the_same() {
        let servers = json!({"docs": {"command": "npx", "args": ["-y", "docs"], "env": {"A": "b"}}});
        assert_eq!(parse_mcp_servers(&servers.to_string()), Ok(servers.clone()));
        let text = mcp_servers_text(&servers);
        assert!(text.contains("mcpServers"));
        assert_eq!(parse_mcp_servers(&text), Ok(servers));
        assert_eq!(parse_mcp_servers(" \n"), Ok(json!({})));
        assert_eq!(mcp_servers_text(&json!({})), "");
    }

    #[test]
    fn only_entries_with_a_command_run_one() {
        let servers = json!({"a": {"command": "x", "args": ["y"]}, "b": {"url": "https://z"}});
        assert_eq!(mcp_commands(&servers), [json!({"command": "x", "args": ["y"]})]);
        assert_eq!(mcp_commands(&json!({})), Vec::<Value>::new());
    }

    #[test]
    fn what_no_cli_could_start_is_refused_with_the_reason() {
        let problems = [
            ("[]", "Write a JSON object"),
            ("{\n\"a\":}", "line 2"),
            (r#"{"a b": {"command": "x"}}"#, "name"),
            (r#"{"a": "x"}"#, "object"),
            (r#"{"a": {}}"#, "needs a command"),
            (r#"{"a": {"command": "x", "url": "https://y"}}"#, "either"),
            (r#"{"a": {"url": "file:///etc"}}"#, "https://"),
            (r#"{"a": {"command": "x", "args": "y"}}"#, "args"),
            (r#"{"a": {"command": "x", "env": {"k": 1}}}"#, "env"),
        ];
        for (text, wanted) in problems {
            let problem = parse_mcp_servers(text).unwrap_err();
            assert!(problem.contains(wanted), "{text}: {problem}");
        }
    }
}
