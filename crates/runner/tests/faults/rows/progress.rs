//! Work that does not get ahead: stalls, errors that come again, verdicts, full contexts, background work.

use std::time::Duration;

use serde_json::json;

use super::{LONG, Outcome, Row, row};
use crate::{
    gate::{Fault, Who},
    scenario::{bash, rule},
    stage::{Play, Stage, now},
};

pub const ROWS: &[Row] = &[
    row("no progress", "a_turn_stalls", 3_500, || Box::pin(stalls())),
    row("same error 3×", "the_same_error_three_times", 3_000, || Box::pin(same_error())),
    row("evaluation says needs fix", "a_fix_is_needed", 3_000, || Box::pin(needs_fix())),
    row("evaluation says needs fix", "no_fix_helps", 3_000, || Box::pin(no_fix_helps())),
    row("context window full / compaction", "the_context_is_full", 20_000, || Box::pin(compaction())),
    row("context window full / compaction", "the_compaction_fails_too", 5_000, || {
        Box::pin(compaction_fails())
    }),
    row(
        "background shell or task still running at the end of a turn",
        "a_shell_outlives_its_turn",
        3_000,
        || Box::pin(background()),
    ),
];

/// Seconds without progress that count as a stall here.
const STALL: u64 = 4;

async fn stalls() -> Outcome {
    let rules = rule(&["Step"], 1, &bash("echo line >> s1.txt", 120_000));
    let limits = json!({"stall_secs": STALL});
    let mut stage = Stage::started(Play { rules, limits, ..Play::default() }).await;
    stage.in_turn().await;
    let (mark, injected) = (stage.events.len(), now());
    let mut outcome = stage.reaction(injected, mark, LONG, &["No progress"]).await;
    // The reaction is what comes after the time that counts as a stall.
    outcome.reaction = outcome.reaction.saturating_sub(Duration::from_secs(STALL));
    stage.completed(LONG).await;
    assert_eq!(stage.count("# Step 1:") + stage.count("# Continue step 1:"), 2, "{:?}", stage.prompts());
    stage.end().await;
    outcome
}

/// A step whose work never passes, until it is asked for another way.
fn wrong_until(word: &str) -> String {
    let right = format!(
        "[[rules]]\nname = \"another\"\nrole = \"coding\"\nfirst_line = [\"# Fix step 1:\"]\ncontains = [\"{word}\"]\n{}\n",
        bash("echo line >> s1.txt", 0)
    );
    right + &rule(&["Step", "Fix step"], 1, &bash("true", 0))
}

async fn same_error() -> Outcome {
    let mut stage =
        Stage::started(Play { rules: wrong_until("different approach"), ..Play::default() }).await;
    // The third judgement of the same failure is the moment from which the reaction counts.
    let third = |seen: &crate::stage::Seen| seen.decides(&["Judgement of attempt 3"]);
    let injected = stage.until(LONG, "the third judgement", third).await.at;
    let outcome = stage.reaction(injected, 0, LONG, &["same error has come 3 times"]).await;
    stage.completed(LONG).await;
    assert_eq!(stage.count("# Fix step 1:"), 3, "{:?}", stage.prompts());
    stage.end().await;
    outcome
}

async fn needs_fix() -> Outcome {
    let rules = rule(&["Step"], 1, &bash("true", 0));
    let mut stage = Stage::started(Play { rules, ..Play::default() }).await;
    let first = |seen: &crate::stage::Seen| seen.decides(&["Judgement of attempt 1"]);
    let injected = stage.until(LONG, "the first judgement", first).await.at;
    let outcome = stage.reaction(injected, 0, LONG, &["attempt 2 with these instructions"]).await;
    stage.completed(LONG).await;
    assert_eq!((stage.count("# Step 1:"), stage.count("# Fix step 1:")), (1, 1), "{:?}", stage.prompts());
    stage.end().await;
    outcome
}

async fn no_fix_helps() -> Outcome {
    let rules = rule(&["Step"], 1, &bash("true", 0))
        + "[[rules]]\nname = \"helped\"\nrole = \"coding\"\nfirst_line = [\"# Fix step 1:\"]\ncontains = [\"use the other file\"]\n"
        + &bash("echo line >> s1.txt", 0)
        + &rule(&["Fix step"], 1, &bash("echo \"failure $RANDOM\"", 0));
    let limits = json!({"max_attempts": 2});
    let mut stage = Stage::started(Play { rules, limits, ..Play::default() }).await;
    let last = |seen: &crate::stage::Seen| seen.decides(&["Judgement of attempt 2"]);
    let injected = stage.until(LONG, "the last judgement", last).await.at;
    let outcome = stage.reaction(injected, 0, LONG, &["A person is needed"]).await;
    stage.asked(0, LONG, &["after 2 attempts"]).await;
    stage.answer("use the other file").await;
    stage.completed(LONG).await;
    stage.end().await;
    outcome
}

