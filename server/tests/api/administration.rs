//! Roles, the record of security events, isolation, and what admins see of users.

use reqwest::Method;
use serde_json::{Value, json};

use crate::common::{ADMIN, TestServer, not_found, problem};

#[tokio::test]
async fn only_admins_see_and_change_the_installation() {
    let server = TestServer::start().await;
    let tom = server.new_user("tom").await;
    let role = Some(json!({"role": "admin"}));
    for (method, path, body) in [
        (Method::GET, "/invites", None),
        (Method::POST, "/invites", None),
        (Method::DELETE, "/invites/1", None),
        (Method::GET, "/audit", None),
        (Method::GET, "/isolation", None),
        (Method::PUT, "/users/2/role", role),
        (Method::POST, "/users/1/reset-link", None),
        (Method::DELETE, "/users/1", None),
        (Method::DELETE, "/users/1/sessions", None),
    ] {
        let path = format!("/api/v1{path}");
        let refused = (403, problem(403, "Forbidden", "Only an admin may do this."));
        assert_eq!(tom.send(method.clone(), &path, body.clone()).await, refused, "{method} {path}");
        assert_eq!(server.anonymous().send(method.clone(), &path, body).await.0, 401, "{method} {path}");
    }
}

#[tokio::test]
async fn roles_change_at_once_and_one_admin_stays() {
    let server = TestServer::start().await;
    let (admin, tom) = (server.sign_in(ADMIN).await, server.new_user("tom").await);
    let set = async |id: i64, role: &str| {
        admin.put(&format!("/api/v1/users/{id}/role"), json!({"role": role})).await
    };
    let last = "The last admin stays one; make somebody else admin first.";
    assert_eq!(set(1, "user").await, (409, problem(409, "Conflict", last)));
    assert_eq!(set(99, "user").await, not_found());
    assert_eq!(set(2, "king").await.0, 422);
    assert_eq!(tom.get("/api/v1/users").await.0, 403);
    let (status, user) = set(2, "admin").await;
    assert_eq!((status, &user["role"]), (200, &json!("admin")));
    assert_eq!(tom.get("/api/v1/users").await.0, 200);
    assert_eq!(set(1, "user").await.0, 200);
    assert_eq!(admin.get("/api/v1/users").await.0, 403);
    assert_eq!(tom.delete("/api/v1/users/2").await.0, 409, "the last admin is gone");
}

#[tokio::test]
async fn an_admin_signs_a_user_out_everywhere() {
    let server = TestServer::start().await;
    let (admin, tom) = (server.sign_in(ADMIN).await, server.new_user("tom").await);
    let again = server.sign_in("tom").await;
    let sessions = async |user: usize| admin.get("/api/v1/users").await.1[user]["sessions"].clone();
    // Making a user took another session of the admin's.
    assert_eq!((sessions(0).await, sessions(1).await), (json!(2), json!(2)));
    let own = "End your own sessions in Settings.";
    assert_eq!(admin.delete("/api/v1/users/1/sessions").await, (409, problem(409, "Conflict", own)));
    assert_eq!(admin.delete("/api/v1/users/99/sessions").await, not_found());
    assert_eq!(admin.delete("/api/v1/users/2/sessions").await, (204, Value::Null));
    for client in [&tom, &again] {
        assert_eq!(client.get("/api/v1/agents").await.0, 401, "a session goes on");
    }
    assert_eq!((sessions(0).await, sessions(1).await), (json!(2), json!(0)));
    let newest = &admin.get("/api/v1/audit").await.1[0];
    let said = ["actor", "action", "detail"].map(|field| newest[field].as_str().unwrap());
    assert_eq!(said, [ADMIN, "sessions_of_user_ended", "tom"]);
    assert_eq!(server.sign_in("tom").await.get("/api/v1/agents").await.0, 200);
}

#[tokio::test]
async fn a_typed_name_must_be_the_right_one() {
    let server = TestServer::start().await;
    let admin = server.sign_in(ADMIN).await;
    server.new_user("tom").await;
    let (status, answer) = admin.delete("/api/v1/users/2?confirm=tim").await;
    assert_eq!((status, &answer["errors"][0]["field"]), (422, &json!("confirmation")));
    assert_eq!(admin.delete("/api/v1/users/2?confirm=tom").await, (204, Value::Null));
}

#[tokio::test]
async fn users_show_disk_use_and_last_sign_in() {
    let server = TestServer::start().await;
    let admin = server.sign_in(ADMIN).await;
    let tom = json!({"username": "tom", "password": "correct horse battery"});
    admin.post("/api/v1/users", tom).await;
    std::fs::write(server.data().join("users/tom/projects/file"), vec![1; 3 << 20]).unwrap();
    let (_, users) = admin.get("/api/v1/users").await;
    let [boss, tom] = &users.as_array().unwrap()[..] else { panic!("{users}") };
    assert!(boss["last_sign_in_at"].is_string());
    assert_eq!(tom["last_sign_in_at"], Value::Null);
    let bytes = tom["disk"]["bytes"].as_u64().unwrap();
    assert!((3 << 20..4 << 20).contains(&bytes), "{bytes}");
    assert_eq!(tom["disk"]["complete"], true);
    assert!(boss["disk"]["bytes"].as_u64().unwrap() < 1 << 20);
}

#[tokio::test]
async fn security_events_are_recorded_and_paged() {
    let server = TestServer::start().await;
    let admin = server.sign_in(ADMIN).await;
    server.new_user("tom").await;
    admin.put("/api/v1/users/2/role", json!({"role": "admin"})).await;
    admin.post("/api/v1/users/2/reset-link", Value::Null).await;
    admin.delete("/api/v1/users/2").await;
    let (_, events) = admin.get("/api/v1/audit").await;
    let all: Vec<_> = events.as_array().unwrap().iter().map(|e| (&e["action"], &e["detail"])).collect();
    let expected =
        ["user_deleted", "reset_link_created", "promoted_to_admin"].map(|a| (json!(a), json!("tom")));
    assert_eq!(all[..3], expected.each_ref().map(|(action, detail)| (action, detail)));
    assert!(all.len() > 5, "{events}");

    let mut paged = Vec::new();
    let mut path = "/api/v1/audit?limit=2".to_owned();
    loop {
        let (_, page) = admin.get(&path).await;
        let page = page.as_array().unwrap().clone();
        assert!(page.len() <= 2);
        let Some(last) = page.last() else { break };
        path = format!("/api/v1/audit?limit=2&before={}", last["id"]);
        paged.extend(page);
    }
    assert_eq!(json!(paged), events);
}

#[tokio::test]
async fn isolation_is_measured() {
    let server = TestServer::start().await;
    let (status, report) = server.sign_in(ADMIN).await.get("/api/v1/isolation").await;
    let works = autocode_sandbox::probe().await.is_ok();
    assert_eq!((status, &report["level"]), (200, &json!(if works { 2 } else { 0 })));
    let facts = report["facts"].as_array().unwrap();
    assert_eq!((&facts[0]["name"], &facts[0]["holds"]), (&json!("Bubblewrap"), &json!(works)));
    assert!(report["measured_at"].is_string());
}
