//! Who may start: the queue, the isolation level that an admin accepted, and the disk limit.

use autocode_runner::protocol::Request;
use serde_json::{Value, json};
use tokio::time::{Duration, Instant, sleep};

use crate::{
    common::{ADMIN, Client, TestServer, problem},
    control::until,
    fake_runner::FakeRunner,
};

/// A user with an agent and so many projects.
async fn user(server: &TestServer, name: &str, projects: usize) -> Client {
    let client = server.new_user(name).await;
    let agent = client.new_agent("Builder").await;
    for n in 0..projects {
        client.new_project(agent, &format!("Project {n}")).await;
    }
    client
}

async fn start(client: &Client, project: i64) -> (u16, Value) {
    client.post(&format!("/api/v1/projects/{project}/start"), json!({})).await
}

/// Whether a project is wanted, and whether it waits.
fn standing(project: &Value) -> (bool, bool) {
    (project["running"] == true, project["queued"] == true)
}

#[tokio::test]
async fn starts_beyond_a_users_places_wait_and_survive_a_restart_and_can_be_withdrawn() {
    let server = TestServer::start_configured(|config| config.isolation.agents = 1).await;
    let tom = user(&server, "tom", 3).await;
    let mut runner = FakeRunner::listen(&server, "tom");
    for project in 1..=3 {
        assert_eq!(start(&tom, project).await.0, 202);
    }
    let Request::StartInstance(first) = runner.next().await else { panic!("not a start") };
    assert_eq!(first.config.project.id, 1);
    let path = |id: i64| format!("/api/v1/projects/{id}");
    let seen = [tom.get(&path(1)).await.1, tom.get(&path(2)).await.1, tom.get(&path(3)).await.1];
    assert_eq!(seen.each_ref().map(standing), [(true, false), (true, true), (true, true)]);
    assert_eq!(start(&tom, 2).await.0, 409, "a start that waits is no second one");

    // The wish is a row.
    let db = server.database().await;
    let waiting = server::db::queue::waiting(db.reader()).await.unwrap();
    assert_eq!(waiting.iter().map(|w| w.project.0).collect::<Vec<_>>(), [2, 3]);

    // Withdrawn by a stop; then the end of the first makes room for the last.
    assert_eq!(tom.post(&format!("{}/stop", path(2)), json!({})).await.0, 202);
    let Request::StopInstance { .. } = runner.next().await else { panic!("not a stop") };
    assert_eq!(standing(&tom.get(&path(2)).await.1), (false, false));
    assert_eq!(tom.post(&format!("{}/stop", path(1)), json!({})).await.0, 202);
    let Request::StopInstance { .. } = runner.next().await else { panic!("not a stop") };
    let Request::StartInstance(last) = runner.next().await else { panic!("not a start") };
    assert_eq!(last.config.project.id, 3);
    until(&tom, &path(3), |project| standing(project) == (true, false)).await;
}

#[tokio::test]
async fn a_full_house_of_one_user_is_no_reason_for_another_to_wait() {
    let server = TestServer::start_configured(|config| config.isolation.agents = 1).await;
    let (tom, eva) = (user(&server, "tom", 2).await, user(&server, "eva", 1).await);
    let (_tom_runner, mut eva_runner) =
        (FakeRunner::listen(&server, "tom"), FakeRunner::listen(&server, "eva"));
    assert_eq!((start(&tom, 1).await.0, start(&tom, 2).await.0, start(&eva, 3).await.0), (202, 202, 202));
    let Request::StartInstance(order) = eva_runner.next().await else { panic!("not a start") };
    assert_eq!(order.config.project.id, 3);
    assert_eq!(standing(&tom.get("/api/v1/projects/2").await.1), (true, true));
    sleep(Duration::from_millis(1500)).await;
    assert_eq!(standing(&tom.get("/api/v1/projects/2").await.1), (true, true), "let in without a place");
}

