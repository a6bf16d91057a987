//! An installation that requires a second factor of everybody.

use reqwest::{Method, header};
use serde_json::json;
use server::config::SecondFactorPolicy;

use crate::{
    common::{ADMIN, Client, TestServer},
    second_factor::{FACTOR, switch_on},
};

#[tokio::test]
async fn where_it_is_required_nothing_else_is_open_before() {
    let server = TestServer::start_configured(|config| {
        config.second_factor = SecondFactorPolicy::Required;
    })
    .await;
    let boss = server.sign_in(ADMIN).await;
    let kind = json!("urn:autocode:problem:second_factor_setup_required");
    let document = server.anonymous().get("/api/v1/openapi.json").await.1;
    let open = ["/account/second-factor", "/account/second-factor/confirm", "/auth/step-up"];
    let mut refused = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, call) in item.as_object().unwrap() {
            let public = call["security"].as_array().unwrap().contains(&json!({}));
            let changes_it = path == open[0] && method == "delete";
            if public || (open.contains(&path.as_str()) && !changes_it) {
                continue;
            }
            let path = path.replace("{provider}", "anthropic").replace("{name}", "mine").replace("{id}", "1");
            let method = method.to_uppercase().parse().unwrap();
            let (status, problem) = boss.send(method, &format!("/api/v1{path}"), None).await;
            assert_eq!((status, &problem["type"]), (403, &kind), "{path}: {problem}");
            refused += 1;
        }
    }
    assert!(refused > 50, "only {refused} calls were tried");
    let cookie = format!("autocode_access={}", boss.token.as_deref().unwrap());
    let browse = async |method: Method, path: &str| {
        let request = boss.http.request(method, format!("{}{path}", boss.base));
        let request = request.header(header::COOKIE, &cookie).header(header::ORIGIN, &boss.base);
        request.header(header::ACCEPT, "text/html").send().await.unwrap()
    };
    for path in ["/", "/settings", "/admin", "/agents/new", "/login"] {
        let answer = browse(Method::GET, path).await;
        let to = answer.headers().get(header::LOCATION).and_then(|to| to.to_str().ok());
        assert_eq!((answer.status().as_u16(), to), (302, Some("/second-factor")), "{path}");
    }
    let answer = browse(Method::GET, "/second-factor").await;
    assert_eq!(answer.status(), 200);
    assert!(answer.text().await.unwrap().contains("requires a second factor"));
    let function = boss.request(Method::POST, "/fn/load_home").send().await.unwrap();
    let (status, text) = (function.status().as_u16(), function.text().await.unwrap());
    assert!(matches!(status, 302 | 403) && !text.contains("agents"), "{status} {text}");
    assert_eq!(socket(&boss).await, 403);

    switch_on(&boss).await;
    assert_eq!(boss.get("/api/v1/agents").await, (200, json!([])));
    assert_eq!(socket(&boss).await, 101);
    assert_eq!(browse(Method::GET, "/").await.status(), 200);
    // A token of somebody who has none any more is as good as none.
    let draft = json!({"name": "script", "scopes": ["read"]});
    let token = boss.post("/api/v1/tokens", draft).await.1["token"].as_str().unwrap().to_owned();
    let script = Client { token: Some(token), ..boss.clone() };
    assert_eq!(script.get("/api/v1/agents").await.0, 200);
    assert_eq!(boss.delete(FACTOR).await.0, 204);
    let (status, problem) = script.get("/api/v1/agents").await;
    assert_eq!((status, &problem["type"]), (403, &kind));
    assert_eq!(boss.get("/api/v1/agents").await.1["type"], kind);
}

async fn socket(client: &Client) -> u16 {
    let request = client.request(Method::GET, "/ws/live").header("connection", "upgrade");
    let request = request.header("upgrade", "websocket").header("sec-websocket-version", "13");
    let request = request.header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    request.send().await.unwrap().status().as_u16()
}
