//! The API's document and its page: whole, honest about refusals, and usable under the strictest policy.

use reqwest::Method;
use serde_json::Value;

use crate::common::TestServer;

#[tokio::test]
async fn every_call_says_how_it_may_be_refused() {
    let server = TestServer::start().await;
    let (status, document) = server.anonymous().get("/api/v1/openapi.json").await;
    assert_eq!((status, &document["openapi"]), (200, &Value::from("3.1.0")));
    let mut names = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, call) in item.as_object().unwrap() {
            let name = format!("{method} {path}");
            names.push(call["operationId"].as_str().unwrap().to_owned());
            assert!(call["summary"].as_str().is_some_and(|words| words.len() > 10), "{name} has no summary");
            let answers = call["responses"].as_object().unwrap();
            let public =
                call["security"].as_array().unwrap().iter().any(|way| way.as_object().unwrap().is_empty());
            let expected = |status: &str, holds: bool| {
                assert!(!holds || answers.contains_key(status), "{name} says nothing about {status}");
            };
            expected("401", !public);
            expected("404", path.contains('{'));
            expected("422", call["requestBody"].is_object());
            expected("429", true);
            expected("500", true);
            assert!(answers.keys().any(|status| status.starts_with('2')), "{name} cannot succeed");
            for (status, answer) in answers {
                assert!(!answer["description"].as_str().unwrap().is_empty(), "{name} {status} has no words");
                let problem = answer["content"]["application/problem+json"].is_object();
                assert_eq!(problem, status.as_str() >= "400", "{name} {status}");
            }
        }
    }
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!((names.len(), count > 50), (count, true), "two calls of one name");
    // What is referred to is there.
    let text = document.to_string();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for reference in text.split("#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(schemas.contains_key(name), "the schema {name} is missing");
    }
    for scheme in ["bearer", "cookie", "token"] {
        assert!(document["components"]["securitySchemes"][scheme].is_object(), "{scheme}");
    }
}

#[tokio::test]
async fn the_page_needs_no_script_and_nobody_else() {
    let server = TestServer::start().await;
    let client = server.anonymous();
    let fetch = async |path: &str| {
        let answer = client.request(Method::GET, path).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        (answer.headers()["content-type"].to_str().unwrap().to_owned(), answer.text().await.unwrap())
    };
    let (kind, page) = fetch("/api/v1/docs").await;
    assert_eq!(kind, "text/html; charset=utf-8");
    for piece in ["id=\"create_agent\"", "id=\"schema-Project\"", "If-Match", "curl -X PUT", "autocode_pat_"]
    {
        assert!(page.contains(piece), "{piece} is not on the page");
    }
    for forbidden in ["<script", "style=", "<style", "src=", "javascript:", " onclick", " onload"] {
        assert!(!page.contains(forbidden), "{forbidden} is on the page");
    }
    let (kind, style) = fetch("/api/v1/docs.css").await;
    assert_eq!(
        (kind.as_str(), style.contains("url(") || style.contains("@import")),
        ("text/css; charset=utf-8", false)
    );
    // Every link on the page leads somewhere on it, or to this server.
    for link in page.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        match link.strip_prefix('#') {
            Some(id) => assert!(page.contains(&format!("id=\"{id}\"")), "nothing is called {id}"),
            None => assert!(link.starts_with('/'), "{link}"),
        }
    }
}
