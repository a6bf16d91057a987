//! Stopping and removing in every situation: within 5 seconds, and nothing is left.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use autocode_runner::protocol::{Answer, Request, RunnerEvent};
use tokio::time::{Instant, sleep};

use crate::{
    client::Client,
    common::{LIMIT, World, lives},
};

const IN_TIME: Duration = Duration::from_secs(5);

/// Processes that have this text in their environment, with their command lines.
fn marked(workspace: &Path) -> Vec<String> {
    let text = workspace.display().to_string();
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let ours = processes.filter(|entry| {
        let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
        String::from_utf8_lossy(&environment).contains(&text)
    });
    ours.map(|entry| fs::read_to_string(entry.path().join("cmdline")).unwrap_or_default()).collect()
}

async fn in_time(client: &mut Client, request: Request) {
    let begun = Instant::now();
    assert_eq!(client.ask(request).await, Answer::Done);
    assert!(begun.elapsed() < IN_TIME, "{:?}", begun.elapsed());
}

fn stop(id: i64) -> Request {
    Request::StopInstance { instance_id: id, end_session: Some("tom-shop".into()) }
}

/// A session whose command and its children carry the mark of their workspace, one of them far from home.
async fn cli(world: &World, workspace: &Path) {
    let script = format!(
        "export AUTOCODE_WORKSPACE='{0}'; cd /; \
         exec sh -c 'setsid sh -c \"trap : TERM HUP; while :; do sleep 1; done\" & trap : HUP; while :; do sleep 1; done'",
        workspace.display()
    );
    world.session("tom-shop", &script).await;
    let deadline = Instant::now() + LIMIT;
    while marked(workspace).len() < 4 {
        assert!(Instant::now() < deadline, "{:?}", marked(workspace));
        sleep(Duration::from_millis(20)).await;
    }
}

fn nothing_left(world: &World, workspace: &Path, pid: u32) {
    assert!(!lives(pid));
    assert_eq!(marked(workspace), Vec::<String>::new());
    let run: Vec<PathBuf> = fs::read_dir(world.path("run")).unwrap().map(|e| e.unwrap().path()).collect();
    let names: Vec<_> = run.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
    assert!(names.iter().all(|name| !name.starts_with("i-")), "{names:?}");
}

#[tokio::test]
async fn a_hung_nanobot_its_checks_and_a_stubborn_cli_are_all_gone_in_time() {
    let mut world = World::new();
    world.spawn("serve");
    let mut client = world.client(0).await;
    let workspace = world.path("tom/projects/shop");
    for removing in [false, true] {
        let pid = client.start(world.start(1, "shop")).await;
        client.expect_log("run ").await;
        cli(&world, &workspace).await;
        client.say(1, "stray").await;
        client.expect_log("stray").await;
        client.say(1, "deaf").await;
        client.expect_log("deaf").await;
        let remove = Request::RemoveProject { folder: "shop".into(), session: "tom-shop".into() };
        in_time(&mut client, if removing { remove } else { stop(1) }).await;
        assert!(matches!(client.event().await.event, RunnerEvent::Exited { clean: true, .. }));
        assert!(world.tmux.sessions().await.unwrap().is_empty());
        assert_eq!(workspace.exists(), !removing);
        nothing_left(&world, &workspace, pid);
    }
}

#[tokio::test]
async fn a_stop_while_a_nanobot_waits_to_be_started_again_ends_it() {
    let mut world = World::new();
    world.spawn("serve");
    let mut client = world.client(0).await;
    let workspace = world.path("tom/projects/shop");
    let pid = client.start(world.start(1, "shop")).await;
    client.expect_log("run 1").await;
    client.say(1, "stray").await;
    client.expect_log("stray").await;
    client.say(1, "crash").await;
    assert!(matches!(client.event().await.event, RunnerEvent::Restarting { .. }));
    // What its check left behind is gone before the next one begins.
    assert_eq!(marked(&workspace).len(), 0);
    in_time(&mut client, stop(1)).await;
    assert!(matches!(client.event().await.event, RunnerEvent::Exited { clean: true, .. }));
    nothing_left(&world, &workspace, pid);
    sleep(Duration::from_secs(2)).await;
    assert_eq!(client.ask(Request::ListInstances).await, Answer::Instances { instance_ids: vec![] });
    assert_eq!(fs::read_to_string(workspace.join("runs")).unwrap(), "1\n");
}

#[tokio::test]
async fn a_session_without_an_instance_is_ended_with_all_that_it_started() {
    let mut world = World::new();
    world.spawn("serve");
    let mut client = world.client(0).await;
    let workspace = world.path("tom/projects/shop");
    let pid = client.start(world.start(1, "shop")).await;
    client.expect_log("run 1").await;
    cli(&world, &workspace).await;
    client.say(1, "finish").await;
    client.expect_log("finishing").await;
    assert!(matches!(client.event().await.event, RunnerEvent::Exited { clean: true, .. }));
    assert_eq!(world.tmux.sessions().await.unwrap().len(), 1);
    in_time(&mut client, stop(1)).await;
    assert!(world.tmux.sessions().await.unwrap().is_empty());
    nothing_left(&world, &workspace, pid);
}
