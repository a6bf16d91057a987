//! What a combobox offers, and which of it fits a text.

/// Suggestions under one heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestions {
    /// The heading.
    pub title: String,
    /// What a person should know about all of them.
    pub note: String,
    /// Whether they can be used as things are.
    pub ready: bool,
    /// Value and explanation of each.
    pub items: Vec<(String, String)>,
}

/// The groups with what fits; a text that is a suggestion itself is no search.
pub(super) fn fitting(groups: &[Suggestions], typed: &str) -> Vec<Suggestions> {
    let typed = typed.trim().to_lowercase();
    let chosen = groups.iter().any(|group| group.items.iter().any(|(value, _)| *value == typed));
    let words: Vec<_> = if chosen { Vec::new() } else { typed.split_whitespace().collect() };
    let fits = |group: &Suggestions, item: &(String, String)| {
        let text = format!("{} {} {}", item.0, item.1, group.title).to_lowercase();
        words.iter().all(|word| text.contains(word))
    };
    groups
        .iter()
        .filter_map(|group| {
            let items: Vec<_> = group.items.iter().filter(|item| fits(group, item)).cloned().collect();
            (!items.is_empty()).then(|| Suggestions { items, ..group.clone() })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_looked_for_everywhere_and_a_chosen_value_shows_all() {
        let item = |value: &str, about: &str| (value.to_owned(), about.to_owned());
        let group =
            |title: &str, items| Suggestions { title: title.into(), note: String::new(), ready: true, items };
        let groups = [
            group("Anthropic", vec![item("anthropic/opus", "large"), item("anthropic/haiku", "small")]),
            group("Google", vec![item("gemini/flash", "small")]),
        ];
        let found = |typed: &str| {
            let all = fitting(&groups, typed);
            all.iter().flat_map(|g| &g.items).map(|item| item.0.clone()).collect::<Vec<_>>()
        };
        assert_eq!(found("SMALL"), ["anthropic/haiku", "gemini/flash"]);
        assert_eq!(found("google small"), ["gemini/flash"]);
        assert_eq!(found("nothing"), Vec::<String>::new());
        assert_eq!(found("gemini/flash").len(), 3);
    }
}
