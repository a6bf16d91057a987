//! The disk, and the processes around the CLI.

use std::{fs, time::Duration};

use super::{LONG, Outcome, Row, cli::slow, row};
use crate::stage::{Seen, Stage, What, now};

const DISK: &str = "workspace gone, read-only, or disk full";
const KILLED: &str = "nanobot or runner killed";

pub const ROWS: &[Row] = &[
    row(DISK, "the_workspace_is_gone", 10_000, || Box::pin(gone())),
    row(DISK, "nothing_can_be_written", 8_000, || Box::pin(unwritable())),
    row(KILLED, "the_nanobot_is_killed", 2_000, || Box::pin(nanobot())),
    row(KILLED, "the_runner_is_killed", 5_000, || Box::pin(runner())),
    row(KILLED, "three_crashes", 2_000, || Box::pin(crashes())),
];

fn pauses(seen: &Seen) -> bool {
    seen.phase() == Some(autocode_nanobot::protocol::Phase::Paused)
}

async fn gone() -> Outcome {
    let mut stage = Stage::started(slow(2_500)).await;
    stage.in_turn().await;
    let elsewhere = stage.root().join("tom/projects/elsewhere");
    let (mark, injected) = (stage.events.len(), now());
    fs::rename(stage.workspace(), &elsewhere).unwrap();
    let seen = stage.from(mark, LONG, "a pause", pauses).await;
    let reaction = Duration::from_millis(u64::try_from(seen.at - injected).unwrap());
    let said = format!("{:?}", seen.what);
    tokio::time::sleep(Duration::from_secs(1)).await;
    // A CLI that writes to its own folder makes it again; what was there comes back over it.
    drop(fs::remove_dir_all(stage.workspace()));
    fs::rename(&elsewhere, stage.workspace()).unwrap();
    stage.completed_with_answers(mark, LONG, "The folder is there again: go on").await;
    stage.end().await;
    Outcome { reaction, said }
}

async fn unwritable() -> Outcome {
    let mut stage = Stage::started(slow(2_500)).await;
    stage.in_turn().await;
    // A folder where the state's next version would be written; it works for root as well.
    let pid = stage.nanobot().unwrap();
    let (mark, injected) = (stage.events.len(), now());
    let obstacle = stage.workspace().join(format!(".nanobot/state.json.{pid}.tmp"));
    fs::create_dir(&obstacle).unwrap();
    let seen = stage.from(mark, LONG, "a pause", pauses).await;
    // The state is next written when the turn has ended.
    let ended =
        stage.gate.exchanges().into_iter().filter_map(|e| e.ended).filter(|at| *at <= seen.at).max().unwrap();
    let reaction = Duration::from_millis(u64::try_from(seen.at - ended.max(injected)).unwrap());
    let said = format!("{:?}", seen.what);
    assert_eq!(stage.count("# Step 2:"), 0);
    fs::remove_dir(&obstacle).unwrap();
    stage.completed_with_answers(mark, LONG, "Try again").await;
    stage.end().await;
    Outcome { reaction, said }
}

async fn nanobot() -> Outcome {
    let mut stage = Stage::started(slow(3_000)).await;
    stage.in_turn().await;
    let (mark, injected) = (stage.events.len(), now());
    stage.kill_nanobot();
    let outcome = stage.reaction(injected, mark, LONG, &["signal 9"]).await;
    stage.completed(LONG).await;
    assert_eq!(
        (stage.count("# Step 1:"), stage.count("# Continue step 1:")),
        (1, 0),
        "{:?}",
        stage.prompts()
    );
    stage.end().await;
    outcome
}

async fn runner() -> Outcome {
    let mut stage = Stage::started(slow(5_000)).await;
    stage.in_turn().await;
    let (mark, injected) = (stage.events.len(), now());
    stage.kill_runner();
    let on = |seen: &Seen| seen.at > injected && seen.text().contains("Going on with step");
    let seen = stage.from(mark, LONG, "the step goes on", on).await;
    let reaction = Duration::from_millis(u64::try_from(seen.at - injected).unwrap());
    let outcome = Outcome { reaction, said: seen.text().to_owned() };
    stage.completed(LONG).await;
    assert_eq!(
        (stage.count("# Step 1:"), stage.count("# Continue step 1:")),
        (1, 0),
        "{:?}",
        stage.prompts()
    );
    stage.end().await;
    outcome
}

async fn crashes() -> Outcome {
    let mut stage = Stage::started(slow(60_000)).await;
    stage.in_turn().await;
    for _ in 0..2 {
        let mark = stage.events.len();
        let before = stage.nanobot().unwrap();
        stage.kill_nanobot();
        stage
            .from(mark, LONG, "it is started again", |seen| seen.text().contains("Going on with step"))
            .await;
        assert_ne!(stage.nanobot(), Some(before));
    }
    let (mark, injected) = (stage.events.len(), now());
    stage.kill_nanobot();
    let failed = |seen: &Seen| matches!(seen.what, What::Exited { clean: false, .. });
    let seen = stage.from(mark, LONG, "it is given up", failed).await;
    let reaction = Duration::from_millis(u64::try_from(seen.at - injected).unwrap());
    assert!(seen.text().contains("3 times"), "{}", seen.text());
    let outcome = Outcome { reaction, said: seen.text().to_owned() };
    stage.end().await;
    outcome
}