#[tokio::test]
async fn a_weaker_isolation_stops_starts_until_an_admin_accepts_it() {
    let server = TestServer::start().await;
    let admin = server.sign_in(ADMIN).await;
    let tom = user(&server, "tom", 1).await;
    let _runner = FakeRunner::listen(&server, "tom");
    let report = admin.get("/api/v1/isolation").await.1;
    let level = report["level"].as_u64().unwrap();
    assert_eq!(
        (report["accepted"].is_null(), report["facts"].as_array().unwrap().len()),
        (true, 6),
        "{report}"
    );
    assert_eq!(level, 2, "this process starts cells under its own account: {report}");
    let db = server.database().await;
    let mut tx = db.begin().await.unwrap();
    server::db::cells::set_accepted_level(&mut tx, 4).await.unwrap();
    tx.commit().await.unwrap();

    let refused = start(&tom, 1).await;
    assert_eq!(refused.0, 409, "{}", refused.1);
    assert!(refused.1["detail"].as_str().unwrap().contains("weaker"), "{}", refused.1);
    assert_eq!(standing(&tom.get("/api/v1/projects/1").await.1), (false, false));

    let accept = |level: u64| json!({"level": level});
    assert_eq!(tom.post("/api/v1/isolation/accept", accept(level)).await.0, 403);
    assert_eq!(admin.post("/api/v1/isolation/accept", accept(3)).await.0, 409);
    let (status, accepted) = admin.post("/api/v1/isolation/accept", accept(level)).await;
    assert_eq!((status, &accepted["accepted"]), (200, &json!(level)));
    let audit = admin.get("/api/v1/audit").await.1;
    let entry =
        audit.as_array().unwrap().iter().find(|entry| entry["action"] == "isolation_accepted").unwrap();
    assert_eq!((&entry["actor"], &entry["detail"]), (&json!(ADMIN), &json!("level 4 to 2")));
    assert_eq!(start(&tom, 1).await.0, 202);
}

#[tokio::test]
async fn without_walls_nothing_starts_as_soon_as_there_are_two_users() {
    let server = TestServer::start_configured(|config| {
        config.sandbox = autocode_sandbox::SandboxMode::Off;
    })
    .await;
    let admin = server.sign_in(ADMIN).await;
    assert_eq!(admin.get("/api/v1/isolation").await.1["level"], 0);
    let tom = user(&server, "tom", 1).await;
    let refused = start(&tom, 1).await;
    assert_eq!(refused.0, 409);
    assert!(refused.1["detail"].as_str().unwrap().starts_with("Isolation level 0 of 4"), "{}", refused.1);
}

#[tokio::test]
async fn whoever_is_over_the_disk_limit_starts_nothing() {
    let server = TestServer::start_configured(|config| config.isolation.disk = Some(1 << 20)).await;
    let tom = user(&server, "tom", 1).await;
    let _runner = FakeRunner::listen(&server, "tom");
    let file = server.data().join("users/tom/projects/big");
    std::fs::write(&file, vec![1; 3 << 20]).unwrap();
    let why = "The files of tom take 3 MiB, the limit is 1 MiB: remove some, then start again.";
    assert_eq!(start(&tom, 1).await, (409, problem(409, "Conflict", why)));
    std::fs::remove_file(file).unwrap();
    // Their cell can write beside its sockets as well.
    let file = server.run_dir().join("tom/big");
    std::fs::write(&file, vec![1; 3 << 20]).unwrap();
    assert_eq!(start(&tom, 1).await, (409, problem(409, "Conflict", why)));
    std::fs::remove_file(file).unwrap();
    assert_eq!(start(&tom, 1).await.0, 202);
}

#[tokio::test]
async fn a_runner_that_hangs_delays_nobody_but_its_own_user() {
    let server = TestServer::start().await;
    let (tom, eva) = (user(&server, "tom", 1).await, user(&server, "eva", 1).await);
    let folder = server.run_dir().join("tom");
    std::fs::create_dir_all(&folder).unwrap();
    // Whatever connects is taken and never answered.
    let hanging = tokio::net::UnixListener::bind(folder.join("runner.sock")).unwrap();
    let mut eva_runner = FakeRunner::listen(&server, "eva");
    let asking = async {
        let begun = Instant::now();
        let (status, answer) = start(&tom, 1).await;
        (status, answer, begun.elapsed())
    };
    let meanwhile = async {
        let mut slowest = Duration::ZERO;
        for n in 0..20 {
            let begun = Instant::now();
            assert_eq!(eva.get("/api/v1/projects/2").await.0, 200);
            if n == 5 {
                assert_eq!(start(&eva, 2).await.0, 202);
            }
            slowest = slowest.max(begun.elapsed());
            sleep(Duration::from_millis(100)).await;
        }
        slowest
    };
    let ((status, answer, took), slowest) = tokio::join!(asking, meanwhile);
    println!("tom's start: {status} after {took:?}; eva's slowest request: {slowest:?}");
    assert_eq!(status, 503, "{answer}");
    assert!(took < Duration::from_secs(20), "{took:?}");
    assert!(slowest < Duration::from_secs(3), "{slowest:?}");
    assert!(matches!(eva_runner.next().await, Request::StartInstance(_)));
    drop(hanging);
}
