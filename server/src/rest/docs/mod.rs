//! The OpenAPI document as a page for people: server-rendered, without scripts, from this server alone.
//!
//! Must not know calls: everything on it comes from the document. A viewer from elsewhere would be half a megabyte of scripts
//! that need exceptions from the content security policy.

mod schema;

use axum::{Router, response::Html, routing::get};
use http::header::CONTENT_TYPE;
use maud::{DOCTYPE, Markup, html};
use serde_json::Value;

use crate::state::AppState;

const STYLE: &str = include_str!("style.css");
/// Methods in the order in which they are shown.
const METHODS: [&str; 4] = ["get", "post", "put", "delete"];

/// `/docs` with its style sheet.
pub(super) fn router(document: &Value) -> Router<AppState> {
    let page = page(document).into_string();
    Router::new()
        .route("/docs", get(async move || Html(page)))
        .route("/docs.css", get(async || ([(CONTENT_TYPE, "text/css; charset=utf-8")], STYLE)))
}

/// One call of the document.
struct Call<'a> {
    method: &'a str,
    path: &'a str,
    call: &'a Value,
}

impl Call<'_> {
    fn id(&self) -> &str {
        text(&self.call["operationId"])
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// The calls of a group, by path.
fn calls<'a>(document: &'a Value, group: &'a str) -> Vec<Call<'a>> {
    let all = entries(&document["paths"]).flat_map(|(path, item)| {
        METHODS.iter().filter_map(move |method| Some(Call { method, path, call: item.get(method)? }))
    });
    all.filter(|call| items(&call.call["tags"]).any(|tag| text(tag) == group)).collect()
}

fn page(document: &Value) -> Markup {
    let title = format!("{} API {}", text(&document["info"]["title"]), text(&document["info"]["version"]));
    let base = text(&document["servers"][0]["url"]);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                link rel="icon" href="/favicon.svg";
                link rel="stylesheet" href={ (base) "/docs.css" };
            }
            body {
                header {
                    h1 { (title) }
                    p { a href="/" { "AutoCode" } " \u{b7} " a href={ (base) "/openapi.json" } { "openapi.json" } }
                }
                div.columns {
                    nav aria-label="Calls" { (contents(document)) }
                    main {
                        section { (paragraphs(text(&document["info"]["description"]))) (sign_in(document)) }
                        @for group in items(&document["tags"]) { (section(document, group, base)) }
                        section id="schemas" {
                            h2 { "Schemas" }
                            @for (name, schema) in entries(&document["components"]["schemas"]) {
                                (schema::named(name, schema))
                            }
                        }
                    }
                }
            }
        }
    }
}

fn contents(document: &Value) -> Markup {
    html! {
        @for group in items(&document["tags"]) {
            @let name = text(&group["name"]);
            details {
                summary { (name) }
                ul {
                    @for call in calls(document, name) {
                        li { a href={ "#" (call.id()) } { (method(call.method)) " " (call.path) } }
                    }
                }
            }
        }
        p { a href="#schemas" { "Schemas" } }
    }
}

/// Texts of the document: blank lines between paragraphs, code between backticks.
fn paragraphs(words: &str) -> Markup {
    html! {
        @for paragraph in words.split("\n\n").filter(|text| !text.is_empty()) { p { (code(paragraph)) } }
    }
}

fn code(words: &str) -> Markup {
    html! {
        @for (n, part) in words.split('`').enumerate() {
            @if n % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

fn sign_in(document: &Value) -> Markup {
    html! {
        h2 { "Signing in" }
        dl {
            @for (name, scheme) in entries(&document["components"]["securitySchemes"]) {
                dt { code { (name) } }
                dd { (code(text(&scheme["description"]))) }
            }
        }
    }
}

fn section(document: &Value, group: &Value, base: &str) -> Markup {
    let name = text(&group["name"]);
    html! {
        section {
            h2 { (name) }
            p { (code(text(&group["description"]))) }
            @for call in calls(document, name) { (card(&call, base)) }
        }
    }
}

fn method(method: &str) -> Markup {
    html! { span.method data-method=(method) { (method.to_uppercase()) } }
}

/// One call with its parameters, body and answers.
fn card(call: &Call<'_>, base: &str) -> Markup {
    let Call { call: what, .. } = call;
    let body = &what["requestBody"]["content"]["application/json"]["schema"];
    html! {
        details.call id=(call.id()) {
            summary {
                (method(call.method)) " " code { (call.path) } " " span.summary { (code(text(&what["summary"]))) }
            }
            (paragraphs(text(&what["description"])))
            p.muted { "Sign-in: " (rights(&what["security"])) }
            pre { code { (curl(call, base, body)) } }
            @if items(&what["parameters"]).next().is_some() {
                h4 { "Parameters" }
                table {
                    @for parameter in items(&what["parameters"]) {
                        tr {
                            th scope="row" {
                                code { (text(&parameter["name"])) }
                                @if parameter["required"] == true { " " span.required { "required" } }
                            }
                            td { (text(&parameter["in"])) ", " (schema::kind(&parameter["schema"])) }
                            td { (code(text(&parameter["description"]))) }
                        }
                    }
                }
            }
            @if !body.is_null() {
                h4 { "Body" }
                p { (schema::kind(body)) }
            }
            h4 { "Answers" }
            table {
                @for (status, answer) in entries(&what["responses"]) {
                    tr {
                        th scope="row" { (status) }
                        td {
                            @for (media, content) in entries(&answer["content"]) {
                                (schema::kind(&content["schema"])) " " span.muted { (media) }
                            }
                        }
                        td {
                            (code(text(&answer["description"])))
                            @for (header, about) in entries(&answer["headers"]) {
                                br; code { (header) } ": " (text(&about["description"]))
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What a caller has to prove, with the scopes that a personal access token needs.
fn rights(security: &Value) -> Markup {
    let ways: Vec<_> = items(security).flat_map(entries).collect();
    html! {
        @if ways.is_empty() { "none" }
        @for (n, (name, scopes)) in ways.iter().enumerate() {
            @if n > 0 { ", or " }
            code { (name) }
            @for scope in items(scopes) { " " span.scope { (text(scope)) } }
        }
    }
}

/// The call as it is typed in a shell.
fn curl(call: &Call<'_>, base: &str, body: &Value) -> String {
    let mut words = vec!["curl".to_owned()];
    if call.method != "get" {
        words.push(format!("-X {}", call.method.to_uppercase()));
    }
    if items(&call.call["security"]).any(|way| way.as_object().is_some_and(|way| !way.is_empty())) {
        words.push("-H \"Authorization: Bearer $TOKEN\"".to_owned());
    }
    if !body.is_null() {
        words.push("--json @body.json".to_owned());
    }
    words.push(format!("\"$SERVER{base}{}\"", call.path));
    words.join(" ")
}
