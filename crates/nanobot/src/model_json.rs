//! Asking a model for one JSON object: finding it in the answer, and one request to repair a bad one.
//!
//! Must not know what the object means.

use serde::de::DeserializeOwned;

use crate::llm::{LlmClient, LlmError};

/// Reads the JSON object in a model's answer: the whole answer, the content of a fence, or the first balanced object.
///
/// # Errors
/// There is no object, or it is not what was asked for; the text says what is wrong, for the model.
pub fn parse<T: DeserializeOwned>(answer: &str) -> Result<T, String> {
    let mut problem = None;
    for candidate in candidates(answer) {
        match serde_json::from_str(candidate) {
            Ok(value) => return Ok(value),
            Err(error) => problem = problem.or(Some(error.to_string())),
        }
    }
    Err(problem.unwrap_or_else(|| "there is no JSON object in the answer".to_owned()))
}

/// As [`parse`], but the answer may hold only one such object: where it says two things, neither counts.
///
/// # Errors
/// As [`parse`], or there are several.
pub fn parse_one<T: DeserializeOwned>(answer: &str) -> Result<T, String> {
    let objects = objects(answer);
    match objects.len() {
        0 | 1 => parse(answer),
        count => Err(format!("there are {count} JSON objects in the answer instead of one")),
    }
}

fn candidates(answer: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let trimmed = answer.trim();
    if trimmed.starts_with('{') && trimmed.ends_with('}') {
        found.push(trimmed);
    }
    found.extend(objects(answer));
    found
}

/// Balanced `{…}` of the outermost level, strings respected, in order.
fn objects(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = text[from..].find('{').map(|i| from + i) {
        match balanced_end(&text[start..]) {
            Some(length) => {
                found.push(&text[start..start + length]);
                from = start + length;
            }
            None => from = start + 1,
        }
        if found.len() >= 8 {
            break;
        }
    }
    found
}

fn balanced_end(text: &str) -> Option<usize> {
    let (mut depth, mut in_string, mut escaped) = (0usize, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if in_string => escaped = true,
            '"' => in_string = !in_string,
            '{' if !in_string => depth += 1,
            '}' if !in_string => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// Asks, and once more if the answer cannot be read.
///
/// # Errors
/// The model cannot be reached, or its second answer is bad as well ([`LlmError::BadAnswer`]).
pub async fn ask<T: DeserializeOwned>(llm: &LlmClient, system: &str, user: &str) -> Result<T, LlmError> {
    ask_and_parse(llm, system, user, parse).await
}

/// As [`ask`], with answers read by [`parse_one`].
///
/// # Errors
/// As [`ask`].
pub async fn ask_for_one<T: DeserializeOwned>(
    llm: &LlmClient,
    system: &str,
    user: &str,
) -> Result<T, LlmError> {
    ask_and_parse(llm, system, user, parse_one).await
}

async fn ask_and_parse<T>(
    llm: &LlmClient,
    system: &str,
    user: &str,
    parse: fn(&str) -> Result<T, String>,
) -> Result<T, LlmError> {
    let answer = llm.complete(system, user).await?;
    let problem = match parse(&answer) {
        Ok(value) => return Ok(value),
        Err(problem) => problem,
    };
    let start: String = answer.chars().take(2_000).collect();
    let repair = format!(
        "{user}\n\nYour last answer could not be read: {problem}.\nIt began:\n<data>\n{start}\n</data>\n\
         Answer again with exactly one JSON object of the form asked for, without any other text."
    );
    let answer = llm.complete(system, &repair).await?;
    parse(&answer).map_err(LlmError::BadAnswer)
}

#[cfg(test)]
mod tests {
    use crate::evaluate::{Evaluation, Verdict};

    use super::*;

    fn verdict(answer: &str) -> Result<Verdict, String> {
        parse::<Evaluation>(answer).map(|e| e.verdict)
    }

    #[test]
    fn objects_are_found_bare_fenced_and_in_prose() {
        let bare = r#"{"verdict":"complete","reason":"a } in \" text {"}"#;
        assert_eq!(verdict(bare), Ok(Verdict::Complete));
        assert_eq!(verdict(&format!("Here:\n```json\n{bare}\n```\nDone.")), Ok(Verdict::Complete));
        assert_eq!(verdict(&format!("I think {{so}}: {bare} bye")), Ok(Verdict::Complete));
        assert_eq!(verdict(r#"{"verdict":"needs_fix","instructions":"x","extra":1}"#), Ok(Verdict::NeedsFix));
    }

    #[test]
    fn anything_else_is_refused_with_a_reason() {
        assert!(verdict("complete").unwrap_err().contains("no JSON object"));
        assert!(verdict(r#"{"verdict":"done"}"#).unwrap_err().contains("unknown variant"));
        assert!(verdict(r#"{"reason":"x"}"#).unwrap_err().contains("verdict"));
        assert!(verdict("{\"verdict\":").is_err());
        assert!(verdict("}{").is_err());
    }
}
