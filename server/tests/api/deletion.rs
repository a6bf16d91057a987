//! A user's deletion, cut short by `kill -9` between any two of its phases, and admins who delete each other.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use autocode_runner::{
    frame::{Frame, FrameCodec},
    protocol::{Answer, Request, RequestFrame, ServerBound, VERSION},
};
use futures::{SinkExt as _, StreamExt as _};
use serde_json::json;
use tokio::{net::UnixListener, sync::oneshot, task::JoinHandle};
use tokio_util::codec::Framed;

use crate::{
    common::{ADMIN, PASSWORD, TestServer},
    process::Process,
};

/// Folders in the workspace of the user who is deleted.
const FOLDERS: usize = 300;
const FILES: usize = 40;

/// An installation with the user tom (2), who has many files, a key and a project.
async fn installation() -> Process {
    let process = Process::start("info").await;
    let admin = process.sign_in(ADMIN).await;
    let (status, answer) =
        admin.post("/api/v1/users", json!({"username": "tom", "password": PASSWORD})).await;
    assert_eq!(status, 201, "{answer}");
    let tom = process.sign_in("tom").await;
    let agent = tom.new_agent("Builder").await;
    tom.new_project(agent, "Shop").await;
    assert_eq!(tom.put("/api/v1/api-keys/anthropic", json!({"key": "sk-ant-12345678"})).await.0, 200);
    let workspace = process.path("data/users/tom/projects/shop");
    for folder in 0..FOLDERS {
        let folder = workspace.join(folder.to_string());
        std::fs::create_dir_all(&folder).unwrap();
        for file in 0..FILES {
            std::fs::write(folder.join(file.to_string()), "x").unwrap();
        }
    }
    process
}

/// A runner of tom's that says it has ended only when it is told to.
fn runner(process: &Process) -> (oneshot::Sender<()>, JoinHandle<()>) {
    let folder = process.path("run/tom");
    std::fs::create_dir_all(&folder).unwrap();
    let listener = UnixListener::bind(folder.join("runner.sock")).unwrap();
    let (release, released) = oneshot::channel();
    let task = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut framed = Framed::new(stream, FrameCodec::default());
        framed.next().await.unwrap().unwrap();
        let welcome = ServerBound::Welcome { version: VERSION, isolation: crate::fake_runner::measured() };
        framed.send(Frame::json(&welcome).unwrap()).await.unwrap();
        let Frame::Json(json) = framed.next().await.unwrap().unwrap() else { panic!("no request") };
        let RequestFrame { id, request } = serde_json::from_slice(&json).unwrap();
        assert!(matches!(request, Request::Shutdown), "{request:?}");
        if released.await.is_ok() {
            framed
                .send(Frame::json(&ServerBound::Answer { id, answer: Answer::Done }).unwrap())
                .await
                .unwrap();
        }
    });
    (release, task)
}

