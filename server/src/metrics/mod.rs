//! What the server counts, for Prometheus: requests, model calls, open sockets, and what stands in the database.
//!
//! Each server has its own registry. Must not name users or projects: whoever reads these numbers may read nothing else.

mod http;

use std::{sync::Arc, time::Duration};

use app::model::{Provider, TokenUsage};
use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram, info::Info},
    registry::{Registry, Unit},
};

use crate::db::counts::Counts;

pub use http::count_requests;

/// Upper bounds of the buckets of durations, in seconds.
const BUCKETS: [f64; 10] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];
/// What the body of an answer with metrics is.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// An answered request.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Answered {
    method: String,
    route: String,
    status: u32,
}

/// A route, as the router has it.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Route {
    route: String,
}

/// An answer of a model's provider.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ModelAnswer {
    provider: &'static str,
    status: u32,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ModelProvider {
    provider: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ModelTokens {
    provider: &'static str,
    kind: &'static str,
}

/// A request that the gateway answered itself.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Refusal {
    status: u32,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Kind {
    kind: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Status {
    status: String,
}

type Durations<L> = Family<L, Histogram, fn() -> Histogram>;
type Dollars = Family<ModelProvider, Counter<f64, std::sync::atomic::AtomicU64>>;

/// The counters of one server; clones share them.
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

struct Inner {
    registry: Registry,
    requests: Family<Answered, Counter>,
    durations: Durations<Route>,
    model_answers: Family<ModelAnswer, Counter>,
    model_durations: Durations<ModelProvider>,
    model_tokens: Family<ModelTokens, Counter>,
    model_dollars: Dollars,
    refusals: Family<Refusal, Counter>,
    sockets: Family<Kind, Gauge>,
    runners: Gauge,
    users: Gauge,
    sessions: Gauge,
    instances: Family<Status, Gauge>,
    projects: Family<Status, Gauge>,
    queued: Gauge,
    longest_wait: Gauge<f64, std::sync::atomic::AtomicU64>,
    database: Family<Kind, Gauge>,
    disk_free: Gauge,
    disk_low: Gauge,
}

/// What is read when somebody asks for the numbers.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    /// Rows.
    pub counts: Counts,
    /// Bytes of the database's file.
    pub database: u64,
    /// Bytes of its write-ahead log.
    pub log: u64,
    /// Bytes that are free where the data folder is.
    pub disk_free: u64,
    /// Whether that is too little.
    pub disk_low: bool,
}

impl Default for Metrics {
    fn default() -> Self {
        let histogram: fn() -> Histogram = || Histogram::new(BUCKETS);
        let mut inner = Inner {
            registry: Registry::with_prefix("autocode"),
            requests: Family::default(),
            durations: Family::new_with_constructor(histogram),
            model_answers: Family::default(),
            model_durations: Family::new_with_constructor(histogram),
            model_tokens: Family::default(),
            model_dollars: Family::default(),
            refusals: Family::default(),
            sockets: Family::default(),
            runners: Gauge::default(),
            users: Gauge::default(),
            sessions: Gauge::default(),
            instances: Family::default(),
            projects: Family::default(),
            queued: Gauge::default(),
            longest_wait: Gauge::default(),
            database: Family::default(),
            disk_free: Gauge::default(),
            disk_low: Gauge::default(),
        };
        inner.register();
        Self(Arc::new(inner))
    }
}

impl Inner {
    fn register(&mut self) {
        let r = &mut self.registry;
        r.register("build", "The program", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
        r.register("http_requests", "Answered requests", self.requests.clone());
        let what = "From a request to the headers of its answer";
        r.register_with_unit("http_request_duration", what, Unit::Seconds, self.durations.clone());
        r.register("model_requests", "Answers of models' providers", self.model_answers.clone());
        let what = "From a model request to the end of its answer";
        r.register_with_unit("model_request_duration", what, Unit::Seconds, self.model_durations.clone());
        r.register("model_tokens", "Tokens that models counted", self.model_tokens.clone());
        r.register(
            "model_cost_usd",
            "What models cost, in US dollars, as far as known",
            self.model_dollars.clone(),
        );
        r.register("model_refusals", "Model requests that the gateway refused itself", self.refusals.clone());
        r.register("websockets", "Open WebSockets", self.sockets.clone());
        r.register("runner_links", "Users whose runner is connected", self.runners.clone());
        r.register("users", "Users", self.users.clone());
        r.register("sessions", "Sign-ins that are valid", self.sessions.clone());
        r.register("instances", "Agent instances by state", self.instances.clone());
        r.register("projects", "Projects by state", self.projects.clone());
        r.register("starts_queued", "Starts that wait for room", self.queued.clone());
        let what = "For how long the oldest queued start has waited, 0 if none waits";
        r.register_with_unit("starts_queued_oldest", what, Unit::Seconds, self.longest_wait.clone());
        r.register_with_unit("database_size", "The database on disk", Unit::Bytes, self.database.clone());
        let what = "Free space where the data folder is";
        r.register_with_unit("disk_free", what, Unit::Bytes, self.disk_free.clone());
        r.register("disk_low", "1 while there is too little free space", self.disk_low.clone());
    }
}

impl Metrics {
    fn answered(&self, method: &str, route: &str, status: u16, took: Duration) {
        let route = route.to_owned();
        let answered = Answered { method: method.to_owned(), route: route.clone(), status: status.into() };
        self.0.requests.get_or_create(&answered).inc();
        self.0.durations.get_or_create(&Route { route }).observe(took.as_secs_f64());
    }

    /// A provider answered; `micro_usd` are millionths of a US dollar.
    pub fn model_answered(
        &self,
        provider: &str,
        status: u16,
        took: Duration,
        tokens: &TokenUsage,
        micro_usd: Option<i64>,
    ) {
        let provider = label(provider);
        let inner = &self.0;
        inner.model_answers.get_or_create(&ModelAnswer { provider, status: status.into() }).inc();
        inner.model_durations.get_or_create(&ModelProvider { provider }).observe(took.as_secs_f64());
        let kinds = [
            ("input", tokens.input_tokens),
            ("output", tokens.output_tokens),
            ("cache_write", tokens.cache_creation_tokens),
            ("cache_read", tokens.cache_read_tokens),
        ];
        for (kind, count) in kinds {
            let count = u64::try_from(count).unwrap_or(0);
            inner.model_tokens.get_or_create(&ModelTokens { provider, kind }).inc_by(count);
        }
        if let Some(micro) = micro_usd.and_then(|micro| u32::try_from(micro).ok()) {
            let dollars = f64::from(micro) / 1e6;
            inner.model_dollars.get_or_create(&ModelProvider { provider }).inc_by(dollars);
        }
    }

    /// The gateway answered a request itself.
    pub fn model_refused(&self, status: u16) {
        self.0.refusals.get_or_create(&Refusal { status: status.into() }).inc();
    }

    /// A WebSocket of this kind is open until the guard is dropped.
    pub fn socket(&self, kind: &'static str) -> Open {
        Open::of(self.0.sockets.get_or_create_owned(&Kind { kind }))
    }

    /// A runner is connected until the guard is dropped.
    pub fn runner(&self) -> Open {
        Open::of(self.0.runners.clone())
    }

    /// All numbers as [`CONTENT_TYPE`].
    ///
    /// # Errors
    /// Never in practice: writing to a string does not fail.
    pub fn render(&self, standing: &Standing) -> Result<String, std::fmt::Error> {
        let inner = &self.0;
        inner.users.set(standing.counts.users);
        inner.sessions.set(standing.counts.sessions);
        for (family, rows) in
            [(&inner.instances, &standing.counts.instances), (&inner.projects, &standing.counts.projects)]
        {
            // A state that nothing is in any more would keep its last number.
            family.clear();
            for (status, count) in rows {
                family.get_or_create(&Status { status: status.clone() }).set(*count);
            }
        }
        inner.queued.set(standing.counts.queued);
        let wait = u64::try_from(standing.counts.longest_wait).unwrap_or(0);
        inner.longest_wait.set(Duration::from_millis(wait).as_secs_f64());
        let gauge = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
        inner.database.get_or_create(&Kind { kind: "file" }).set(gauge(standing.database));
        inner.database.get_or_create(&Kind { kind: "log" }).set(gauge(standing.log));
        inner.disk_free.set(gauge(standing.disk_free));
        inner.disk_low.set(standing.disk_low.into());
        let mut out = String::new();
        text::encode(&mut out, &inner.registry).map(|()| out)
    }
}

/// A provider's name where it is one of a few; those that users define have names of theirs.
fn label(provider: &str) -> &'static str {
    match provider.parse::<Provider>() {
        Ok(provider) => provider.as_str(),
        Err(_) if provider == "demo" => "demo",
        Err(_) => "custom",
    }
}

/// Something that is counted while it is open.
#[derive(Debug)]
pub struct Open(Gauge);

impl Open {
    fn of(gauge: Gauge) -> Self {
        gauge.inc();
        Self(gauge)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.dec();
    }
}
