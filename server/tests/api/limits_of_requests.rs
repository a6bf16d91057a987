//! What a request may be at most, and which methods there are.

use futures::{SinkExt as _, StreamExt as _};
use reqwest::Method;
use serde_json::json;
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Message, client::IntoClientRequest as _},
};

use crate::common::{ADMIN, TestServer};

#[tokio::test]
async fn odd_methods_and_sizes_are_refused() {
    let server = TestServer::start().await;
    let admin = server.sign_in(ADMIN).await;
    for method in ["TRACE", "TRACK", "PROPFIND"] {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        for path in ["/", "/api/v1/agents", "/healthz"] {
            let answer = admin.request(method.clone(), path).send().await.unwrap();
            let (status, body) = (answer.status().as_u16(), answer.text().await.unwrap());
            assert!(matches!(status, 404 | 405), "{method} {path}: {status}");
            assert!(!body.to_lowercase().contains("authorization"), "{method} {path} echoes the request");
        }
    }
    let draft = |size: usize| json!({"name": "Big", "model": "demo/builder", "identity": "x".repeat(size)});
    assert_eq!(admin.post("/api/v1/agents", draft(600 * 1024)).await.0, 422, "a large text");
    assert_eq!(admin.post("/api/v1/agents", draft(2 * 1024 * 1024)).await.0, 413, "a large body");
    let form = admin.request(Method::POST, "/fn/login").header("origin", &admin.base);
    let form = form.header("content-type", "application/x-www-form-urlencoded").body("x".repeat(5 << 20));
    // The answer may come before all is sent, which is an error of the connection for some clients.
    if let Ok(answer) = form.send().await {
        assert_eq!(answer.status().as_u16(), 413);
    }
}

#[tokio::test]
async fn a_large_message_ends_its_socket() {
    let server = TestServer::start().await;
    let admin = server.sign_in(ADMIN).await;
    let url = format!("{}/ws/live", admin.base.replace("http://", "ws://"));
    let mut request = url.into_client_request().unwrap();
    let bearer = format!("Bearer {}", admin.token.as_deref().unwrap());
    request.headers_mut().insert("authorization", bearer.parse().unwrap());
    let (mut socket, _) = connect_async(request).await.unwrap();
    socket.send(Message::binary(vec![0; 100 * 1024])).await.unwrap();
    // Too much may already fail while it is sent.
    socket.send(Message::binary(vec![0; 1024 * 1024])).await.ok();
    let end = async {
        while let Some(Ok(message)) = socket.next().await {
            if message.is_close() {
                return;
            }
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), end).await.expect("the socket stays open");
}
