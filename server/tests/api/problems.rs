//! Every refusal is a problem that a program can read.

use reqwest::{Method, header};
use serde_json::{Value, json};

use crate::common::{ADMIN, TestServer, not_found, problem};

#[tokio::test]
async fn every_refusal_is_a_problem() {
    let server = TestServer::start().await;
    let admin = server.sign_in(ADMIN).await;
    assert_eq!(
        admin.post("/api/v1/agents", json!({"name": "x"})).await,
        (
            422,
            json!({
                "type": "about:blank", "title": "Unprocessable Entity", "status": 422,
                "detail": "This field is required.",
                "errors": [{"field": "model", "message": "This field is required."}],
            })
        )
    );
    let nowhere = (404, problem(404, "Not Found", "There is no such API call."));
    for path in ["/api/v1/nothing", "/api/v1/agents/1/nothing", "/api/v2/agents", "/api/nothing"] {
        assert_eq!(admin.get(path).await, nowhere, "{path}");
    }
    let wrong_method = (405, problem(405, "Method Not Allowed", "This API call needs another method."));
    assert_eq!(admin.delete("/api/v1/agents").await, wrong_method);
    assert_eq!(admin.get("/api/v1/agents/not-a-number").await, not_found());
    assert_eq!(admin.get("/api/v1/agents/99999999999999999999").await, not_found());
}

#[tokio::test]
async fn bodies_are_checked_before_they_are_believed() {
    let server = TestServer::start().await;
    let admin = server.sign_in(ADMIN).await;
    let post = async |kind: &str, body: String| {
        let request =
            admin.request(Method::POST, "/api/v1/agents").header(header::CONTENT_TYPE, kind).body(body);
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/problem+json");
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["status"], status);
        status
    };
    assert_eq!(post("application/json", "{".to_owned()).await, 400);
    assert_eq!(post("application/json", "[]".to_owned()).await, 422);
    assert_eq!(post("text/plain", "{}".to_owned()).await, 415);
    let large = json!({"name": "x", "model": "a/b", "identity": "x".repeat(1024 * 1024)}).to_string();
    assert_eq!(post("application/json", large).await, 413);
}