async fn compaction() -> Outcome {
    let mut stage = Stage::new(Play { steps: 2, ..Play::default() }).await;
    stage.start().await;
    let done = |seen: &crate::stage::Seen| seen.decides(&["Step 1 is done"]);
    stage.until(LONG, "the first step is done", done).await;
    let (mark, injected) = (stage.events.len(), now());
    let full =
        Fault::error(400, "invalid_request_error", "prompt is too long: 250000 tokens > 200000 maximum");
    stage.gate.inject(Who::Coding, 1, full);
    let words = ["summarised", "context", "new conversation"];
    let outcome = stage.reaction(injected, mark, LONG, &words).await;
    stage.completed(LONG).await;
    stage.end().await;
    outcome
}

async fn compaction_fails() -> Outcome {
    let mut stage = Stage::new(Play { steps: 2, ..Play::default() }).await;
    stage.start().await;
    let done = |seen: &crate::stage::Seen| seen.decides(&["Step 1 is done"]);
    stage.until(LONG, "the first step is done", done).await;
    let (mark, injected) = (stage.events.len(), now());
    let full =
        Fault::error(400, "invalid_request_error", "prompt is too long: 250000 tokens > 200000 maximum");
    // Every request of the conversation, the one for its summary included.
    stage.gate.inject(Who::Coding, 100, full);
    let outcome = stage.reaction(injected, mark, LONG, &["Beginning a new conversation"]).await;
    let refused: Vec<_> =
        stage.gate.exchanges().into_iter().filter(|e| e.who == Who::Coding && e.faulty).collect();
    stage.gate.mend();
    assert!(refused.len() > 1, "the summary must have been asked for");
    let at = stage.events.iter().find(|seen| seen.text() == outcome.said).unwrap().at;
    let last = refused.iter().filter_map(|e| e.ended).filter(|ended| *ended <= at).max().unwrap();
    stage.completed(LONG).await;
    // Another conversation, which is told the step's task and why.
    let new = stage.conversations("# Continue step 2:");
    assert!(new.len() == 1 && refused.iter().all(|e| !new.contains(e.conversation())), "{new:?}");
    let told = stage.prompts().into_keys().find(|text| text.starts_with("# Continue step 2:")).unwrap();
    for part in ["This is a new conversation", "Append a line to s2.txt."] {
        assert!(told.contains(part), "{part}: {told}");
    }
    stage.end().await;
    Outcome { reaction: Duration::from_millis(u64::try_from(at - last).unwrap()), ..outcome }
}

async fn background() -> Outcome {
    let turns = "[[rules.turns]]\ntext = \"I will do it.\"\ntools = [{ name = \"Bash\", input = { command = \"echo line >> s1.txt; sleep 600\", \
                 description = \"Serve\", run_in_background = true } }]\n[[rules.turns]]\ntext = \"It is done.\"\n";
    // Nothing that it says ends the command: in the end a person decides.
    let rules =
        rule(&["Step"], 1, turns) + &rule(&["Continue step"], 1, "[[rules.turns]]\ntext = \"It goes on.\"\n");
    let limits = json!({"background_secs": 3});
    let mut stage = Stage::started(Play { rules, limits, ..Play::default() }).await;
    let ended = |seen: &crate::stage::Seen| seen.decides(&["background work still runs"]);
    let seen = stage.until(LONG, "the turn's end is not believed", ended).await;
    let last =
        stage.gate.exchanges().iter().filter(|e| e.who == Who::Coding).filter_map(|e| e.ended).max().unwrap();
    let reaction = Duration::from_millis(u64::try_from(seen.at - last).unwrap_or_default());
    let outcome = Outcome { reaction, said: seen.text().to_owned() };
    stage.reaction(seen.at, 0, LONG, &["background task"]).await;
    stage.asked(0, LONG, &["background"]).await;
    stage.answer("Verify the step as it is").await;
    stage.completed(LONG).await;
    stage.end().await;
    outcome
}
