//! Nothing of another user exists, on no route.

use reqwest::Method;
use serde_json::{Value, json};

use crate::common::{TestServer, not_found, unauthorized};

#[tokio::test]
async fn what_belongs_to_another_user_is_not_found_on_any_route() {
    let server = TestServer::start().await;
    let (tom, eve) = (server.new_user("tom").await, server.new_user("eve").await);
    let agent = tom.new_agent("Builder").await;
    let project = tom.new_project(agent, "Shop").await["id"].as_i64().unwrap();
    tom.put("/api/v1/api-keys/anthropic", json!({"key": "sk-ant-12345678"})).await;
    let (_, sessions) = tom.get("/api/v1/sessions").await;
    let session = sessions[0]["id"].as_str().unwrap().to_owned();
    let draft = json!({"name": "Mine", "model": "demo/builder"});
    let routes = [
        (Method::GET, format!("/agents/{agent}"), None),
        (Method::PUT, format!("/agents/{agent}"), Some(draft.clone())),
        (Method::DELETE, format!("/agents/{agent}"), None),
        (Method::GET, format!("/agents/{agent}/instances"), None),
        (Method::GET, format!("/agents/{agent}/projects"), None),
        (Method::POST, format!("/agents/{agent}/projects"), Some(draft.clone())),
        (Method::GET, format!("/projects/{project}"), None),
        (Method::PUT, format!("/projects/{project}"), Some(draft)),
        (Method::DELETE, format!("/projects/{project}"), None),
        (Method::POST, format!("/projects/{project}/start"), None),
        (Method::POST, format!("/projects/{project}/pause"), None),
        (Method::POST, format!("/projects/{project}/stop"), None),
        (Method::POST, format!("/projects/{project}/restart"), None),
        (Method::POST, format!("/projects/{project}/answer"), Some(json!({"text": "yes"}))),
        (Method::POST, format!("/projects/{project}/undo"), Some(json!({"to_step": null}))),
        (Method::POST, format!("/projects/{project}/redo"), Some(json!({"undo_id": 1}))),
        (Method::GET, format!("/projects/{project}/undos"), None),
        (Method::GET, format!("/projects/{project}/diagnosis"), None),
        (Method::GET, format!("/projects/{project}/logs"), None),
        (Method::GET, format!("/projects/{project}/logs.txt"), None),
        (Method::GET, format!("/projects/{project}/logs.ndjson"), None),
        (Method::GET, format!("/projects/{project}/usage"), None),
        (Method::GET, format!("/projects/{project}/usage/steps"), None),
        (Method::GET, format!("/projects/{project}/changes"), None),
        (Method::GET, format!("/projects/{project}/description"), None),
        (Method::PUT, format!("/projects/{project}/description"), Some(json!({"text": "mine"}))),
        (Method::GET, format!("/projects/{project}/architecture"), None),
        (Method::PUT, format!("/projects/{project}/architecture"), Some(json!({"text": "mine"}))),
        (Method::DELETE, "/api-keys/anthropic".to_owned(), None),
        (Method::POST, "/api-keys/anthropic/test".to_owned(), None),
        (Method::DELETE, format!("/sessions/{session}"), None),
    ];
    let before = tom.get(&format!("/api/v1/projects/{project}")).await;
    for (method, path, body) in routes {
        let path = format!("/api/v1{path}");
        let answer = eve.send(method.clone(), &path, body.clone()).await;
        assert_eq!(answer, not_found(), "{method} {path}");
        let answer = server.anonymous().send(method.clone(), &path, body).await;
        assert_eq!(answer, unauthorized(), "{method} {path}");
    }
    assert_eq!(eve.get("/api/v1/agents").await, (200, json!([])));
    assert_eq!(eve.get("/api/v1/api-keys").await, (200, json!([])));
    assert_eq!(tom.get(&format!("/api/v1/projects/{project}")).await, before);
    assert_ne!(before.1, Value::Null);
    assert_eq!(tom.get("/api/v1/api-keys").await.1.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn sockets_of_another_users_project_are_not_found() {
    let server = TestServer::start().await;
    let (tom, eve) = (server.new_user("tom").await, server.new_user("eve").await);
    let agent = tom.new_agent("Builder").await;
    let project = tom.new_project(agent, "Shop").await["id"].as_i64().unwrap();
    for kind in ["logs", "terminal"] {
        let socket = |client: &crate::common::Client| {
            client
                .request(Method::GET, &format!("/ws/project/{project}/{kind}"))
                .header("connection", "upgrade")
                .header("upgrade", "websocket")
                .header("sec-websocket-version", "13")
                .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
                .send()
        };
        assert_eq!(socket(&eve).await.unwrap().status().as_u16(), 404, "{kind}");
        assert_eq!(socket(&server.anonymous()).await.unwrap().status().as_u16(), 401, "{kind}");
        assert_eq!(socket(&tom).await.unwrap().status().as_u16(), 101, "{kind}");
    }
}
