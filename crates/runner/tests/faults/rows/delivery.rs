//! Prompts on their way: Enter swallowed, paste lost, text of a person in the way.

use std::time::Duration;

use autocode_tmux::Key;

use super::{LONG, Outcome, Row, cli::slow, row};
use crate::stage::{Play, Seen, Stage, What, now};

const SITUATION: &str = "prompt swallowed, partially sent, or ambiguous";

pub const ROWS: &[Row] = &[
    row(SITUATION, "enter_is_swallowed", 13_000, || Box::pin(swallowed())),
    row(SITUATION, "the_paste_is_lost", 13_000, || Box::pin(lost())),
    row(SITUATION, "a_person_types_first", 3_000, || Box::pin(person())),
];

async fn after_sending(lose: &str, words: &[&str]) -> (Stage, Outcome) {
    let mut stage = Stage::new(Play { steps: 2, ..Play::default() }).await;
    stage.lose(lose);
    stage.start().await;
    let sends = |seen: &Seen| seen.decides(&["Sending"]);
    let injected = stage.until(LONG, "the prompt is sent", sends).await.at;
    let mark = stage.events.len();
    let outcome = stage.reaction(injected, mark, LONG, words).await;
    (stage, outcome)
}

async fn swallowed() -> Outcome {
    let (mut stage, outcome) = after_sending("enter", &["its Enter was lost"]).await;
    stage.completed(LONG).await;
    assert_eq!(stage.count("# Step 1:"), 1);
    stage.end().await;
    outcome
}

async fn lost() -> Outcome {
    let (mut stage, outcome) = after_sending("paste", &["it was lost, sending it once more"]).await;
    stage.completed(LONG).await;
    assert_eq!(stage.count("# Step 1:"), 1);
    stage.end().await;
    outcome
}

async fn person() -> Outcome {
    let mut stage = Stage::started(slow(3_000)).await;
    stage.in_turn().await;
    stage.type_text("let me think").await;
    let next =
        |seen: &Seen| matches!(&seen.what, What::Nanobot(e) if format!("{e:?}").contains("Beginning step 2"));
    let injected = stage.until(LONG, "the next step begins", next).await.at;
    let outcome = stage.reaction(injected, 0, LONG, &["has typed text"]).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(stage.count("# Step 2:"), 0, "nothing is sent over a person's text");
    let mark = stage.events.len();
    stage.press(Key::CtrlU).await;
    stage.reaction(now() - 1_000, mark, LONG, &["Sending"]).await;
    stage.completed(LONG).await;
    assert!(stage.prompts().keys().all(|prompt| !prompt.contains("let me think")));
    stage.end().await;
    outcome
}
