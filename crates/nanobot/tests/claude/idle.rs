//! What a nanobot costs while it waits for a person, with the real Claude Code idle in its terminal.
//!
//! `bench/idle.sh` runs it for a minute in the release profile; that is what docs/performance.md reports.

use std::{fs, time::Duration};

use autocode_nanobot::protocol::Event;

use crate::support::Project;

/// Proportional set size in KiB.
fn pss(pid: u32) -> u64 {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap();
    let line = rollup.lines().find(|line| line.starts_with("Pss:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Time on the processor, of all threads and of the children that have ended, in milliseconds.
fn cpu(pid: u32) -> f64 {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let own: u64 = tasks
        .map(|task| fs::read_to_string(task.unwrap().path().join("schedstat")).unwrap())
        .map(|stat| stat.split(' ').next().unwrap().parse::<u64>().unwrap())
        .sum();
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    let ended: f64 = fields[13..15].iter().map(|ticks| ticks.parse::<f64>().unwrap()).sum();
    // The kernel reports these in hundredths of a second.
    own as f64 / 1e6 + ended * 10.0
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_nanobot_costs_next_to_nothing() {
    let seconds: u64 = std::env::var("IDLE_SECONDS").map_or(10, |text| text.parse().unwrap());
    let mut project = Project::new("demo/builder", Some(vec!["1"])).await;
    project.refuse(true);
    project.start().await;
    project.until(Duration::from_secs(60), |event| matches!(event, Event::HelpRequested { .. })).await;
    let pid = project.nanobot();
    tokio::time::sleep(Duration::from_secs(5)).await;
    let before = cpu(pid);
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    let busy = (cpu(pid) - before) / (seconds as f64 * 10.0);
    let memory = pss(pid) as f64 / 1024.0;
    println!("IDLE {memory:.1} MB PSS, {busy:.3} % CPU over {seconds} s");
    assert!(memory <= 15.0, "{memory} MB");
    // The children's time is counted in steps of 10 ms: a short look must not fail for one of them.
    assert!(busy < 0.1 + 1.0 / seconds as f64, "{busy} %");
    project.refuse(false);
    project.answer("Go on").await;
    project.until_end(Duration::from_secs(90)).await;
}
