//! Users: made with their folders, gone with all that was theirs.

use serde_json::{Value, json};

use crate::common::{ADMIN, PASSWORD, TestServer, not_found, problem, unauthorized};

#[tokio::test]
async fn a_new_user_has_folders_and_can_sign_in_at_once() {
    let server = TestServer::start().await;
    let admin = server.sign_in(ADMIN).await;
    let (status, user) = admin.post("/api/v1/users", json!({"username": "tom", "password": PASSWORD})).await;
    assert_eq!(status, 201, "{user}");
    assert_eq!(user, json!({"id": 2, "username": "tom", "role": "user", "created_at": user["created_at"]}));
    for part in ["projects", "config"] {
        assert!(server.data().join("users/tom").join(part).is_dir(), "no folder {part}");
    }
    let tom = server.sign_in("tom").await;
    let only_admins = (403, problem(403, "Forbidden", "Only an admin may do this."));
    assert_eq!(tom.get("/api/v1/users").await, only_admins);
    assert_eq!(
        tom.post("/api/v1/users", json!({"username": "eve", "password": PASSWORD})).await,
        only_admins
    );
    assert_eq!(tom.delete("/api/v1/users/1").await, only_admins);

    tom.new_agent("Builder").await;
    let (_, users) = admin.get("/api/v1/users").await;
    let seen: Vec<_> = users
        .as_array()
        .unwrap()
        .iter()
        .map(|u| (u["user"]["username"].clone(), u["agents"].clone(), u["running_instances"].clone()))
        .collect();
    assert_eq!(seen, [(json!("boss"), json!(0), json!(0)), (json!("tom"), json!(1), json!(0))]);
}

#[tokio::test]
async fn bad_and_taken_names_are_refused() {
    let server = TestServer::start().await;
    let admin = server.sign_in(ADMIN).await;
    let (status, answer) =
        admin.post("/api/v1/users", json!({"username": "../x", "password": "short"})).await;
    let fields: Vec<_> = answer["errors"].as_array().unwrap().iter().map(|e| e["field"].clone()).collect();
    assert_eq!((status, fields), (422, vec![json!("password"), json!("username")]));
    let taken = admin.post("/api/v1/users", json!({"username": ADMIN, "password": PASSWORD})).await;
    assert_eq!(taken, (409, problem(409, "Conflict", "This username is taken.")));
}

#[tokio::test]
async fn a_deleted_user_is_gone_with_everything() {
    let server = TestServer::start().await;
    let (admin, tom) = (server.sign_in(ADMIN).await, server.new_user("tom").await);
    let agent = tom.new_agent("Builder").await;
    tom.new_project(agent, "Shop").await;
    assert_eq!(tom.put("/api/v1/api-keys/anthropic", json!({"key": "sk-ant-12345678"})).await.0, 200);
    assert!(server.data().join("users/tom/config/api_keys.json").is_file());

    assert_eq!(admin.delete("/api/v1/users/2").await, (204, Value::Null));
    assert_eq!(tom.get("/api/v1/agents").await, unauthorized());
    let login = json!({"username": "tom", "password": PASSWORD});
    assert_eq!(tom.post("/api/v1/auth/login", login).await.0, 401);
    assert!(!server.data().join("users/tom").exists());
    let db = server.database().await;
    for table in ["users", "sessions", "agents", "projects", "api_keys"] {
        let column = if table == "users" { "id" } else { "user_id" };
        let count: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
            "select count(*) from {table} where {column} = 2"
        )))
        .fetch_one(db.reader())
        .await
        .unwrap();
        assert_eq!(count, 0, "rows are left in {table}");
    }
    assert_eq!(admin.delete("/api/v1/users/2").await, not_found());
    // The name is free again, and a new user of that name is another one.
    server.new_user("tom").await;
}

#[tokio::test]
async fn the_last_admin_stays() {
    let server = TestServer::start().await;
    let admin = server.sign_in(ADMIN).await;
    let refused = (409, problem(409, "Conflict", "The last admin cannot be deleted."));
    assert_eq!(admin.delete("/api/v1/users/1").await, refused);
    assert_eq!(admin.get("/api/v1/agents").await.0, 200);
}

#[tokio::test]
async fn a_deletion_that_was_cut_short_is_finished_at_the_next_start() {
    let server = TestServer::start().await;
    let tom = server.new_user("tom").await;
    let db = server.database().await;
    let mut tx = db.begin().await.unwrap();
    sqlx::query("update users set deleting_at = 1 where username = 'tom'").execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(tom.get("/api/v1/agents").await, unauthorized());

    let server = server.restart().await;
    let folder = server.data().join("users/tom");
    for _ in 0..100 {
        let left: i64 = sqlx::query_scalar("select count(*) from users where username = 'tom'")
            .fetch_one(db.reader())
            .await
            .unwrap();
        if left == 0 {
            assert!(!folder.exists());
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the deletion was not finished");
}
