//! Open sockets end with their session and with the server.

use std::time::{Duration, Instant};

use futures::StreamExt as _;
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Message, client::IntoClientRequest as _},
};

use crate::common::{ADMIN, Client, TestServer};

/// How long a live socket of this client stays open from now on, and how it ends.
pub async fn lifetime(client: &Client, meanwhile: impl Future<Output = ()>) -> (Duration, Option<u16>) {
    let url = format!("{}/ws/live", client.base.replace("http://", "ws://"));
    let mut request = url.into_client_request().unwrap();
    let token = format!("Bearer {}", client.token.as_deref().unwrap());
    request.headers_mut().insert("authorization", token.parse().unwrap());
    let (mut socket, _) = connect_async(request).await.unwrap();
    meanwhile.await;
    let began = Instant::now();
    let mut code = None;
    let to_the_end = async {
        while let Some(Ok(message)) = socket.next().await {
            if let Message::Close(frame) = message {
                code = frame.map(|frame| frame.code.into());
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), to_the_end).await.expect("the socket stays open");
    (began.elapsed(), code)
}

#[tokio::test]
async fn deleting_a_user_ends_their_sockets() {
    let server = TestServer::start().await;
    let (admin, tom) = (server.sign_in(ADMIN).await, server.new_user("tom").await);
    let delete = async { assert_eq!(admin.delete("/api/v1/users/2").await.0, 204) };
    let (open_for, code) = lifetime(&tom, delete).await;
    assert!(open_for < Duration::from_secs(6), "{open_for:?}");
    assert_eq!(code, Some(1008));
}

#[tokio::test]
async fn stopping_the_server_does_not_wait_for_viewers() {
    let mut server = TestServer::start().await;
    let admin = server.sign_in(ADMIN).await;
    let began = Instant::now();
    let (_, code) = lifetime(&admin, server.stop()).await;
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert_eq!(code, Some(1012));
}
