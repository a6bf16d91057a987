//! The WebSockets.

use reqwest::Method;

use super::World;
use crate::common::Client;

/// Every socket; the source scan makes sure that none is missing.
pub const SOCKETS: [&str; 3] = ["/ws/live", "/ws/project/{id}/logs", "/ws/project/{id}/terminal"];

async fn status(client: &Client, path: &str) -> u16 {
    let request = client.request(Method::GET, path).header("connection", "upgrade");
    let request = request.header("upgrade", "websocket").header("sec-websocket-version", "13");
    let request = request.header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn matrix_of_sockets() {
    let world = World::begin().await;
    let nobody = world.server.anonymous();
    for path in SOCKETS {
        let (own, never) =
            (path.replace("{id}", &world.project.to_string()), path.replace("{id}", "987654321"));
        assert_eq!(status(&nobody, &own).await, 401, "{path} by nobody");
        assert_eq!(status(&world.tom, &own).await, 101, "{path} by its owner");
        if path.contains("{id}") {
            let foreign = status(&world.eve, &own).await;
            assert_eq!((foreign, status(&world.eve, &never).await), (404, 404), "{path} of another user");
        }
        println!(
            "{path}: nobody 401; owner 101{}",
            if path.contains('{') { "; another user 404" } else { "" }
        );
    }
    // Another page of the stream asks for a project by its id: another user's is not there.
    let stream = |id: &str| format!("/ws/live?project={id}");
    assert_eq!(
        status(&world.eve, &stream(&world.project.to_string())).await,
        404,
        "/ws/live for another's project"
    );
}
