//! The supervisor: one per run folder, and what outlives what.

use std::{fs, process::Command, time::Duration};

use autocode_runner::protocol::{Answer, Request};
use tokio::time::{Instant, sleep};

use crate::common::{self, World, lives};

#[tokio::test]
async fn the_supervisor_keeps_runner_and_tmux_until_shutdown() {
    let mut world = World::new();
    let supervisor = world.spawn("supervise");
    let mut client = world.client(0).await;
    let nanobot = client.start(world.start(1, "shop")).await;
    client.expect_log("run 1").await;
    world.session("tom-shop", "exec cat").await;
    let second = world.spawn("supervise");
    assert_eq!(world.wait_exit(second).await, Some(1));
    let code = fs::read_to_string(world.path("supervise.exit")).unwrap();
    assert_eq!(code, format!("{:?}", std::process::ExitCode::from(75)));

    let runner = child_of(world.pid(supervisor));
    assert!(Command::new("kill").args(["-9", &runner.to_string()]).status().unwrap().success());
    while !client.is_closed().await {}
    let deadline = Instant::now() + common::LIMIT;
    while lives(nanobot) || lives(runner) {
        assert!(Instant::now() < deadline);
        sleep(Duration::from_millis(20)).await;
    }
    // The dead runner's socket stays until the new one binds.
    while tokio::net::UnixStream::connect(world.path("run/runner.sock")).await.is_err() {
        assert!(Instant::now() < deadline);
        sleep(Duration::from_millis(20)).await;
    }
    let mut client = world.client(1).await;
    assert_eq!(client.ask(Request::ListInstances).await, Answer::Instances { instance_ids: vec![] });
    assert_eq!(world.tmux.sessions().await.unwrap().len(), 1);
    client.start(world.start(1, "shop")).await;
    assert_eq!(client.ask(Request::Shutdown).await, Answer::Done);
    assert_eq!(world.wait_exit(supervisor).await, Some(0));
    assert!(world.tmux.sessions().await.unwrap().is_empty() && !world.path("run/runner.sock").exists());
}

#[tokio::test]
async fn sigterm_ends_runner_and_nanobots_but_not_tmux() {
    let mut world = World::new();
    let supervisor = world.spawn("supervise");
    let mut client = world.client(0).await;
    let nanobot = client.start(world.start(1, "shop")).await;
    client.expect_log("run 1").await;
    world.session("tom-shop", "exec cat").await;
    assert!(Command::new("kill").arg(world.pid(supervisor).to_string()).status().unwrap().success());
    assert_eq!(world.wait_exit(supervisor).await, Some(1));
    for role in ["supervise", "serve"] {
        let code = fs::read_to_string(world.path(&format!("{role}.exit"))).unwrap();
        assert_eq!(code, format!("{:?}", std::process::ExitCode::from(143)), "{role}");
    }
    assert!(!lives(nanobot));
    assert_eq!(world.tmux.sessions().await.unwrap().len(), 1);
}

fn child_of(pid: u32) -> u32 {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let children: String =
        tasks.map(|task| fs::read_to_string(task.unwrap().path().join("children")).unwrap()).collect();
    children.split_whitespace().next().unwrap().parse().unwrap()
}
