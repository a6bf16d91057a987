//! Many runs of a plan of three steps, each with one fault at a moment of chance.
//!
//! A run is a function of the seed and its number: `SOAK_SEED=… SOAK_RUN=…` plays one again. Each must end completed,
//! perhaps after a question that fits its fault was answered; no prompt may arrive twice, no step be done without
//! proof, no process be left.

mod chance;
mod fault;
mod report;

use std::{
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};

use autocode_nanobot::protocol::{Event, Phase};
use futures::FutureExt as _;
use serde_json::json;
use tokio::sync::Semaphore;

use crate::{
    scenario::{bash, rule},
    stage::{Play, Seen, Stage, What},
};
use chance::Chance;
use fault::Kind;
pub use report::{document, failures, short};

/// Runs at a time, if nothing else is said.
const AT_ONCE: usize = 4;
/// Steps of the plan.
const STEPS: usize = 3;
/// Longest run.
const LIMIT: Duration = Duration::from_secs(240);

/// What became of a run.
pub struct Done {
    pub number: usize,
    pub kind: Kind,
    /// Milliseconds after the beginning of the first turn at which the fault came.
    pub moment: u64,
    /// Questions that were answered.
    pub questions: Vec<String>,
    pub took: Duration,
    pub failure: Option<Failure>,
}

/// Why a run did not end as it must.
pub struct Failure {
    /// The question or the words of the panic.
    pub cause: String,
    /// The last decisions before it.
    pub before: Vec<String>,
    /// Everything: events, screen and logs.
    pub report: String,
}

/// What to run: from the environment, or this many with a seed of chance.
pub struct Order {
    pub seed: u64,
    pub runs: Vec<usize>,
    /// Runs at a time.
    pub at_once: usize,
}

impl Order {
    /// `SOAK_SEED`, `SOAK_RUN` (one number), `SOAK_RUNS` (how many, from 0), `SOAK_AT_ONCE`, and `SOAK_FAULT`: of
    /// these runs only those whose fault's name contains it.
    pub fn from_environment() -> Self {
        let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
        let seed = number("SOAK_SEED").unwrap_or_else(|| u64::try_from(crate::stage::now()).unwrap());
        let count = usize::try_from(number("SOAK_RUNS").unwrap_or(10)).unwrap();
        let runs = match number("SOAK_RUN") {
            Some(run) => vec![usize::try_from(run).unwrap()],
            None => (0..count).collect(),
        };
        let fault = std::env::var("SOAK_FAULT").unwrap_or_default();
        let runs =
            runs.into_iter().filter(|run| Plan::new(seed, *run).kind.name().contains(&fault)).collect();
        let at_once = number("SOAK_AT_ONCE").map_or(AT_ONCE, |count| usize::try_from(count).unwrap());
        Self { seed, runs, at_once }
    }
}

/// Runs the order, a few at a time, and says how each ended.
pub async fn soak(order: &Order) -> Vec<Done> {
    let seed = order.seed;
    println!("soak: {} runs with SOAK_SEED={seed}", order.runs.len());
    let places = Arc::new(Semaphore::new(order.at_once));
    let mut tasks = Vec::new();
    for number in order.runs.clone() {
        let places = places.clone();
        tasks.push(tokio::spawn(async move {
            let _place = places.acquire().await.unwrap();
            let begun = Instant::now();
            let plan = Plan::new(seed, number);
            let (kind, moment) = (plan.kind, plan.moment);
            let (questions, failure) = match tokio::spawn(play(plan)).await {
                Ok(Ok(questions)) => (questions, None),
                Ok(Err(failure)) => (vec![], Some(failure)),
                Err(error) => {
                    let (cause, report) = (error.to_string(), String::new());
                    (vec![], Some(Failure { cause, before: vec![], report }))
                }
            };
            let done = Done { number, kind, moment, questions, took: begun.elapsed(), failure };
            println!("{}", report::line(seed, &done));
            if let Some(failure) = &done.failure {
                println!("{}", failure.report);
            }
            done
        }));
    }
    let mut all = Vec::new();
    for task in tasks {
        all.push(task.await.unwrap());
    }
    all
}

/// What a run's number means.
struct Plan {
    kind: Kind,
    moment: u64,
}

