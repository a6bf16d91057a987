//! What every handler can reach; made once, cloned cheaply.

use std::sync::Arc;

use app::{Assets, backend::SharedBackend};
use axum::extract::FromRef;
use leptos::config::LeptosOptions;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    auth::Auth, config::Config, db::Db, gateway::Gateway, live::LiveHub, metrics::Metrics,
    orchestrator::Orchestrator, readiness::Readiness,
};

/// The server's parts.
#[derive(Clone, FromRef)]
pub struct AppState {
    /// Database.
    pub db: Db,
    /// Configuration.
    pub config: Arc<Config>,
    /// Sign-in.
    pub auth: Auth,
    /// Runs.
    pub orchestrator: Orchestrator,
    /// Model calls.
    pub gateway: Gateway,
    /// The services, as the app's ports.
    pub backend: SharedBackend,
    /// Who watches what.
    pub live: LiveHub,
    /// How pages are rendered.
    pub leptos: LeptosOptions,
    /// The files that pages load.
    pub assets: Assets,
    /// What is counted.
    pub metrics: Metrics,
    /// Whether everything is there.
    pub readiness: Readiness,
    /// Work that goes on without whoever asked for it; the server waits for it when it ends.
    pub tasks: TaskTracker,
    /// Cancelled when the server stops: open sockets end.
    pub shutdown: CancellationToken,
}
