//! Instances: workspaces, starting, crashing, stopping, and the spool across all that can be killed.

use std::{fs, os::unix::fs::PermissionsExt, process::Command, time::Duration};

use autocode_nanobot::protocol::NanobotConfig;
use autocode_runner::protocol::{Answer, Request, RunnerEvent};
use tokio::time::{Instant, sleep};

use crate::common::{self, World, git, lives};

#[tokio::test]
async fn a_new_workspace_is_made_ready_and_stop_leaves_only_it() {
    let mut world = World::new();
    world.spawn("serve");
    let mut client = world.client(0).await;
    let start = world.start(1, "shop");
    let pid = client.start(start.clone()).await;
    let seq = client.expect_log("run 1").await;
    assert_eq!(seq, 1);
    let folder = world.path("tom/projects/shop");
    assert_eq!(git(&folder, &["symbolic-ref", "HEAD"]), "refs/heads/main");
    assert_eq!(
        git(&folder, &["status", "--porcelain", "--untracked-files=all"]),
        "?? .claude/CLAUDE.md\n?? runs\n?? start.json"
    );
    assert!(fs::read_to_string(folder.join(".claude/CLAUDE.md")).unwrap().starts_with("# My Shop\n"));
    assert_eq!(fs::read_to_string(world.path("tom/.autocode/agents/3/RULES.md")).unwrap(), "Be kind.");
    let config = fs::read(folder.join(".nanobot/config.json")).unwrap();
    assert_eq!(serde_json::from_slice::<NanobotConfig>(&config).unwrap(), start.config);
    assert_eq!(
        fs::metadata(folder.join(".nanobot/config.json")).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let command: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.join("start.json")).unwrap()).unwrap();
    let expected = serde_json::json!({
        "type": "start", "gateway_token": "secret", "run_dir": world.path("run/i-1"), "tmux_socket": world.path("run/tmux.sock"),
        "autocode": world.path("bin/autocode"), "cli_program": "/usr/bin/true",
    });
    assert_eq!(command, expected);
    assert_eq!(fs::metadata(world.path("run/i-1")).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(fs::metadata(world.path("run/runner.sock")).unwrap().permissions().mode() & 0o777, 0o660);
    assert!(!String::from_utf8_lossy(&fs::read(format!("/proc/{pid}/environ")).unwrap()).contains("CARGO"));

    assert_eq!(client.start(start.clone()).await, pid);
    let mut second = world.start(2, "shop");
    second.config.project.name = "other".into();
    assert!(matches!(client.ask(Request::StartInstance(Box::new(second))).await, Answer::Failed { .. }));
    assert_eq!(client.ask(Request::ListInstances).await, Answer::Instances { instance_ids: vec![1] });

    world.session("tom-shop", "exec cat").await;
    world.session("tom-shop-two", "exec cat").await;
    let stop = Request::StopInstance { instance_id: 1, end_session: Some("tom-shop".into()) };
    assert_eq!(client.ask(stop.clone()).await, Answer::Done);
    assert!(!lives(pid) && !world.path("run/i-1").exists() && folder.join("runs").exists());
    assert_eq!(world.tmux.sessions().await.unwrap(), ["tom-shop-two".parse().unwrap()]);
    client.expect_log("stopping").await;
    assert!(matches!(client.event().await.event, RunnerEvent::Exited { clean: true, .. }));
    assert_eq!(client.ask(stop).await, Answer::Done);
    assert_eq!(client.ask(Request::ListInstances).await, Answer::Instances { instance_ids: vec![] });

    let remove = Request::RemoveProject { folder: "shop".into(), session: "tom-shop-two".into() };
    assert_eq!(client.ask(remove).await, Answer::Done);
    assert!(!folder.exists() && world.tmux.sessions().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_killed_nanobot_comes_back_and_one_that_keeps_crashing_does_not() {
    let mut world = World::new();
    world.spawn("serve");
    let mut client = world.client(0).await;
    let pid = client.start(world.start(1, "shop")).await;
    client.expect_log("run 1").await;
    client.say(1, "garbage").await;
    client.expect_log("The nanobot wrote a line that is not an event").await;
    let mut changed = world.start(1, "shop");
    changed.config.project.name = "Renamed".into();
    assert_eq!(client.start(changed).await, pid);
    assert!(Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap().success());
    let RunnerEvent::Restarting { reason, .. } = client.event().await.event else { panic!() };
    assert!(reason.contains("signal 9"), "{reason}");
    client.expect_log("run 2").await;
    let config = fs::read_to_string(world.path("tom/projects/shop/.nanobot/config.json")).unwrap();
    assert!(config.contains("Renamed"));
    client.say(1, "crash").await;
    assert!(matches!(client.event().await.event, RunnerEvent::Restarting { .. }));
    client.expect_log("run 3").await;
    client.say(1, "crash").await;
    let RunnerEvent::Exited { clean: false, reason, .. } = client.event().await.event else { panic!() };
    assert!(reason.contains("exit code 3") && reason.contains("3 times"), "{reason}");
    let Answer::Failed { .. } = client
        .ask(Request::Command { instance_id: 1, command: autocode_nanobot::protocol::Command::Stop })
        .await
    else {
        panic!()
    };
    client.start(world.start(1, "shop")).await;
    client.expect_log("run 4").await;
    client.say(1, "finish").await;
    client.expect_log("finishing").await;
    assert!(matches!(client.event().await.event, RunnerEvent::Exited { clean: true, .. }));
}

#[tokio::test]
async fn no_event_is_missing_or_double_when_connections_and_runners_die() {
    let mut world = World::new();
    let runner = world.spawn("serve");
    let mut client = world.client(0).await;
    let first = client.start(world.start(1, "shop")).await;
    let mut seen = vec![client.expect_log("run 1").await];
    client.say(1, "flood").await;
    for i in 1..=200 {
        seen.push(client.expect_log(&format!("flood {i}")).await);
    }
    assert_eq!(client.ask(Request::Acknowledge { seq: 100 }).await, Answer::Done);
    // A newer connection ends the one before and goes on where the server's database is.
    let mut newer = world.client(201).await;
    for i in 201..=300 {
        seen.push(newer.expect_log(&format!("flood {i}")).await);
    }
    while !client.is_closed().await {}
    drop(newer);
    let deadline = Instant::now() + common::LIMIT;
    while !fs::read_to_string(world.path("run/spool.jsonl")).unwrap().contains("flood 500") {
        assert!(Instant::now() < deadline);
        sleep(Duration::from_millis(20)).await;
    }
    world.kill(runner);
    // The nanobot notices the end of its input.
    while lives(first) {
        assert!(Instant::now() < deadline);
        sleep(Duration::from_millis(20)).await;
    }
    world.spawn("serve");
    let mut client = world.client(301).await;
    for i in 301..=500 {
        seen.push(client.expect_log(&format!("flood {i}")).await);
    }
    client.start(world.start(1, "shop")).await;
    seen.push(client.expect_log("run 2").await);
    assert_eq!(seen, (1..=502).collect::<Vec<u64>>());
    drop(client);
    // A server that has seen more than this spool has (its folder was lost, say) gets greater numbers.
    let mut client = world.client(1000).await;
    client.say(1, "finish").await;
    assert_eq!(client.expect_log("finishing").await, 1001);
}

#[tokio::test]
async fn a_nanobot_that_outlived_its_runner_is_ended_before_the_next_starts() {
    let mut world = World::new();
    let runner = world.spawn("serve");
    let mut client = world.client(0).await;
    let first = client.start(world.start(1, "shop")).await;
    client.expect_log("run 1").await;
    client.say(1, "stubborn").await;
    let deadline = Instant::now() + common::LIMIT;
    while fs::read_to_string(format!("/proc/{first}/comm")).unwrap() != "sleep\n" {
        assert!(Instant::now() < deadline);
        sleep(Duration::from_millis(20)).await;
    }
    world.kill(runner);
    assert!(lives(first));
    world.spawn("serve");
    let mut client = world.client(1).await;
    client.start(world.start(1, "shop")).await;
    assert!(!lives(first));
    client.expect_log("run 2").await;
}
