//! Prompt text as a terminal may carry it, and how two copies of it are compared.

/// Longest prompt, in bytes; a longer one is cut with a visible note.
pub const MAX_PROMPT: usize = 48 * 1024;

/// Makes text safe to paste into a CLI's input box and submit.
///
/// Control characters go, a first character that would mean a shell line or a command is defused by a space, and the
/// text ends with a newline so that neither a trailing `\` nor an `@name` completion can take the Enter.
pub fn sanitize_prompt(text: &str) -> String {
    let text = autocode_tmux::sanitize(text);
    let mut text = cut(text.trim_end(), MAX_PROMPT);
    if text.starts_with(['!', '/', '#', '&']) && !text.starts_with("# ") {
        text.insert(0, ' ');
    }
    if text.trim() == "exit" || text.trim() == "quit" {
        text.push('.');
    }
    text.push('\n');
    text
}

/// Cuts text to so many bytes at a character boundary and says so in it.
pub fn cut(text: &str, max: usize) -> String {
    if text.len() <= max {
        return text.to_owned();
    }
    let mut end = max;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}\n[cut here: {} of {} bytes are shown]", &text[..end], end, text.len())
}

/// The last bytes of a text, cut at a character boundary.
pub fn tail(text: &str, max: usize) -> &str {
    let mut start = text.len().saturating_sub(max);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    &text[start..]
}

/// Whether two texts are the same but for blanks, which terminals and CLIs may turn into one another.
pub fn same_words(a: &str, b: &str) -> bool {
    a.split_whitespace().eq(b.split_whitespace())
}

/// Whether what was submitted holds this prompt, whole; blanks do not count.
///
/// A person who types while the prompt is being sent adds words before or after it, and it has arrived all the same.
pub fn carries(submitted: &str, prompt: &str) -> bool {
    let letters = |text: &str| text.split_whitespace().collect::<String>();
    let prompt = letters(prompt);
    !prompt.is_empty() && letters(submitted).contains(&prompt)
}

/// Whether a draft seen in the input box can be this prompt: its beginning or end, or the sign for pasted text.
pub fn draft_is(draft: &str, prompt: &str) -> bool {
    if draft.trim_start().starts_with("[Pasted ") {
        return true;
    }
    let words: String = prompt.split_whitespace().collect();
    let draft: String = draft.split_whitespace().collect();
    // A box that cannot show all of it shows the beginning or the end.
    draft.chars().count() >= 8
        && (words.starts_with(&draft) || words.ends_with(&draft) || draft.starts_with(&words))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dangerous_beginnings_are_defused() {
        assert_eq!(sanitize_prompt("!rm -rf x"), " !rm -rf x\n");
        assert_eq!(sanitize_prompt("/clear"), " /clear\n");
        assert_eq!(sanitize_prompt("# Step a: b"), "# Step a: b\n");
        assert_eq!(sanitize_prompt(" exit "), " exit.\n");
        assert_eq!(sanitize_prompt("a\u{1b}[201~b\\"), "a[201~b\\\n");
    }

    #[test]
    fn drafts_are_recognised_by_what_a_box_shows() {
        let prompt = "# Step s1: Make it\n\nDo this and that.\n";
        assert!(draft_is("# Step s1: Make it\n\n  Do this and that.", prompt));
        assert!(draft_is("[Pasted text #1 +10 lines]", prompt));
        assert!(draft_is("Do this and that.", prompt));
        assert!(!draft_is("please stop", prompt));
        assert!(!draft_is("# S", prompt));
    }

    #[test]
    fn a_prompt_with_a_persons_words_around_it_has_arrived() {
        let prompt = "# Step s1: Make it\n\nDo this and that.\n";
        for submitted in
            ["# Step s1: Make it Do this and that.", "# Step s1: Make it\n\nDo this and that.\nhold on"]
        {
            assert!(carries(submitted, prompt), "{submitted}");
            assert!(carries(&format!("wait{submitted}"), prompt), "{submitted}");
        }
        assert!(!carries("# Step s1: Make it\n\nDo this", prompt));
        assert!(!carries("hold on", prompt));
        assert!(!carries("hold on", "\n"));
    }

    proptest! {
        #[test]
        fn a_sanitised_prompt_has_no_control_characters_and_is_bounded(text in any::<String>()) {
            let safe = sanitize_prompt(&text);
            prop_assert!(safe.ends_with('\n'));
            prop_assert!(safe.chars().all(|c| !c.is_control() || c == '\n' || c == '\t'));
            prop_assert!(!safe.starts_with('!') && !safe.starts_with('/'));
            prop_assert!(safe.len() < MAX_PROMPT + 100);
        }

        #[test]
        fn cutting_never_splits_a_character(text in any::<String>(), max in 0usize..40) {
            prop_assert!(tail(&text, max).len() <= max);
            prop_assert!(cut(&text, max).starts_with(&text[..text.char_indices().map(|(i, _)| i).filter(|i| *i <= max).max().unwrap_or(0).min(max)]));
        }
    }
}
