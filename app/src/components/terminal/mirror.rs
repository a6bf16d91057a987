//! What a terminal is sent when the text in a field changes: a phone's keyboard writes into the field, corrects and
//! replaces words there, and the terminal follows.
//!
//! Pure, so that it can be tested without a browser. Must not know the field.

/// What a terminal takes as "remove the character before the cursor".
pub const DELETE: char = '\u{7f}';

/// The keys that turn `before` into `after` on a terminal whose cursor stands at the end of `before`.
pub fn difference(before: &str, after: &str) -> String {
    let same = before.chars().zip(after.chars()).take_while(|(one, other)| one == other).count();
    let mut keys: String = std::iter::repeat_n(DELETE, before.chars().count() - same).collect();
    keys.extend(after.chars().skip(same).map(|c| if c == '\n' { '\r' } else { c }));
    keys
}

/// A character as typed with Ctrl held; none if there is no such key.
pub fn with_control(c: char) -> Option<char> {
    match c.to_ascii_uppercase() {
        upper @ '@'..='_' => char::from_u32(u32::from(upper) & 0x1f),
        ' ' => Some('\0'),
        '?' => Some(DELETE),
        _ => None,
    }
}

/// A cursor key by its last letter, in the form that the program has asked for.
#[cfg(any(test, feature = "hydrate"))]
pub fn cursor(letter: char, application: bool) -> String {
    format!("\u{1b}{}{letter}", if application { 'O' } else { '[' })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_typed_corrected_and_replaced() {
        assert_eq!(difference("", "h"), "h");
        assert_eq!(difference("hel", "hell"), "l");
        assert_eq!(difference("teh", "the "), "\u{7f}\u{7f}he ");
        assert_eq!(difference("abc", ""), "\u{7f}\u{7f}\u{7f}");
        assert_eq!(difference("same", "same"), "");
        assert_eq!(difference("", "你好🦀"), "你好🦀");
        assert_eq!(difference("a🦀b", "a🦀"), "\u{7f}");
        assert_eq!(difference("", "one\ntwo"), "one\rtwo");
    }

    #[test]
    fn control_and_cursor_keys() {
        assert_eq!(
            ['c', 'C', '[', ' ', '?', 'é', '1'].map(with_control),
            [Some('\u{3}'), Some('\u{3}'), Some('\u{1b}'), Some('\0'), Some(DELETE), None, None]
        );
        assert_eq!([cursor('A', false), cursor('D', true)], ["\u{1b}[A", "\u{1b}OD"]);
    }
}
