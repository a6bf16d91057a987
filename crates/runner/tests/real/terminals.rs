//! Terminals: a real tmux session seen and typed into through the runner.

use std::time::Duration;

use autocode_runner::{
    frame::Frame,
    protocol::{Hello, TerminalRequest},
};
use futures::StreamExt;
use rustix::process::{Signal, kill_process};
use tokio::time::{Instant, sleep, timeout};

use crate::{
    client::json,
    common::{LIMIT, World},
    viewer::{clients, closed, gathered, keys, opened, read_until, request, sized, told_size},
};

#[tokio::test]
async fn a_viewer_types_sees_and_resizes() {
    let mut world = World::new();
    world.spawn("serve");
    let mut none = world.terminal("tom-shop").await;
    assert_eq!(closed(&mut none).await, "There is no terminal session yet.");
    let mut none = world.terminal("#(id)").await;
    assert_eq!(closed(&mut none).await, "There is no terminal session yet.");

    let pane = world.session("tom-shop", "printf '\\033[31mčervená 🦀\\033[0m\\n'; exec cat").await;
    let mut one = opened(&world, "tom-shop").await;
    read_until(&mut one, "červená 🦀").await;
    let mut two = opened(&world, "tom-shop").await;
    keys(&mut one, "žluť;\r").await;
    read_until(&mut one, "žluť;").await;
    read_until(&mut two, "žluť;").await;
    request(&mut one, TerminalRequest::Resize { cols: 101, rows: 33 }).await;
    sized(&world, pane, (101, 33)).await;
    drop(one);
    world.tmux.kill_session(&"tom-shop".parse().unwrap()).await.unwrap();
    assert_eq!(closed(&mut two).await, "The terminal session has ended.");
    assert!(two.next().await.is_none());
}

#[tokio::test]
async fn who_types_decides_the_size_and_the_others_are_told() {
    let mut world = World::new();
    let runner = world.spawn("serve");
    let pane = world.session("tom-shop", "echo ready; exec cat").await;
    let mut one = opened(&world, "tom-shop").await;
    told_size(&mut one, 80, 24, true).await;
    read_until(&mut one, "ready").await;
    // A phone that only looks takes nothing from the one who works.
    let phone = Hello::Terminal { session: "tom-shop".into(), cols: 40, rows: 50 };
    let mut two = world.connect(phone).await;
    told_size(&mut two, 80, 24, false).await;
    request(&mut two, TerminalRequest::Resize { cols: 41, rows: 51 }).await;
    request(&mut one, TerminalRequest::Resize { cols: 101, rows: 33 }).await;
    told_size(&mut one, 101, 33, true).await;
    told_size(&mut two, 101, 33, false).await;
    sized(&world, pane, (101, 33)).await;
    // The report that a client sends late on a busy machine: it makes tmux go by that client.
    for client in clients(world.pid(runner)) {
        kill_process(client, Signal::WINCH).unwrap();
        sleep(Duration::from_millis(200)).await;
        sized(&world, pane, (101, 33)).await;
    }
    keys(&mut two, "x").await;
    told_size(&mut two, 41, 51, true).await;
    told_size(&mut one, 41, 51, false).await;
    sized(&world, pane, (41, 51)).await;
    request(&mut one, TerminalRequest::Lead).await;
    told_size(&mut two, 101, 33, false).await;
    sized(&world, pane, (101, 33)).await;
    drop(one);
    told_size(&mut two, 41, 51, true).await;
    sized(&world, pane, (41, 51)).await;
}

#[tokio::test]
async fn a_viewer_gets_no_more_than_it_draws() {
    let mut world = World::new();
    world.spawn("serve");
    world
        .session(
            "tom-shop",
            "trap : INT; yes 'a line of a flood that does not end'; echo INTERRUPTED; exec cat",
        )
        .await;
    let mut wire = world.terminal("tom-shop").await;
    request(&mut wire, TerminalRequest::Acknowledge { bytes: 0 }).await;
    let mut received = 0;
    while let Ok(frame) = timeout(Duration::from_millis(1_500), wire.next()).await {
        if let Frame::Bytes(bytes) = frame.unwrap().unwrap() {
            received += bytes.len() as u64;
        }
    }
    // A window, and what was read when the first acknowledgement had not come yet.
    assert!((64 * 1024..192 * 1024).contains(&received), "{received} bytes");
    request(&mut wire, TerminalRequest::Acknowledge { bytes: received }).await;
    keys(&mut wire, "\x03").await;
    let start = Instant::now();
    loop {
        let Frame::Bytes(bytes) = timeout(LIMIT, wire.next()).await.unwrap().unwrap().unwrap() else {
            continue;
        };
        received += bytes.len() as u64;
        request(&mut wire, TerminalRequest::Acknowledge { bytes: received }).await;
        if String::from_utf8_lossy(&bytes).contains("INTERRUPTED") {
            break;
        }
    }
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
}

