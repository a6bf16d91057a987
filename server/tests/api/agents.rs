//! Agents through the API.

use serde_json::{Value, json};

use crate::common::{TestServer, not_found, problem};

#[tokio::test]
async fn agents_are_created_changed_and_deleted() {
    let server = TestServer::start().await;
    let tom = server.new_user("tom").await;
    let draft = json!({
        "name": "Builder",
        "model": "anthropic/claude-sonnet-4-5",
        "identity": "A careful engineer.",
        "tools": ["bash"],
        "mcp_servers": {"files": {"command": "mcp-files"}},
        "workspace_base": "web",
        "global_rules": "Test first.",
        "coding_cli": {"kind": "codex"},
        "approval_policy": "ask_me",
    });
    let with = |draft: &Value, id: i64, created: &Value| {
        let mut agent = draft.clone();
        agent["id"] = id.into();
        agent["created_at"] = created.clone();
        agent
    };
    let (status, made) = tom.post("/api/v1/agents", draft.clone()).await;
    assert_eq!((status, &made), (201, &with(&draft, 1, &made["created_at"])));
    assert_eq!(tom.get("/api/v1/agents/1").await, (200, made.clone()));
    assert_eq!(tom.get("/api/v1/agents/1/instances").await, (200, json!([])));

    let small = json!({"name": "Small", "model": "demo/builder"});
    let full = json!({
        "name": "Small", "model": "demo/builder", "identity": "", "tools": [], "mcp_servers": {},
        "workspace_base": null, "global_rules": "", "coding_cli": {"kind": "claude"}, "approval_policy": "auto"
    });
    let changed = with(&full, 1, &made["created_at"]);
    assert_eq!(tom.put("/api/v1/agents/1", small.clone()).await, (200, changed.clone()));
    assert_eq!(tom.get("/api/v1/agents").await, (200, json!([changed])));
    let taken = (409, problem(409, "Conflict", "You have an agent of this name already."));
    assert_eq!(tom.post("/api/v1/agents", small.clone()).await, taken);
    // Names are unique per user only.
    assert_eq!(server.new_user("ann").await.post("/api/v1/agents", small).await.0, 201);

    tom.new_project(1, "Shop").await;
    let busy = (409, problem(409, "Conflict", "This agent has projects; delete them first."));
    assert_eq!(tom.delete("/api/v1/agents/1").await, busy);
    assert_eq!(tom.delete("/api/v1/projects/1").await, (204, Value::Null));
    assert_eq!(tom.delete("/api/v1/agents/1").await, (204, Value::Null));
    assert_eq!(tom.delete("/api/v1/agents/1").await, not_found());
}

#[tokio::test]
async fn a_coding_cli_and_a_policy_must_be_known() {
    let server = TestServer::start().await;
    let tom = server.new_user("tom").await;
    let draft = |part: &str, value: Value| {
        let mut draft = json!({"name": "Builder", "model": "demo/builder"});
        draft[part] = value;
        draft
    };
    let cases = [
        ("coding_cli", json!({"kind": "vim"})),
        ("coding_cli", json!({"kind": "generic"})),
        ("coding_cli", json!({"kind": "generic", "command": " "})),
        ("coding_cli", json!({"kind": "generic", "command": "a\nb"})),
        ("coding_cli", json!({"kind": "generic", "command": "x".repeat(1001)})),
        ("approval_policy", json!("sometimes")),
    ];
    for (part, value) in cases {
        let (status, answer) = tom.post("/api/v1/agents", draft(part, value.clone())).await;
        let field = answer["errors"][0]["field"].as_str().unwrap_or_default().to_owned();
        assert!(status == 422 && field.starts_with(part), "{value}: {status} {answer}");
    }
    assert_eq!(tom.get("/api/v1/agents").await, (200, json!([])));
}
