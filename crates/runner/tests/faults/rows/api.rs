//! The model's API, for the CLI and for the nanobot.

use std::time::Duration;

use autocode_nanobot::protocol::Event;
use serde_json::json;

use super::{LONG, Outcome, Row, row};
use crate::{
    gate::{Fault, Who},
    stage::{Play, Seen, Stage, What, now},
};

pub const ROWS: &[Row] = &[
    row("usage limit (subscription or 429 with reset time)", "a_limit_with_a_reset_time", 12_000, || {
        Box::pin(limit(false))
    }),
    row("usage limit (subscription or 429 with reset time)", "a_limit_across_a_restart", 12_000, || {
        Box::pin(limit(true))
    }),
    row("API errors 401/403/credit", "the_key_is_refused", 6_000, || Box::pin(refused())),
    row("API errors 401/403/credit", "there_is_no_credit", 6_000, || Box::pin(no_credit())),
    row("API errors 5xx/529", "the_server_fails_for_a_while", 10_000, || Box::pin(server_fails())),
    row(
        "model of the nanobot unreachable, slow or answering nonsense",
        "a_nonsense_judgement",
        6_000,
        || Box::pin(nonsense()),
    ),
    row(
        "model of the nanobot unreachable, slow or answering nonsense",
        "no_judgement_at_all",
        20_000,
        || Box::pin(unreachable()),
    ),
    row("model of the nanobot unreachable, slow or answering nonsense", "a_slow_judgement", 30_000, || {
        Box::pin(slow_judge())
    }),
];

/// From the answer before it to the reaction.
fn since(stage: &Stage, who: Who, seen: i64) -> Duration {
    let faulty =
        stage.gate.exchanges().into_iter().filter(|e| e.who == who && e.faulty).filter_map(|e| e.ended);
    let before = faulty.filter(|at| *at <= seen).max().unwrap_or(seen);
    Duration::from_millis(u64::try_from(seen - before).unwrap())
}

async fn limit(restart: bool) -> Outcome {
    let limits = json!({"limit_pause_secs": 15});
    let mut stage = Stage::new(Play { limits, ..Play::default() }).await;
    let reset = now() + 20_000;
    stage.gate.inject(Who::Coding, 100, Fault::limit(reset));
    stage.start().await;
    let outcome = stage.reaction(0, 0, LONG, &["limit"]).await;
    let help = |seen: &Seen| matches!(seen.what, What::Nanobot(Event::HelpRequested { .. }));
    let seen = stage.until(LONG, "a pause", help).await;
    let What::Nanobot(Event::HelpRequested { resumes_at, .. }) = seen.what else { unreachable!() };
    let resumes_at = resumes_at.expect("it must say when it goes on");
    assert!(resumes_at > now() - 5_000 && resumes_at < reset + 120_000, "{resumes_at}, {reset}");
    let reaction = since(&stage, Who::Coding, seen.at);
    stage.gate.mend();
    if restart {
        stage.kill_nanobot();
    }
    stage.completed(LONG + Duration::from_secs(90)).await;
    let attempts = stage.plan()[0].attempts;
    assert_eq!(attempts, 1, "a limit is no attempt");
    stage.end().await;
    Outcome { reaction, ..outcome }
}

async fn asks(fault: Fault, words: &[&str], answer: &str) -> Outcome {
    let mut stage = Stage::new(Play::default()).await;
    stage.gate.inject(Who::Coding, 100, fault);
    stage.start().await;
    let (at, question) = stage.asked(0, LONG, words).await;
    let outcome = Outcome { reaction: since(&stage, Who::Coding, at), said: question };
    stage.gate.mend();
    stage.answer(answer).await;
    stage.completed(LONG).await;
    stage.end().await;
    outcome
}

async fn refused() -> Outcome {
    let fault = Fault::error(403, "permission_error", "the key was refused");
    asks(fault, &["Settings"], "The key is in place: go on").await
}

async fn no_credit() -> Outcome {
    let message = "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing.";
    let fault = Fault::error(400, "invalid_request_error", message);
    asks(fault, &["credit"], "There is credit again: go on").await
}

async fn server_fails() -> Outcome {
    let limits = json!({"backoff_secs": 1});
    let mut stage = Stage::new(Play { limits, ..Play::default() }).await;
    // More often than the CLI itself tries.
    stage.gate.inject(Who::Coding, 6, Fault::error(500, "api_error", "Internal server error"));
    stage.start().await;
    let outcome = stage.reaction(0, 0, LONG, &["ended in an error"]).await;
    let at = stage.events.iter().find(|seen| seen.text() == outcome.said).unwrap().at;
    let reaction = since(&stage, Who::Coding, at);
    stage.gate.mend();
    stage.completed(LONG).await;
    stage.end().await;
    Outcome { reaction, ..outcome }
}

async fn nonsense() -> Outcome {
    let mut stage = Stage::new(Play::default()).await;
    stage.gate.inject(Who::Judge, 20, Fault::Say("It is complete, believe me!"));
    stage.start().await;
    let (at, question) = stage.asked(0, LONG, &["judged"]).await;
    let outcome = Outcome { reaction: since(&stage, Who::Judge, at), said: question };
    assert!(stage.plan().iter().all(|step| step.commit.is_none()), "nonsense is no judgement");
    stage.gate.mend();
    stage.answer("Try again").await;
    stage.completed(LONG).await;
    stage.end().await;
    outcome
}

async fn unreachable() -> Outcome {
    let limits = json!({"model_retry_secs": 3});
    let mut stage = Stage::new(Play { limits, ..Play::default() }).await;
    stage.gate.inject(Who::Judge, 50, Fault::error(503, "overloaded_error", "Nobody is here"));
    stage.start().await;
    let (at, question) = stage.asked(0, LONG + LONG, &["judged"]).await;
    let outcome = Outcome { reaction: since(&stage, Who::Judge, at), said: question };
    assert!(stage.plan().iter().all(|step| step.commit.is_none()), "an error is no judgement");
    stage.gate.mend();
    stage.answer("Try again").await;
    stage.completed(LONG).await;
    stage.end().await;
    outcome
}

async fn slow_judge() -> Outcome {
    let mut stage = Stage::new(Play::default()).await;
    stage.gate.inject(Who::Judge, 1, Fault::Slow(Duration::from_secs(8)));
    stage.start().await;
    let outcome = stage.reaction(0, 0, LONG, &["Judgement of attempt 1: complete"]).await;
    let at = stage.events.iter().find(|seen| seen.text() == outcome.said).unwrap().at;
    let reaction = since(&stage, Who::Judge, at);
    stage.completed(LONG).await;
    stage.end().await;
    Outcome { reaction, ..outcome }
}
