//! What a text must be to be accepted: the same for who types it in a page and for who stores it.

/// Longest display name, in characters.
pub const NAME_LIMIT: usize = 80;
/// Longest identity, rules or list of MCP servers of an agent, in KiB.
pub const AGENT_TEXT_KIB: usize = 32;
/// Longest command of another coding CLI, in bytes.
pub const COMMAND_LIMIT: usize = 1000;

/// What is wrong with a display name: 1 to 80 characters on one line.
pub fn name_problem(text: &str) -> Option<&'static str> {
    if !(1..=NAME_LIMIT).contains(&text.trim().chars().count()) {
        return Some("Write 1 to 80 characters.");
    }
    text.chars().any(char::is_control).then_some("Write it on one line.")
}

/// What is wrong with a text that is not plain.
pub const CONTROL: &str =
    "The text contains control characters, for example colours of a terminal; remove them.";

/// Whether a text has no control characters but line ends and tabs: others would be keys in a terminal.
pub fn is_plain(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}

/// What is wrong with a longer text of at most so many KiB.
pub fn text_problem(text: &str, kib: usize) -> Option<String> {
    if text.len() > kib * 1024 {
        return Some(format!("Write at most {kib} KiB."));
    }
    (!is_plain(text)).then(|| CONTROL.to_owned())
}

/// What is wrong with the command that starts another coding CLI.
pub fn command_problem(text: &str) -> Option<&'static str> {
    let usable = (1..=COMMAND_LIMIT).contains(&text.trim().len()) && !text.chars().any(char::is_control);
    (!usable).then_some("Write the command that starts it, on one line of at most 1000 characters.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_bounds() {
        assert_eq!([name_problem("A"), name_problem(&"\u{e4}".repeat(80))], [None, None]);
        for bad in ["", " ", &"a".repeat(81), "a\nb"] {
            assert!(name_problem(bad).is_some(), "{bad:?} was accepted");
        }
        assert_eq!(text_problem(&"x".repeat(1024), 1), None);
        assert!(text_problem(&"x".repeat(1025), 1).is_some() && text_problem("\0", 1).is_some());
        assert_eq!(command_problem(" aider --yes "), None);
        assert!(command_problem(" ").is_some() && command_problem("a\nb").is_some());
    }
}
