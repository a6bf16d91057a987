//! Whether a step fails in the same way again: texts of failures, made equal where only accidents differ.
//!
//! Pure; must not decide what follows.

use crate::state::SameError;

/// So many times the same failure ask for another way.
pub const SAME_ERRORS: u32 = 3;
/// Lines of a failure that count: its end is where the reason stands.
const LINES: usize = 12;
/// Longest normalised text, in bytes.
const MAX_TEXT: usize = 1_200;

/// The failure with everything removed that differs between two runs of the same mistake: numbers, hexadecimal ids,
/// letter case, blanks.
pub fn normalised(failure: &str) -> String {
    let lines: Vec<&str> = failure.lines().filter(|line| !line.trim().is_empty()).collect();
    let end = &lines[lines.len().saturating_sub(LINES)..];
    let words = end.iter().flat_map(|line| line.split_whitespace()).map(word);
    let text = words.collect::<Vec<_>>().join(" ");
    crate::coding::text::tail(&text, MAX_TEXT).to_owned()
}

/// A word with every run of digits (and every long hexadecimal one) as `#`.
fn word(word: &str) -> String {
    let mut out = String::new();
    for part in word.to_lowercase().split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let letters = part.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let letters = letters.strip_prefix("0x").unwrap_or(letters);
        let id = letters.len() >= 6
            && letters.chars().all(|c| c.is_ascii_hexdigit())
            && letters.chars().any(|c| c.is_ascii_digit());
        if id {
            out.push('#');
            out.extend(part.chars().last().filter(|c| !c.is_ascii_alphanumeric()));
            continue;
        }
        for c in part.chars() {
            match c {
                '0'..='9' if out.ends_with('#') => {}
                '0'..='9' => out.push('#'),
                _ => out.push(c),
            }
        }
    }
    out
}

/// This failure, counted together with the one before if it is the same.
pub fn counted(before: Option<&SameError>, failure: &str) -> SameError {
    let text = normalised(failure);
    let count = match before {
        Some(before) if before.text == text => before.count + 1,
        _ => 1,
    };
    SameError { text, count }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accidents_do_not_make_another_failure() {
        let first = "FAILED tests/a.rs:12 after 0.31s\n  at 0x7ffe12ab in /tmp/x-4821/a\n\nerror: Expected 3, found 4";
        let again =
            "failed tests/a.rs:14 after 1.9s\n at 0x55aa99 in /tmp/x-17/a\nerror: expected 3,  found 4\n";
        assert_eq!(normalised(first), normalised(again));
        assert_ne!(normalised(first), normalised("error: no such file"));
        let one = counted(None, first);
        assert_eq!(counted(Some(&one), again).count, 2);
        assert_eq!(counted(Some(&one), "something else").count, 1);
    }

    #[test]
    fn only_the_end_counts() {
        let long = |n: usize| format!("{}\n{}", "begin\n".repeat(n), "same end\n".repeat(LINES));
        assert_eq!(normalised(&long(3)), normalised(&long(50)));
    }
}