#[tokio::test]
async fn the_scrollback_is_sent_once_with_its_colours() {
    let mut world = World::new();
    world.spawn("serve");
    let pane =
        world.session("tom-shop", "seq -f 'line %g' 3000; printf '\\033[31mred\\033[0m\\n'; exec cat").await;
    let mut live = opened(&world, "tom-shop").await;
    read_until(&mut live, "red").await;
    let history = |lines| Hello::History { session: "tom-shop".into(), lines };
    let read = async |lines| {
        let mut wire = world.connect(history(lines)).await;
        assert_eq!(json(&mut wire).await.unwrap()["type"], "opened");
        let mut text = Vec::new();
        loop {
            match timeout(LIMIT, wire.next()).await.unwrap().unwrap().unwrap() {
                Frame::Bytes(bytes) => text.extend_from_slice(&bytes),
                Frame::Json(_) => return String::from_utf8(text).unwrap(),
            }
        }
    };
    let all = read(1_000_000).await;
    assert!(all.starts_with("line 1\nline 2\n"), "{}", &all[..40]);
    assert!(all.contains("line 3000\n\u{1b}[31mred"), "{}", &all[all.len() - 100..]);
    let few = read(10).await;
    assert!(few.starts_with("line 29") && few.lines().count() <= 34, "{few}");
    // Looking back holds nobody up: neither the pane nor its viewers change.
    assert_eq!(world.tmux.pane_info(pane).await.unwrap().unwrap().cols, 80);
    keys(&mut live, "still live\r").await;
    read_until(&mut live, "still live").await;
    let nowhere = Hello::History { session: "tom-none".into(), lines: 5 };
    assert_eq!(closed(&mut world.connect(nowhere).await).await, "There is no terminal session yet.");
}

#[tokio::test]
async fn the_mouse_is_the_programs_if_it_asks_and_else_the_viewers() {
    let mut world = World::new();
    world.spawn("serve");
    world.session("tom-plain", "echo ready; exec cat").await;
    let mut plain = opened(&world, "tom-plain").await;
    let before = gathered(&mut plain, "ready").await;
    assert!(!before.contains("[?1000h") && !before.contains("[?1002h"), "{before:?}");
    let script = "stty raw -echo; printf '\\033[?1000h\\033[?1006hready'; exec cat -v";
    world.session("tom-mouse", script).await;
    let mut mouse = opened(&world, "tom-mouse").await;
    let shown = gathered(&mut mouse, "ready").await;
    assert!(shown.contains("[?1000h") && shown.contains("[?1006h"), "{shown:?}");
    keys(&mut mouse, "\x1b[<0;3;3M").await;
    read_until(&mut mouse, "^[[<0;3;3M").await;
}

#[tokio::test]
async fn a_viewer_that_does_not_read_costs_nothing_and_can_interrupt() {
    let mut world = World::new();
    let runner = world.spawn("serve");
    world
        .session(
            "tom-shop",
            "trap : INT; yes 'a line of a flood that does not end'; echo INTERRUPTED; exec cat",
        )
        .await;
    let mut wire = opened(&world, "tom-shop").await;
    read_until(&mut wire, "flood").await;
    let before = resident(world.pid(runner));
    sleep(Duration::from_secs(2)).await;
    let grown = resident(world.pid(runner)).saturating_sub(before);
    assert!(grown < 4096, "the runner grew by {grown} KiB");
    keys(&mut wire, "\x03").await;
    let start = Instant::now();
    let bytes = read_until(&mut wire, "INTERRUPTED").await;
    assert!(
        bytes < 2_000_000 && start.elapsed() < Duration::from_secs(3),
        "{bytes} bytes, {:?}",
        start.elapsed()
    );
}

#[tokio::test]
async fn there_are_sixteen_terminals_at_most_and_leaving_frees_one() {
    let mut world = World::new();
    world.spawn("serve");
    world.session("tom-shop", "exec cat").await;
    let mut terminals = Vec::new();
    for _ in 0..16 {
        terminals.push(opened(&world, "tom-shop").await);
    }
    let mut more = world.terminal("tom-shop").await;
    assert_eq!(closed(&mut more).await, "Too many terminals are open.");
    terminals.pop();
    let deadline = Instant::now() + LIMIT;
    loop {
        let mut again = world.terminal("tom-shop").await;
        if json(&mut again).await.unwrap()["type"] == "opened" {
            break;
        }
        assert!(Instant::now() < deadline);
        sleep(Duration::from_millis(50)).await;
    }
}

/// Resident memory of a process, in KiB.
fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
