//! Many runs of a plan of three steps, each with one fault at a moment of chance.
//!
//! A run is a function of the seed and its number: `SOAK_SEED=… SOAK_RUN=…` plays one again. Each must end completed,
//! perhaps after a question that fits its fault was answered; no prompt may arrive twice, no step be done without
//! proof, no process be left.

mod chance;
mod fault;
mod report;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use autocode_nanobot::protocol::{Event, Phase};
use serde_json::json;
use tokio::sync::Semaphore;

use crate::{
    scenario::{bash, rule},
    stage::{Play, Seen, Stage, What},
};
use chance::Chance;
use fault::Kind;
pub use report::document;

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
    pub failure: Option<String>,
}

/// What to run: from the environment, or this many with a seed of chance.
pub struct Order {
    pub seed: u64,
    pub runs: Vec<usize>,
    /// Runs at a time.
    pub at_once: usize,
}

impl Order {
    /// `SOAK_SEED`, `SOAK_RUN` (one number), `SOAK_RUNS` (how many, from 0) and `SOAK_AT_ONCE`.
    pub fn from_environment() -> Self {
        let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
        let seed = number("SOAK_SEED").unwrap_or_else(|| u64::try_from(crate::stage::now()).unwrap());
        let count = usize::try_from(number("SOAK_RUNS").unwrap_or(10)).unwrap();
        let runs = match number("SOAK_RUN") {
            Some(run) => vec![usize::try_from(run).unwrap()],
            None => (0..count).collect(),
        };
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
            let result = tokio::spawn(tokio::time::timeout(LIMIT, play(plan))).await;
            let (questions, failure) = match result {
                Ok(Ok(questions)) => (questions, None),
                Ok(Err(_)) => (vec![], Some(format!("not over after {LIMIT:?}"))),
                Err(error) => (vec![], Some(error.to_string())),
            };
            let done = Done { number, kind, moment, questions, took: begun.elapsed(), failure };
            println!("{}", report::line(seed, &done));
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

async fn play(plan: Plan) -> Vec<String> {
    let mut rules = String::new();
    for step in 1..=STEPS {
        let work = bash(&format!("sleep 0.6; echo line >> s{step}.txt"), 500);
        rules += &rule(&["Step", "Fix step", "Continue step"], step, &work);
    }
    let limits = json!({
        "stall_secs": 8, "background_secs": 3, "backoff_secs": 1, "limit_pause_secs": 3, "model_retry_secs": 4,
    });
    let mut stage = Stage::new(Play { steps: STEPS, rules, limits, ..Play::default() }).await;
    plan.kind.prepare(&stage);
    stage.start().await;
    let begun = |seen: &Seen| seen.decides(&["Sending"]);
    stage.until(LIMIT, "the first prompt is sent", begun).await;
    let moment = tokio::time::Instant::now() + Duration::from_millis(plan.moment);
    stage.pump_until(moment).await;
    plan.kind.inject(&mut stage).await;
    let questions = finish(&mut stage, plan.kind).await;
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
        assert!(kind.may_ask(question), "{} asks {question:?}\n{}", kind.name(), stage.report().await);
        assert!(questions.len() < 4, "it asks again and again\n{}", stage.report().await);
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
    /// Takes events until this moment.
    async fn pump_until(&mut self, moment: tokio::time::Instant) {
        while let Some(seen) = self.next(moment).await {
            self.events.push(seen);
        }
    }
}
