//! Small work on text: placeholders in scenarios, reminders in prompts, pieces for streaming.
//!
//! Must not know where a text comes from or goes to.

use serde_json::Value;

/// Replaces each `{{name}}` for which there is a value, in one pass; the rest stays.
pub(crate) fn expand(text: &str, value: &impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("{{") {
        let Some(end) = rest[start..].find("}}").map(|i| start + i) else {
            break;
        };
        out.push_str(&rest[..start]);
        match value(&rest[start + 2..end]) {
            Some(text) => out.push_str(&text),
            None => out.push_str(&rest[start..end + 2]),
        }
        rest = &rest[end + 2..];
    }
    out.push_str(rest);
    out
}

/// [`expand`] in every string of a JSON value.
pub(crate) fn expand_json(json: &Value, value: &impl Fn(&str) -> Option<String>) -> Value {
    match json {
        Value::String(text) => Value::String(expand(text, value)),
        Value::Array(items) => items.iter().map(|item| expand_json(item, value)).collect(),
        Value::Object(fields) => fields.iter().map(|(k, v)| (k.clone(), expand_json(v, value))).collect(),
        other => other.clone(),
    }
}

/// Removes the `<system-reminder>` parts that Claude Code adds to messages of the user.
pub(crate) fn strip_reminders(text: &str) -> String {
    const OPEN: &str = "<system-reminder>";
    const CLOSE: &str = "</system-reminder>";
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(OPEN) {
        out.push_str(&rest[..start]);
        match rest[start..].find(CLOSE) {
            Some(end) => rest = &rest[start + end + CLOSE.len()..],
            None => return out,
        }
    }
    out.push_str(rest);
    out
}

/// The text in up to `count` pieces of about equal length.
pub(crate) fn pieces(text: &str, count: usize) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let size = chars.len().div_ceil(count.max(1)).max(1);
    chars.chunks(size).map(|piece| piece.iter().collect()).collect()
}

/// The last lines of the part of an evaluation request that holds the verify command's output: what follows a line that
/// names it, between `<data>` and `</data>`.
pub(crate) fn verify_tail(text: &str) -> String {
    const KEPT: usize = 15;
    let section: Vec<&str> = text
        .lines()
        .skip_while(|line| !line.starts_with("Verify output"))
        .skip(1)
        .take_while(|line| line.trim() != "</data>")
        .filter(|line| line.trim() != "<data>" && !line.trim().is_empty())
        .collect();
    section[section.len().saturating_sub(KEPT)..].join("\n")
}

/// What the line `Verify exit code: …` says.
pub(crate) fn verify_code(text: &str) -> Option<&str> {
    text.lines().find_map(|line| line.trim().strip_prefix("Verify exit code:")).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_replaced_once() {
        let value = |name: &str| (name == "cwd").then(|| "/w/{{cwd}}".to_owned());
        assert_eq!(expand("{{cwd}}/a ${x} {{other}} {{", &value), "/w/{{cwd}}/a ${x} {{other}} {{");
    }

    #[test]
    fn reminders_go_and_prompts_stay() {
        assert_eq!(
            strip_reminders("<system-reminder>\nx\n</system-reminder>\n\n# Step 1: A"),
            "\n\n# Step 1: A"
        );
        assert_eq!(strip_reminders("a<system-reminder>b"), "a");
    }

    #[test]
    fn pieces_put_together_are_the_text() {
        for text in ["", "a", "żółć and more text", "1234567"] {
            assert_eq!(pieces(text, 4).concat(), text);
            assert!(pieces(text, 4).len() <= 4);
        }
    }

    #[test]
    fn the_tail_is_the_verify_section() {
        let text = "Verify exit code: 1\n\nVerify output (its end):\n<data>\n--- ok\n\nFAIL - b\n</data>\n\nChanges:\n<data>\nx\n</data>\n";
        assert_eq!(verify_tail(text), "--- ok\nFAIL - b");
        assert_eq!(verify_code(text), Some("1"));
        assert_eq!(verify_tail("nothing"), "");
    }
}
