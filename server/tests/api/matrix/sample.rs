//! A body that a call accepts, made from its schema: without one, a refusal could be about the body.

use serde_json::{Map, Value, json};

/// Texts that have to look like something, by the field's name.
const TEXTS: [(&str, &str); 5] = [
    ("model", "demo/builder"),
    ("username", "somebody"),
    ("password", "correct horse battery"),
    ("current", "not the password"),
    ("key", "sk-ant-87654321"),
];

/// A value for a schema, with its required fields only.
pub fn sample(document: &Value, schema: &Value, field: &str) -> Value {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap();
        return sample(document, &document["components"]["schemas"][name], field);
    }
    if let Some(first) = schema["enum"].as_array().and_then(|all| all.first()) {
        return first.clone();
    }
    if let Some(first) = schema["oneOf"].as_array().and_then(|all| all.first()) {
        return sample(document, first, field);
    }
    if let Some(parts) = schema["allOf"].as_array() {
        let parts = parts.iter().map(|part| sample(document, part, field));
        let merged = parts.filter_map(|part| part.as_object().cloned()).flatten().collect::<Map<_, _>>();
        return Value::Object(merged);
    }
    let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str());
    match kind {
        Some("object") => {
            let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let fields =
                required.map(|name| (name.to_owned(), sample(document, &schema["properties"][name], name)));
            Value::Object(fields.collect())
        }
        Some("array") => {
            let wanted = schema["minItems"].as_u64().unwrap_or(0);
            (0..wanted).map(|_| sample(document, &schema["items"], field)).collect()
        }
        Some("integer" | "number") => json!(1),
        Some("boolean") => json!(false),
        Some("string") => {
            json!(TEXTS.iter().find(|(name, _)| *name == field).map_or("x", |(_, text)| text))
        }
        other => panic!("the field {field} has a type that has no sample: {other:?}"),
    }
}