/// Asks for tom's deletion without waiting for the answer, which never comes.
async fn delete_tom(process: &Process) {
    let admin = process.sign_in(ADMIN).await;
    tokio::spawn(async move {
        admin.request(reqwest::Method::DELETE, "/api/v1/users/2").send().await.ok();
    });
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !holds().await {
        assert!(Instant::now() < deadline, "never: {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

async fn count(process: &Process, query: &'static str) -> i64 {
    let db = process.database().await;
    let found = sqlx::query_scalar(query).fetch_one(db.reader()).await.unwrap();
    db.close().await;
    found
}

const MARKED: &str = "select count(*) from users where id = 2 and deleting_at is not null";
const ROWS: &str =
    "select (select count(*) from users where id = 2) + (select count(*) from sessions where user_id = 2)
    + (select count(*) from agents where user_id = 2) + (select count(*) from projects where user_id = 2)
    + (select count(*) from api_keys where user_id = 2)";

/// Starts a server on what is left and sees that it finishes the deletion.
async fn finishes(process: &mut Process) {
    process.start_again().await;
    assert_eq!(process.try_sign_in("tom").await.0, 401, "a user who is being deleted signed in");
    until("the rows are gone", async || count(process, ROWS).await == 0).await;
    for left in ["data/users/tom", "run/tom"] {
        assert!(!process.path(left).exists(), "{left} is left");
    }
    // The name is free, and whoever gets it finds nothing.
    let admin = process.sign_in(ADMIN).await;
    assert_eq!(admin.post("/api/v1/users", json!({"username": "tom", "password": PASSWORD})).await.0, 201);
    let tom = process.sign_in("tom").await;
    assert_eq!(tom.get("/api/v1/agents").await, (200, json!([])));
    assert_eq!(tom.get("/api/v1/api-keys").await, (200, json!([])));
}

#[tokio::test]
async fn killed_before_it_is_recorded_nothing_is_gone() {
    let mut process = installation().await;
    let db = process.database().await;
    let admin = process.sign_in(ADMIN).await;
    let lock = db.begin().await.unwrap();
    let request = tokio::spawn(async move { admin.delete("/api/v1/users/2").await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    process.kill();
    drop((lock, request));
    db.close().await;
    process.start_again().await;
    let tom = process.sign_in("tom").await;
    assert_eq!(tom.get("/api/v1/agents").await.1.as_array().unwrap().len(), 1);
    assert!(process.path("data/users/tom/projects/shop/7/7").exists());
}

#[tokio::test]
async fn killed_while_the_cell_ends() {
    let mut process = installation().await;
    let (release, task) = runner(&process);
    delete_tom(&process).await;
    until("tom is marked", async || count(&process, MARKED).await == 1).await;
    process.kill();
    assert!(process.path("data/users/tom/projects/shop/7/7").exists());
    // The cell is gone by the time of the next start, its socket is left.
    drop(release);
    task.await.unwrap();
    finishes(&mut process).await;
}

#[tokio::test]
async fn killed_in_the_middle_of_the_files() {
    let mut process = installation().await;
    delete_tom(&process).await;
    let workspace = process.path("data/users/tom/projects/shop");
    let folders = |path: &Path| std::fs::read_dir(path).map_or(0, Iterator::count);
    until("some files are gone", async || folders(&workspace) < FOLDERS).await;
    process.kill();
    assert!(process.path("data/users/tom").exists(), "it was too fast to be cut short");
    assert_eq!(count(&process, MARKED).await, 1);
    finishes(&mut process).await;
}

#[tokio::test]
async fn killed_between_files_and_rows() {
    let mut process = installation().await;
    let (release, task) = runner(&process);
    delete_tom(&process).await;
    until("tom is marked", async || count(&process, MARKED).await == 1).await;
    let db = process.database().await;
    let lock = db.begin().await.unwrap();
    release.send(()).unwrap();
    task.await.unwrap();
    until("the files are gone", async || !process.path("data/users/tom").exists()).await;
    process.kill();
    drop(lock);
    db.close().await;
    assert_eq!(count(&process, MARKED).await, 1);
    finishes(&mut process).await;
}

#[tokio::test]
async fn of_two_admins_who_delete_each_other_one_stays() {
    let server = TestServer::start().await;
    for round in 0..5 {
        let boss = server.sign_in(ADMIN).await;
        let name = format!("other{round}");
        let other = server.new_user(&name).await;
        let (_, users) = boss.get("/api/v1/users").await;
        let id = |name: &str| {
            let all = users.as_array().unwrap();
            all.iter().find(|u| u["user"]["username"] == name).unwrap()["user"]["id"].clone()
        };
        let role = |id| format!("/api/v1/users/{id}/role");
        assert_eq!(boss.put(&role(id(&name)), json!({"role": "admin"})).await.0, 200);
        let (mine, theirs) = (id(ADMIN), id(&name));
        if round % 2 == 0 {
            let user = json!({"role": "user"});
            let (mine, theirs) = (role(mine), role(theirs));
            let (one, two) = tokio::join!(other.put(&mine, user.clone()), boss.put(&theirs, user));
            let mut statuses = [one.0, two.0];
            statuses.sort_unstable();
            assert_eq!(statuses[0], 200, "{one:?} {two:?}");
            assert!(matches!(statuses[1], 403 | 409), "{one:?} {two:?}");
        } else {
            let paths = (format!("/api/v1/users/{mine}"), format!("/api/v1/users/{theirs}"));
            let (one, two) = tokio::join!(other.delete(&paths.0), boss.delete(&paths.1));
            let mut statuses = [one.0, two.0];
            statuses.sort_unstable();
            assert_eq!(statuses[0], 204, "{one:?} {two:?}");
            assert!(matches!(statuses[1], 401 | 403 | 409), "{one:?} {two:?}");
        }
        let db = server.database().await;
        let admins: i64 =
            sqlx::query_scalar("select count(*) from users where role = 'admin' and deleting_at is null")
                .fetch_one(db.reader())
                .await
                .unwrap();
        assert_eq!(admins, 1, "in round {round}");
        // Back to the boss alone, whoever of them is left.
        let mut tx = db.begin().await.unwrap();
        sqlx::query("update users set role = case username when ? then 'admin' else 'user' end")
            .bind(ADMIN)
            .execute(&mut *tx)
            .await
            .unwrap();
        let boss_left: i64 = sqlx::query_scalar("select count(*) from users where username = ?")
            .bind(ADMIN)
            .fetch_one(&mut *tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        if boss_left == 0 {
            return;
        }
    }
}