impl Plan {
    fn new(seed: u64, number: usize) -> Self {
        let mut chance = Chance::new(seed, number);
        // Every fault comes about equally often, in an order of chance.
        let kind = Kind::ALL[chance.below(Kind::ALL.len())];
        let moment = u64::try_from(chance.below(6_000)).unwrap();
        Self { kind, moment }
    }
}

/// One run; the questions that were answered.
async fn play(plan: Plan) -> Result<Vec<String>, Failure> {
    let mut rules = String::new();
    for step in 1..=STEPS {
        let work = bash(&format!("sleep 0.6; echo line >> s{step}.txt"), 500);
        rules += &rule(&["Step", "Fix step", "Continue step"], step, &work);
    }
    let limits = json!({
        "stall_secs": 8, "background_secs": 3, "backoff_secs": 1, "limit_pause_secs": 3, "model_retry_secs": 4,
    });
    let mut stage = Stage::new(Play { steps: STEPS, rules, limits, ..Play::default() }).await;
    let run = tokio::time::timeout(LIMIT, course(&mut stage, &plan));
    let cause = match AssertUnwindSafe(run).catch_unwind().await {
        Ok(Ok(questions)) => return Ok(questions),
        Ok(Err(_)) => format!("not over after {LIMIT:?}"),
        Err(panic) => match (panic.downcast_ref::<String>(), panic.downcast_ref::<&str>()) {
            (Some(text), _) => text.clone(),
            (None, Some(text)) => (*text).to_owned(),
            (None, None) => "it panicked without words".to_owned(),
        },
    };
    Err(Failure { cause, before: stage.last_words(), report: stage.report().await })
}

async fn course(stage: &mut Stage, plan: &Plan) -> Vec<String> {
    plan.kind.prepare(stage);
    stage.start().await;
    let begun = |seen: &Seen| seen.decides(&["Sending"]);
    stage.until(LIMIT, "the first prompt is sent", begun).await;
    let moment = tokio::time::Instant::now() + Duration::from_millis(plan.moment);
    stage.pump_until(moment).await;
    plan.kind.inject(stage).await;
    let questions = finish(stage, plan.kind).await;
    stage.completed(Duration::from_secs(20)).await;
    stage.end().await;
    questions
}

/// Answers what is asked until the plan is done; the questions.
async fn finish(stage: &mut Stage, kind: Kind) -> Vec<String> {
    let mut questions = Vec::new();
    let mut mark = 0;
    loop {
        let news = |seen: &Seen| {
            matches!(seen.what, What::Nanobot(Event::HelpRequested { .. }))
                || matches!(seen.phase(), Some(Phase::Completed | Phase::Failed))
        };
        let seen = stage.from(mark, LIMIT, "a question or the end", news).await;
        mark = stage.position(&seen) + 1;
        let What::Nanobot(Event::HelpRequested { question, suggestions, resumes_at, .. }) = &seen.what else {
            return questions;
        };
        assert!(kind.may_ask(question), "this fault is no reason to ask {question:?}");
        assert!(questions.len() < 4, "it asks again and again: {question:?}");
        questions.push(question.clone());
        stage.gate.mend();
        // A pause that is over soon is waited for.
        if resumes_at.is_none_or(|at| at > crate::stage::now() + 30_000) {
            kind.settle(stage).await;
            stage.answer(suggestions.first().map_or("Go on", String::as_str)).await;
        }
    }
}

impl Stage {
    /// The last decisions and questions, each in one line.
    fn last_words(&self) -> Vec<String> {
        let telling = |seen: &&Seen| {
            seen.decides(&[""]) || matches!(seen.what, What::Nanobot(Event::HelpRequested { .. }))
        };
        let words: Vec<&Seen> = self.events.iter().filter(telling).collect();
        let first = self.events.first().map_or(0, |seen| seen.at);
        let line = |seen: &&Seen| {
            let text = match &seen.what {
                What::Nanobot(Event::HelpRequested { question, .. }) => format!("asks: {question}"),
                _ => seen.text().to_owned(),
            };
            format!("{:>6} ms {}", seen.at - first, short(&text, 200))
        };
        words[words.len().saturating_sub(10)..].iter().map(line).collect()
    }

    /// Takes events until this moment.
    async fn pump_until(&mut self, moment: tokio::time::Instant) {
        while let Some(seen) = self.next(moment).await {
            self.events.push(seen);
        }
    }
}
