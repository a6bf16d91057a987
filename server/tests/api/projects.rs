//! Projects through the API, as far as nothing runs.

use serde_json::{Value, json};

use crate::common::{TestServer, not_found, problem};

fn step(id: &str, title: &str, depends_on: &[&str]) -> Value {
    json!({
        "id": id, "title": title, "instructions": "", "verify": null, "depends_on": depends_on,
        "status": "pending", "attempts": 0, "commit": null, "verify_output": null,
        "started_at": null, "finished_at": null
    })
}

#[tokio::test]
async fn a_project_gets_its_folder_session_and_numbered_steps() {
    let server = TestServer::start().await;
    let tom = server.new_user("tom").await;
    let agent = json!({"name": "Builder", "model": "demo/builder", "workspace_base": "web"});
    tom.post("/api/v1/agents", agent).await;
    let draft = json!({
        "name": "My Shop!",
        "description": "Sells things.",
        "architecture": "  ",
        "implementation_plan": {"steps": [{"title": "Skeleton"}, {"title": "Cart", "depends_on": ["1"]}]},
    });
    let (status, made) = tom.post("/api/v1/agents/1/projects", draft.clone()).await;
    let home = server.data().join("users/tom");
    let expected = json!({
        "id": 1, "agent_id": 1, "name": "My Shop!", "slug": "my-shop",
        "description": "Sells things.", "architecture": null,
        "implementation_plan": {"steps": [step("1", "Skeleton", &[]), step("2", "Cart", &["1"])]},
        "status": "created", "status_reason": null, "question": null, "current_step": 0,
        "suggestions": [], "help_screen": null, "resumes_at": null,
        "approval_policy": null, "approve_plan": false, "clone_url": null,
        "tmux_session": "tom-my-shop", "workspace_path": home.join("projects/web/my-shop"),
        "running": false, "queued": false, "isolation_warning": null, "isolation": null,
        "created_at": made["created_at"], "updated_at": made["created_at"],
    });
    assert_eq!((status, &made), (201, &expected));
    assert_eq!(tom.get("/api/v1/projects/1").await, (200, expected.clone()));
    assert_eq!(tom.get("/api/v1/agents/1/projects").await, (200, json!([expected])));
    assert_eq!(tom.get("/api/v1/projects/1/logs").await, (200, json!([])));
    let nothing = json!({
        "requests": 0, "cost_micro_usd": 0,
        "tokens": {"input_tokens": 0, "output_tokens": 0, "cache_creation_tokens": 0, "cache_read_tokens": 0},
    });
    assert_eq!(tom.get("/api/v1/projects/1/usage").await, (200, nothing));

    let (_, second) = tom.post("/api/v1/agents/1/projects", draft).await;
    assert_eq!((&second["slug"], &second["tmux_session"]), (&json!("my-shop-2"), &json!("tom-my-shop-2")));
}

