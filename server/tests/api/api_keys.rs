//! API keys: stored sealed, shown never.

use app::model::{Provider, UserId};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use server::{
    crypto::{ApiKeyCipher, MasterKey},
    db,
};

use crate::common::{TestServer, not_found};

const KEY: &str = "sk-ant-very-secret-5678";

#[tokio::test]
async fn a_key_is_sealed_at_rest_and_never_returned() {
    let server = TestServer::start().await;
    let tom = server.new_user("tom").await;
    let (status, stored) = tom.put("/api/v1/api-keys/anthropic", json!({"key": format!(" {KEY}\n")})).await;
    let info = json!({"provider": "anthropic", "last4": "5678", "created_at": stored["created_at"], "enter_again": false});
    assert_eq!((status, &stored), (200, &info));
    assert_eq!(tom.get("/api/v1/api-keys").await, (200, json!([info])));

    let db = server.database().await;
    let sealed = db::api_keys::find(db.reader(), UserId(2), Provider::Anthropic).await.unwrap().unwrap();
    let cipher = ApiKeyCipher::new(&MasterKey::load(&server.data().join("master.key")).unwrap());
    let opened = cipher.open(UserId(2), Provider::Anthropic, &sealed).unwrap();
    assert_eq!(opened.expose_secret(), KEY);
    assert!(cipher.open(UserId(1), Provider::Anthropic, &sealed).is_err());

    // Neither the database with its log nor any file of the user holds it in the clear.
    let copy = server.data().join("users/tom/config/api_keys.json");
    for file in ["autocode.db", "autocode.db-wal"].map(|name| server.data().join(name)).iter().chain([&copy])
    {
        let bytes = std::fs::read(file).unwrap();
        assert!(
            !bytes.windows(KEY.len()).any(|part| part == KEY.as_bytes()),
            "{} holds the key",
            file.display()
        );
    }
    use std::os::unix::fs::PermissionsExt as _;
    assert_eq!(copy.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let copied: Value = serde_json::from_slice(&std::fs::read(&copy).unwrap()).unwrap();
    assert!(copied["keys"]["anthropic"].is_string());

    assert_eq!(tom.delete("/api/v1/api-keys/anthropic").await, (204, Value::Null));
    assert_eq!(tom.delete("/api/v1/api-keys/anthropic").await, not_found());
    let copied: Value = serde_json::from_slice(&std::fs::read(&copy).unwrap()).unwrap();
    assert_eq!(copied, json!({"format": 1, "keys": {}}));
}

#[tokio::test]
async fn impossible_keys_and_providers_are_refused() {
    let server = TestServer::start().await;
    let tom = server.new_user("tom").await;
    for key in ["short", "with a space in it", "with\u{e9}accent1", &"x".repeat(513)] {
        let (status, answer) = tom.put("/api/v1/api-keys/openai", json!({"key": key})).await;
        assert_eq!((status, &answer["errors"][0]["field"]), (422, &json!("key")), "{key}");
    }
    assert_eq!(tom.put("/api/v1/api-keys/nobody", json!({"key": KEY})).await, not_found());
    assert_eq!(tom.get("/api/v1/api-keys").await, (200, json!([])));
}
