//! Model servers of a user's own: stored, used through the gateway, and kept away from private addresses.

use std::sync::{Arc, Mutex, PoisonError};

use app::model::{ProviderName, UserId};
use axum::{Router, extract::State, http::HeaderMap};
use http::{StatusCode, Uri};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use server::{
    crypto::{ApiKeyCipher, MasterKey},
    db,
};
use tokio::net::TcpListener;

use crate::common::{ADMIN, TestServer, not_found};

const KEY: &str = "sk-own-very-secret-5678";

type Seen = Arc<Mutex<Vec<(String, String)>>>;

async fn model_server(State(seen): State<Seen>, uri: Uri, headers: HeaderMap) -> StatusCode {
    let text =
        |name: &str| headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let key = text("x-api-key").or_else(|| text("authorization")).unwrap_or_default();
    let known = key.ends_with(KEY);
    seen.lock().unwrap_or_else(PoisonError::into_inner).push((uri.to_string(), key));
    if known { StatusCode::OK } else { StatusCode::UNAUTHORIZED }
}

/// A model server on this machine, and what it has seen.
async fn listening() -> (String, Seen) {
    let seen = Seen::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().fallback(model_server).with_state(seen.clone());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (format!("http://{address}"), seen)
}

fn draft(base_url: &str, wire_format: &str, key: Option<&str>) -> Value {
    json!({"base_url": base_url, "wire_format": wire_format, "key": key})
}

#[tokio::test]
async fn a_provider_of_ones_own_is_stored_sealed_tested_and_used_by_agents() {
    let server = TestServer::start().await;
    let (address, seen) = listening().await;
    let boss = server.sign_in(ADMIN).await;
    let tom = server.new_user("tom").await;
    let put = async |name: &str, body| tom.put(&format!("/api/v1/providers/{name}"), body).await;

    // An admin has to allow it first.
    let (status, refused) = put("mine", draft(&address, "openai", Some(KEY))).await;
    assert_eq!((status, &refused["errors"][0]["field"]), (422, &json!("base_url")), "{refused}");
    assert_eq!(tom.put("/api/v1/network", json!({"private_addresses": true})).await.0, 403);
    let allowed = json!({"private_addresses": true});
    assert_eq!(boss.put("/api/v1/network", allowed.clone()).await, (200, allowed.clone()));
    assert_eq!(boss.get("/api/v1/network").await, (200, allowed));

    let (status, stored) = put("mine", draft(&format!("{address}/v1/"), "openai", Some(KEY))).await;
    let info = json!({
        "name": "mine", "base_url": format!("{address}/v1"), "wire_format": "openai", "last4": "5678",
        "created_at": stored["created_at"], "enter_again": false,
    });
    assert_eq!((status, &stored), (200, &info));
    assert_eq!(tom.get("/api/v1/providers").await, (200, json!([info])));
    assert_eq!(boss.get("/api/v1/providers").await, (200, json!([])), "it is nobody else's");

    let db = server.database().await;
    let row = db::custom_providers::find(db.reader(), UserId(2), "mine").await.unwrap().unwrap();
    let sealed = row.encrypted_key.unwrap();
    assert!(!sealed.windows(KEY.len()).any(|part| part == KEY.as_bytes()));
    let cipher = ApiKeyCipher::new(&MasterKey::load(&server.data().join("master.key")).unwrap());
    let name: ProviderName = "mine".parse().unwrap();
    assert_eq!(cipher.open(UserId(2), &name, &sealed).unwrap().expose_secret(), KEY);
    assert!(cipher.open(UserId(1), &name, &sealed).is_err());

    let valid = json!({"outcome": "valid", "detail": "The provider accepts the key."});
    let test = async |name: &str| tom.post(&format!("/api/v1/providers/{name}/test"), Value::Null).await;
    assert_eq!(test("mine").await, (200, valid.clone()));
    assert_eq!(put("other", draft(&address, "anthropic", Some(KEY))).await.0, 200);
    assert_eq!(test("other").await, (200, valid));
    // A new address keeps the key, an empty one takes it away.
    assert_eq!(put("other", draft(&address, "openai", None)).await.1["last4"], "5678");
    assert_eq!(put("other", draft(&address, "openai", Some(""))).await.1["last4"], Value::Null);
    assert_eq!(test("other").await.1["outcome"], "refused");
    let bearer = format!("Bearer {KEY}");
    let wanted = [("/v1/models", bearer.as_str()), ("/v1/models", KEY), ("/v1/models", "")];
    let calls = seen.lock().unwrap().clone();
    let calls: Vec<_> = calls.iter().map(|(uri, key)| (uri.as_str(), key.as_str())).collect();
    assert_eq!(calls, wanted);

    let agent = json!({"name": "Own", "model": "mine/qwen3"});
    assert_eq!(tom.post("/api/v1/agents", agent.clone()).await.0, 201);
    assert_eq!(boss.post("/api/v1/agents", agent).await.0, 422, "the provider is tom's");
    assert_eq!(tom.delete("/api/v1/providers/mine").await.0, 409, "an agent uses it");
    assert_eq!(tom.delete("/api/v1/providers/other").await, (204, Value::Null));
    assert_eq!(tom.delete("/api/v1/providers/other").await, not_found());
    assert_eq!(test("other").await, not_found());

    // Forbidden again: what is stored stays, and is not asked any more.
    let forbidden = json!({"private_addresses": false});
    assert_eq!(boss.put("/api/v1/network", forbidden).await.0, 200);
    let (_, answer) = test("mine").await;
    assert_eq!(answer["outcome"], "unreachable", "{answer}");
    assert_eq!(seen.lock().unwrap().len(), 3, "a request went out");
}

#[tokio::test]
async fn addresses_and_names_that_cannot_be_are_refused() {
    let server = TestServer::start().await;
    let tom = server.new_user("tom").await;
    for url in [
        "",
        "example.org",
        "ftp://example.org",
        "http://example.org",
        "https://me@example.org",
        "https://example.org?key=1",
        "https://127.0.0.1",
        "https://localhost:1",
        "https://[::1]/",
        "https://10.0.0.1",
        "https://169.254.169.254/latest",
        "https://0x7f.0.0.1/",
    ] {
        let (status, answer) = tom.put("/api/v1/providers/mine", draft(url, "openai", None)).await;
        assert_eq!((status, &answer["errors"][0]["field"]), (422, &json!("base_url")), "{url}: {answer}");
    }
    for name in ["openai", "demo", "My", "a"] {
        let (status, _) =
            tom.put(&format!("/api/v1/providers/{name}"), draft("https://example.org", "openai", None)).await;
        assert!((400..500).contains(&status), "{name}: {status}");
    }
    let servers = json!({"inside": {"url": "https://127.0.0.1/mcp"}});
    let agent = json!({"name": "A", "model": "demo/builder", "mcp_servers": servers});
    let (status, answer) = tom.post("/api/v1/agents", agent).await;
    assert_eq!((status, &answer["errors"][0]["field"]), (422, &json!("mcp_servers")), "{answer}");
    assert_eq!(tom.get("/api/v1/providers").await, (200, json!([])));
}
