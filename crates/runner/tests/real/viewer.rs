//! What a viewer of a terminal sees and sends, for the tests.

use std::time::Duration;

use autocode_runner::{
    frame::Frame,
    protocol::{TerminalNotice, TerminalRequest},
};
use autocode_tmux::Pane;
use futures::{SinkExt, StreamExt};
use rustix::process::Pid;
use tokio::time::{Instant, sleep, timeout};

use crate::{
    client::{Wire, json},
    common::{LIMIT, World},
};

/// Reads until the text was seen; returns how many bytes that took.
pub async fn read_until(wire: &mut Wire, text: &str) -> usize {
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
            Some(Ok(Frame::Json(json))) if !json.windows(8).any(|part| part == b"\"closed\"") => {}
            other => panic!("{other:?} instead of {text:?}"),
        }
    }
}

/// The next notice that fits; output and other notices are passed over.
pub async fn noticed(wire: &mut Wire, fits: impl Fn(&TerminalNotice) -> bool) -> TerminalNotice {
    loop {
        let frame = timeout(LIMIT, wire.next()).await.expect("no such notice");
        if let Frame::Json(json) = frame.unwrap().unwrap() {
            let notice = serde_json::from_slice(&json).unwrap();
            if fits(&notice) {
                return notice;
            }
        }
    }
}

pub async fn closed(wire: &mut Wire) -> String {
    match noticed(wire, |notice| matches!(notice, TerminalNotice::Closed { .. })).await {
        TerminalNotice::Closed { reason } => reason,
        other => panic!("{other:?}"),
    }
}

pub async fn told_size(wire: &mut Wire, cols: u16, rows: u16, leading: bool) {
    let wanted = TerminalNotice::Size { cols, rows, leading };
    noticed(wire, |notice| *notice == wanted).await;
}

pub async fn opened(world: &World, session: &str) -> Wire {
    let mut wire = world.terminal(session).await;
    assert_eq!(json(&mut wire).await.unwrap()["type"], "opened");
    wire
}

pub async fn request(wire: &mut Wire, request: TerminalRequest) {
    wire.send(Frame::json(&request).unwrap()).await.unwrap();
}

pub async fn keys(wire: &mut Wire, keys: &'static str) {
    wire.send(Frame::Bytes(keys.into())).await.unwrap();
}

/// Waits until the pane has this many columns and rows.
pub async fn sized(world: &World, pane: Pane, size: (u16, u16)) {
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

/// The tmux clients that a runner has started for viewers.
pub fn clients(runner: u32) -> Vec<Pid> {
    let children = std::fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let pid = entry.ok()?.file_name().to_str()?.parse::<u32>().ok()?;
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let parent = stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse::<u32>().ok()?;
        let arguments = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).ok()?;
        (parent == runner && arguments.contains("attach-session")).then_some(pid)
    });
    children.map(|pid| Pid::from_raw(i32::try_from(pid).unwrap()).unwrap()).collect()
}

/// All output until this was seen, and a moment longer.
pub async fn gathered(wire: &mut Wire, text: &str) -> String {
    let mut all = Vec::new();
    let deadline = Instant::now() + LIMIT;
    loop {
        match timeout(Duration::from_millis(300), wire.next()).await {
            Ok(Some(Ok(Frame::Bytes(bytes)))) => all.extend_from_slice(&bytes),
            Ok(Some(Ok(Frame::Json(_)))) => {}
            Ok(other) => panic!("{other:?} instead of {text:?}"),
            Err(_) if String::from_utf8_lossy(&all).contains(text) => return String::from_utf8(all).unwrap(),
            Err(_) => assert!(Instant::now() < deadline, "no {text:?}"),
        }
    }
}
