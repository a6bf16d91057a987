//! Terminals: a real tmux session seen and typed into through the runner.

use std::time::Duration;

use autocode_runner::{frame::Frame, protocol::TerminalControl};
use autocode_tmux::Pane;
use futures::{SinkExt, StreamExt};
use rustix::process::{Pid, Signal, kill_process};
use tokio::time::{Instant, sleep, timeout};

use crate::{
    client::{Wire, json},
    common::{LIMIT, World},
};

/// Reads until the text was seen; returns how many bytes that took.
async fn read_until(wire: &mut Wire, text: &str) -> usize {
    let (mut tail, mut count) = (Vec::new(), 0);
    loop {
        match timeout(LIMIT, wire.next()).await.unwrap_or_else(|_| panic!("no {text:?}")) {
            Some(Ok(Frame::Bytes(bytes))) => {
                count += bytes.len();
                tail.extend_from_slice(&bytes);
                if String::from_utf8_lossy(&tail).contains(text) {
                    return count;
                }
                let keep = tail.len().saturating_sub(16 * 1024);
                tail.drain(..keep);
            }
            other => panic!("{other:?} instead of {text:?}"),
        }
    }
}

async fn closed(wire: &mut Wire) -> String {
    loop {
        match timeout(LIMIT, wire.next()).await.unwrap().unwrap().unwrap() {
            Frame::Bytes(_) => {}
            Frame::Json(json) => match serde_json::from_slice(&json).unwrap() {
                TerminalControl::Closed { reason } => return reason,
                other => panic!("{other:?}"),
            },
        }
    }
}

async fn opened(world: &World, session: &str) -> Wire {
    let mut wire = world.terminal(session).await;
    assert_eq!(json(&mut wire).await.unwrap()["type"], "opened");
    wire
}

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
    one.send(Frame::Bytes("žluť;\r".into())).await.unwrap();
    read_until(&mut one, "žluť;").await;
    read_until(&mut two, "žluť;").await;
    one.send(Frame::json(&TerminalControl::Resize { cols: 101, rows: 33 }).unwrap()).await.unwrap();
    one.send(Frame::Bytes("x".into())).await.unwrap();
    sized(&world, pane, (101, 33)).await;
    drop(one);
    world.tmux.kill_session(&"tom-shop".parse().unwrap()).await.unwrap();
    assert_eq!(closed(&mut two).await, "The terminal session has ended.");
    assert!(two.next().await.is_none());
}

/// Waits until the pane has this many columns and rows.
async fn sized(world: &World, pane: Pane, size: (u16, u16)) {
    let deadline = Instant::now() + LIMIT;
    loop {
        let info = world.tmux.pane_info(pane).await.unwrap().unwrap();
        if (info.cols, info.rows) == size {
            return;
        }
        assert!(Instant::now() < deadline, "{info:?} instead of {size:?}");
        sleep(Duration::from_millis(20)).await;
    }
}

/// The newest process that a runner has started for a viewer.
fn newest_client(runner: u32) -> Pid {
    let children = std::fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let pid = entry.ok()?.file_name().to_str()?.parse::<u32>().ok()?;
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let parent = stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse::<u32>().ok()?;
        let arguments = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).ok()?;
        (parent == runner && arguments.contains("attach-session")).then_some(pid)
    });
    Pid::from_raw(i32::try_from(children.max().unwrap()).unwrap()).unwrap()
}

#[tokio::test]
async fn a_viewer_whose_client_reports_late_does_not_take_the_size() {
    let mut world = World::new();
    let runner = world.spawn("serve");
    let pane = world.session("tom-shop", "echo ready; exec cat").await;
    let mut one = opened(&world, "tom-shop").await;
    read_until(&mut one, "ready").await;
    let mut two = opened(&world, "tom-shop").await;
    read_until(&mut two, "ready").await;
    one.send(Frame::json(&TerminalControl::Resize { cols: 101, rows: 33 }).unwrap()).await.unwrap();
    sized(&world, pane, (101, 33)).await;
    // The same report that a client sends once its process gets to run after it was attached.
    kill_process(newest_client(world.pid(runner)), Signal::WINCH).unwrap();
    sleep(Duration::from_millis(500)).await;
    sized(&world, pane, (101, 33)).await;
    two.send(Frame::Bytes("x".into())).await.unwrap();
    sized(&world, pane, (80, 24)).await;
    one.send(Frame::Bytes("y".into())).await.unwrap();
    sized(&world, pane, (101, 33)).await;
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
    wire.send(Frame::Bytes("\x03".into())).await.unwrap();
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
