//! Schemas in words: the kind of a value in one phrase, an object as a table of its fields.
//!
//! Must not know what the schemas are of.

use maud::{Markup, html};
use serde_json::Value;

use super::{code, entries, items, paragraphs, text};

/// A schema of the document under its name.
pub fn named(name: &str, schema: &Value) -> Markup {
    html! {
        details.schema id={ "schema-" (name) } {
            summary { code { (name) } }
            (paragraphs(text(&schema["description"])))
            (body(schema))
        }
    }
}

/// The fields of an object, the parts of a combination, or what else a value is.
fn body(schema: &Value) -> Markup {
    let parts: Vec<_> = items(&schema["allOf"]).collect();
    html! {
        @for part in &parts {
            @if part.get("$ref").is_some() { p { "Everything of " (kind(part)) ", and:" } } @else { (body(part)) }
        }
        @if schema["properties"].is_object() {
            table {
                @for (name, field) in entries(&schema["properties"]) {
                    tr {
                        th scope="row" {
                            code { (name) }
                            @if items(&schema["required"]).any(|required| required == name) {
                                " " span.required { "required" }
                            }
                        }
                        td { (kind(field)) }
                        td { (code(text(&field["description"]))) }
                    }
                }
            }
        } @else if parts.is_empty() {
            p { (kind(schema)) }
            @for choice in items(&schema["oneOf"]) { (body(choice)) }
        }
    }
}

/// What a value is, in one phrase.
pub fn kind(schema: &Value) -> Markup {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap_or_default();
        return html! { a href={ "#schema-" (name) } { code { (name) } } };
    }
    let choices: Vec<_> = items(&schema["oneOf"]).collect();
    if !choices.is_empty() {
        return html! {
            @for (n, choice) in choices.iter().enumerate() { @if n > 0 { " or " } (kind(choice)) }
        };
    }
    let named: Vec<_> = items(&schema["enum"]).collect();
    if !named.is_empty() {
        return html! {
            @for (n, value) in named.iter().enumerate() { @if n > 0 { " or " } code { (value) } }
        };
    }
    let kinds: Vec<_> = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().map(text).collect(),
        kind => vec![text(kind)],
    };
    html! {
        @for (n, kind) in kinds.iter().filter(|kind| !kind.is_empty()).enumerate() {
            @if n > 0 { " or " }
            (kind)
        }
        @if kinds.contains(&"array") { " of " (kind(&schema["items"])) }
        @if let Some(format) = schema["format"].as_str() { " (" (format) ")" }
        @for (word, key) in [("at least", "minimum"), ("at most", "maximum"), ("at least", "minLength"), ("at most", "maxLength")] {
            @if let Some(bound) = schema[key].as_f64() {
                ", " (word) " " (bound) @if key.ends_with("Length") { " characters" }
            }
        }
    }
}