#[tokio::test]
async fn a_change_keeps_the_folder_and_what_is_done() {
    let server = TestServer::start().await;
    let tom = server.new_user("tom").await;
    let agent = tom.new_agent("Builder").await;
    let made = tom.new_project(agent, "Shop").await;
    let plan = json!({"steps": [{"id": "a", "title": "One"}, {"id": "b", "title": "Two"}]});
    let draft = json!({"name": "Store", "description": "d", "implementation_plan": plan});
    let (status, changed) = tom.put("/api/v1/projects/1", draft).await;
    let mut expected = made;
    expected["name"] = "Store".into();
    expected["description"] = "d".into();
    expected["implementation_plan"] = json!({"steps": [step("a", "One", &[]), step("b", "Two", &[])]});
    expected["updated_at"] = changed["updated_at"].clone();
    assert_eq!((status, changed), (200, expected.clone()));

    let db = server.database().await;
    let mut tx = db.begin().await.unwrap();
    let done = "update projects set status = 'completed', current_step = 2, implementation_plan =
        replace(implementation_plan, '\"pending\"', '\"completed\"')";
    sqlx::query(done).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    let draft = json!({"name": "Store", "implementation_plan": {"steps": [{"title": "Three"}]}});
    let (_, changed) = tom.put("/api/v1/projects/1", draft).await;
    let seen: Vec<_> = changed["implementation_plan"]["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| (step["id"].as_str().unwrap(), step["status"].as_str().unwrap()))
        .collect();
    assert_eq!(seen, [("a", "completed"), ("b", "completed"), ("3", "pending")]);
    assert_eq!((&changed["status"], &changed["current_step"]), (&json!("paused"), &json!(2)));
}

#[tokio::test]
async fn what_never_ran_cannot_be_stopped_or_answered_but_deleted() {
    let server = TestServer::start().await;
    let tom = server.new_user("tom").await;
    let agent = tom.new_agent("Builder").await;
    tom.new_project(agent, "Shop").await;
    let (status, _) = tom.post("/api/v1/projects/1/stop", json!({})).await;
    assert_eq!(status, 409);
    let answer = tom.post("/api/v1/projects/1/answer", json!({"text": "yes"})).await;
    assert_eq!(answer, (409, problem(409, "Conflict", "The agent has no open question.")));
    let (status, answer) = tom.post("/api/v1/projects/1/answer", json!({"text": " "})).await;
    assert_eq!((status, &answer["errors"][0]["field"]), (422, &json!("text")));
    assert_eq!(tom.delete("/api/v1/projects/1").await, (204, Value::Null));
    assert_eq!(tom.get("/api/v1/projects/1").await, not_found());
}

#[tokio::test]
async fn impossible_drafts_and_queries_are_refused() {
    let server = TestServer::start().await;
    let tom = server.new_user("tom").await;
    let agent = tom.new_agent("Builder").await;
    let circle = json!({"steps": [
        {"id": "a", "title": "x", "depends_on": ["b"]}, {"id": "b", "title": "y", "depends_on": ["a"]}
    ]});
    let path = format!("/api/v1/agents/{agent}/projects");
    let (status, answer) = tom.post(&path, json!({"name": "x", "implementation_plan": circle})).await;
    assert_eq!((status, &answer["errors"][0]["field"]), (422, &json!("implementation_plan")));
    let untitled = json!({"steps": [{"title": "x"}, {"title": " "}]});
    let (status, answer) = tom.post(&path, json!({"name": "x", "implementation_plan": untitled})).await;
    assert_eq!((status, &answer["errors"][0]["field"]), (422, &json!("implementation_plan.steps[1].title")));
    for url in ["file:///etc", "--upload-pack=id", "https://tom:secret@example.org/x"] {
        let (status, answer) = tom.post(&path, json!({"name": "x", "clone_url": url})).await;
        assert_eq!((status, &answer["errors"][0]["field"]), (422, &json!("clone_url")), "{url}");
    }
    let (status, answer) = tom.post(&path, json!({"name": "x", "approval_policy": "never"})).await;
    assert_eq!((status, &answer["errors"][0]["field"]), (422, &json!("approval_policy")));
    let (status, answer) = tom.post(&path, json!({"name": "x".repeat(81)})).await;
    assert_eq!((status, &answer["errors"][0]["field"]), (422, &json!("name")));
    tom.new_project(agent, "Shop").await;
    for (query, expected) in [("level=loud", 400), ("limit=0", 422), ("limit=1001", 422), ("after=x", 400)] {
        assert_eq!(tom.get(&format!("/api/v1/projects/1/logs?{query}")).await.0, expected, "{query}");
    }
    assert_eq!(tom.get("/api/v1/projects/1/logs?level=error&after=3&limit=5").await, (200, json!([])));
}

#[tokio::test]
async fn a_repository_can_be_chosen_changed_and_removed_before_the_first_start() {
    let server = TestServer::start().await;
    let tom = server.new_user("tom").await;
    let agent = tom.new_agent("Builder").await;
    tom.new_project(agent, "Shop").await;
    let first = "git@example.org:shop.git";
    let cases = [(json!(first), json!(first)), (Value::Null, json!(first)), (json!(" "), Value::Null)];
    for (sent, stored) in cases {
        let draft =
            json!({"name": "Shop", "clone_url": sent, "approval_policy": "auto", "approve_plan": true});
        let (status, changed) = tom.put("/api/v1/projects/1", draft).await;
        let seen = json!([changed["clone_url"], changed["approval_policy"], changed["approve_plan"]]);
        assert_eq!((status, seen), (200, json!([stored, "auto", true])), "{sent}");
    }
}
