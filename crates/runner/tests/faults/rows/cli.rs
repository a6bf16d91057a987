//! The CLI's process, its terminal, and a person at it.

use std::time::Duration;

use autocode_tmux::Key;

use super::{LONG, Row, row};
use crate::{
    scenario::{bash, rule},
    stage::{Play, Stage, now},
};

pub const ROWS: &[Row] = &[
    row("CLI process crashes or is killed", "cli_is_killed_in_a_turn", 2_200, || Box::pin(killed())),
    row("tmux session or server is gone", "tmux_server_is_gone_in_a_turn", 2_200, || Box::pin(no_tmux())),
    row("turn interrupted by a person (Esc)", "escape_in_the_answer", 8_000, || Box::pin(escape(true))),
    row("turn interrupted by a person (Esc)", "escape_before_the_answer", 8_000, || Box::pin(escape(false))),
];

/// A first step that takes a few seconds.
pub fn slow(delay_ms: u64) -> Play {
    let command = "echo line >> s1.txt";
    Play { steps: 2, rules: rule(&["Step"], 1, &bash(command, delay_ms)), ..Play::default() }
}

async fn killed() -> super::Outcome {
    let mut stage = Stage::started(slow(4_000)).await;
    stage.in_turn().await;
    let (mark, injected) = (stage.events.len(), now());
    stage.kill_cli().await;
    let outcome = stage.reaction(injected, mark, LONG, &["process has ended", "starting it again"]).await;
    stage.completed(LONG).await;
    assert_eq!(
        (stage.count("# Step 1:"), stage.count("# Continue step 1:")),
        (1, 1),
        "{:?}",
        stage.prompts()
    );
    stage.end().await;
    outcome
}

async fn no_tmux() -> super::Outcome {
    let mut stage = Stage::started(slow(4_000)).await;
    stage.in_turn().await;
    let (mark, injected) = (stage.events.len(), now());
    stage.kill_tmux().await;
    let outcome = stage.reaction(injected, mark, LONG, &["no terminal session", "process has ended"]).await;
    stage.completed(LONG).await;
    assert_eq!(
        (stage.count("# Step 1:"), stage.count("# Continue step 1:")),
        (1, 1),
        "{:?}",
        stage.prompts()
    );
    stage.end().await;
    outcome
}

async fn escape(answering: bool) -> super::Outcome {
    // The command of the turn takes longer than anything here, unless the model has not answered yet.
    let turns = if answering {
        bash("sleep 20; echo line >> s1.txt", 0)
    } else {
        bash("echo line >> s1.txt", 20_000)
    };
    let mut stage =
        Stage::started(Play { steps: 2, rules: rule(&["Step"], 1, &turns), ..Play::default() }).await;
    stage.in_turn().await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let (mark, injected) = (stage.events.len(), now());
    stage.press(Key::Escape).await;
    let outcome = stage.reaction(injected, mark, LONG, &["interrupted"]).await;
    stage.asked(mark, LONG, &["interrupted"]).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(stage.count("# Continue step 1:"), 0, "it must stand back");
    stage.answer("Go on with the step").await;
    stage.completed(LONG).await;
    assert_eq!(
        (stage.count("# Step 1:"), stage.count("# Continue step 1:")),
        (1, 1),
        "{:?}",
        stage.prompts()
    );
    stage.end().await;
    outcome
}
