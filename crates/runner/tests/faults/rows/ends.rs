//! Stop, restart and delete, whatever is happening at the moment.

use std::time::{Duration, Instant};

use autocode_nanobot::protocol::Event;
use autocode_runner::protocol::{Answer, Request};

use super::{LONG, Outcome, Row, cli::slow, row};
use crate::{
    gate::{Fault, Who},
    scenario::{bash, rule},
    stage::{Play, SESSION, Seen, Stage, What},
};

const SITUATION: &str = "stop, restart, delete during any of these";

pub const ROWS: &[Row] = &[
    row(SITUATION, "stop_in_a_turn", 5_000, || Box::pin(stop_in_turn())),
    row(SITUATION, "stop_while_the_cli_starts", 5_000, || Box::pin(stop_at_start())),
    row(SITUATION, "stop_while_paused", 5_000, || Box::pin(stop_paused())),
    row(SITUATION, "stop_while_verifying", 5_000, || Box::pin(stop_verifying())),
    row(SITUATION, "stop_without_a_cli", 5_000, || Box::pin(stop_dead())),
    row(SITUATION, "restart_in_a_turn", 5_000, || Box::pin(restart())),
    row(SITUATION, "delete_in_a_turn", 5_000, || Box::pin(delete())),
];

fn stopped(time: Duration) -> Outcome {
    Outcome { reaction: time, said: "stopped, and nothing is left".to_owned() }
}

async fn stop_in_turn() -> Outcome {
    // With a shell in the background besides.
    let turns = "[[rules.turns]]\ntext = \"I will do it.\"\ntools = [{ name = \"Bash\", input = { command = \"sleep 500\", description = \
                 \"Serve\", run_in_background = true } }]\n"
        .to_owned()
        + &bash("sleep 400", 0);
    let mut stage = Stage::started(Play { rules: rule(&["Step"], 1, &turns), ..Play::default() }).await;
    stage.in_turn().await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    stopped(stage.end().await)
}

async fn stop_at_start() -> Outcome {
    let mut stage = Stage::started(Play::default()).await;
    stage.until(LONG, "the CLI is started", |seen| seen.text().starts_with("Started Claude Code")).await;
    stopped(stage.end().await)
}

async fn stop_paused() -> Outcome {
    let mut stage = Stage::new(Play::default()).await;
    stage.gate.inject(Who::Coding, 100, Fault::error(403, "permission_error", "the key was refused"));
    stage.start().await;
    stage.asked(0, LONG, &["Settings"]).await;
    stopped(stage.end().await)
}

async fn stop_verifying() -> Outcome {
    let mut stage = Stage::new(Play::default()).await;
    stage.start.config.project.plan[0].verify = Some("setsid sleep 300 & sleep 300".to_owned());
    stage.start().await;
    stage.until(LONG, "it is verified", |seen| seen.text().starts_with("Verifying")).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    stopped(stage.end().await)
}

async fn stop_dead() -> Outcome {
    let mut stage = Stage::started(slow(20_000)).await;
    stage.in_turn().await;
    stage.kill_cli().await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    stopped(stage.end().await)
}

async fn restart() -> Outcome {
    let mut stage = Stage::started(slow(6_000)).await;
    stage.in_turn().await;
    let begun = Instant::now();
    stage.wanted = false;
    let stop = Request::StopInstance { instance_id: stage.instance(), end_session: None };
    assert_eq!(stage.ask(stop).await, Some(Answer::Done));
    stage.wanted = true;
    // Each start from the server is an instance of its own.
    stage.start.config.instance_id += 1;
    let mark = stage.events.len();
    let start = Request::StartInstance(Box::new(stage.start.clone()));
    assert!(matches!(stage.ask(start).await, Some(Answer::Started { .. })));
    let took = begun.elapsed();
    stage.from(mark, LONG, "it goes on", |seen| seen.text().contains("Going on with step")).await;
    let done = |seen: &Seen| matches!(&seen.what, What::Nanobot(Event::StepUpdated { step }) if step.commit.is_some());
    stage.from(mark, LONG, "a step is done", done).await;
    stage.completed(LONG).await;
    assert_eq!((stage.count("# Step 1:"), stage.count("# Step 2:")), (1, 1), "{:?}", stage.prompts());
    stage.end().await;
    Outcome { reaction: took, said: "stopped and started again; the step went on".to_owned() }
}

async fn delete() -> Outcome {
    let mut stage = Stage::started(slow(20_000)).await;
    stage.in_turn().await;
    stage.wanted = false;
    let begun = Instant::now();
    let stop = Request::StopInstance { instance_id: stage.instance(), end_session: Some(SESSION.into()) };
    assert_eq!(stage.ask(stop).await, Some(Answer::Done));
    let remove = Request::RemoveProject { folder: "p".into(), session: SESSION.into() };
    assert_eq!(stage.ask(remove).await, Some(Answer::Done));
    let took = begun.elapsed();
    assert!(!stage.workspace().exists(), "the workspace is left");
    stage.end().await;
    Outcome { reaction: took, said: "stopped and removed; nothing is left".to_owned() }
}
