//! AutoCode's server: everything that is trusted runs here.
//!
//! `main → lib → rest, ws, site → services → orchestrator, gateway → db, auth, crypto`: downward only.

// Every page is one deeply nested view type.
#![recursion_limit = "256"]

pub mod auth;
pub mod backup;
pub mod cells;
pub mod config;
pub mod crypto;
pub mod data_lock;
pub mod db;
pub mod demo;
pub mod egress;
pub mod error;
pub mod gateway;
pub mod ground;
pub mod launcher;
mod listen;
pub mod live;
pub mod metrics;
pub mod orchestrator;
pub mod outbound;
pub mod readiness;
pub mod reserve;
pub mod rest;
pub mod rotate;
pub mod runner_link;
pub mod services;
pub mod site;
pub mod state;
pub mod ws;

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use app::{backend::SharedBackend, error::AppError, model::Credentials};
use axum::{Router, middleware};
use thiserror::Error;
use tokio::{net::TcpListener, sync::oneshot};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower_http::timeout::RequestBodyTimeoutLayer;

use auth::{layer, origin, rate};
use cells::{Cells, doors::Doors};
use config::Config;
use gateway::{Gateway, GatewayError, Upstreams};
use ground::{Ground, GroundError};
use live::LiveHub;
use metrics::Metrics;
use orchestrator::{GatewayAccess, Orchestrator};
use readiness::Readiness;
use reserve::DiskWatch;
use services::{DiskGauge, Services, SetupToken, StoredKeys};
use state::AppState;

/// How long what is under the requests may take when the server stops; with their own time it is less than ten seconds.
const WIND_UP: Duration = Duration::from_secs(3);
/// How long a client may pause while it sends a body.
const BODY_LIMIT: Duration = Duration::from_secs(30);

/// Why the server does not run; each says what to do.
#[derive(Debug, Error)]
pub enum RunError {
    /// Folders, key or database are missing.
    #[error(transparent)]
    Ground(#[from] GroundError),
    /// The gateway cannot be set up.
    #[error("The gateway to the models cannot be set up: {0}.")]
    Gateway(#[from] GatewayError),
    /// The listener fails.
    #[error("The server cannot listen ({0}): check the address in AUTOCODE_ADDR.")]
    Listen(#[source] std::io::Error),
    /// Leptos' options or the site's files are broken.
    #[error("{0}")]
    Site(String),
    /// The operating system has no random numbers.
    #[error("The operating system gives no random numbers ({0}).")]
    Random(#[from] getrandom::Error),
    /// The doors of cells cannot be made.
    #[error("The doors of the agents' cells cannot be made ({0}): look at the folder AUTOCODE_RUN_DIR.")]
    Doors(#[source] std::io::Error),
    /// A service failed.
    #[error(transparent)]
    App(#[from] AppError),
}

/// What a started server says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ready {
    /// Where it listens.
    pub addr: SocketAddr,
    /// With no user yet: the link that creates the first admin.
    pub setup_link: Option<String>,
}

/// Serves until `shutdown`, then drains for at most ten seconds; agents keep running.
///
/// # Errors
/// [`RunError`], in words for the person who started it.
pub async fn run(config: Config, listener: TcpListener, shutdown: CancellationToken) -> Result<(), RunError> {
    run_with(config, listener, shutdown, None, Cells::Own).await
}

/// As [`run`], telling `ready` what it would print, with cells started by `cells`.
///
/// # Errors
/// As [`run`].
pub async fn run_with(
    config: Config,
    listener: TcpListener,
    shutdown: CancellationToken,
    ready: Option<oneshot::Sender<Ready>>,
    cells: Cells,
) -> Result<(), RunError> {
    let config = Arc::new(config);
    let addr = listener.local_addr().map_err(RunError::Listen)?;
    // Held until everything below has ended.
    let (ground, _lock) = Ground::prepare_alone(&config).await?;
    let tracker = TaskTracker::new();
    let (state, services) = assemble(&config, ground, addr, cells, &tracker, &shutdown)?;

    let link = announce(&services, addr).await?;
    match (ready, &link) {
        (Some(ready), _) => drop(ready.send(Ready { addr, setup_link: link })),
        (None, Some(link)) => println!("AutoCode is ready. Create the first account here:\n\n    {link}\n"),
        (None, None) => println!("AutoCode is ready:\n\n    {}/\n", base_url(&config, addr)),
    }

    // Not awaited here: both may start or end cells, whose nanobots need the gateway that is served below.
    let take_up = state.orchestrator.clone();
    let ending = shutdown.clone();
    tracker.spawn(async move {
        take_up.adopt().await;
        services.finish_deletions().await;
        services.watch_disk(ending).await;
    });
    let (db, orchestrator) = (state.db.clone(), state.orchestrator.clone());
    listen::serve(listener, router(state), shutdown.clone(), listen::Limits::default()).await;
    shutdown.cancel();
    let wind_up = async {
        orchestrator.shutdown().await;
        tracker.close();
        tracker.wait().await;
        db.close().await;
    };
    if tokio::time::timeout(WIND_UP, wind_up).await.is_err() {
        tracing::warn!("some work was still under way when the server ended");
    }
    tracing::info!("the server has ended; agents keep running: `autocode stop --all` ends them");
    Ok(())
}

fn assemble(
    config: &Arc<Config>,
    ground: Ground,
    addr: SocketAddr,
    cells: Cells,
    tracker: &TaskTracker,
    shutdown: &CancellationToken,
) -> Result<(AppState, Arc<Services>), RunError> {
    let Ground { db, auth, cipher, tokens, folders } = ground;
    let live = LiveHub::default();
    let upstreams = config
        .upstreams
        .iter()
        .try_fold(Upstreams::default(), |upstreams, (provider, url)| upstreams.with(provider, url))?;
    let keys = Arc::new(StoredKeys::new(db.clone(), cipher.clone()));
    let metrics = Metrics::default();
    let disk = DiskWatch::new(config.data_dir.clone());
    tracker.spawn(disk.clone().run(shutdown.clone()));
    let gateway = Gateway::new(
        db.clone(),
        keys,
        upstreams,
        live.clone(),
        metrics.clone(),
        tracker.clone(),
        shutdown.clone(),
    )?;
    let access = GatewayAccess { url: format!("http://{}/gateway", reachable(addr)), tokens };
    let door = Router::new().nest("/gateway", gateway::router(gateway.clone()));
    let doors = Doors::new(config, door, tracker.clone(), shutdown.clone()).map_err(RunError::Doors)?;
    let orchestrator = Orchestrator::new(
        db.clone(),
        config.clone(),
        live.clone(),
        metrics.clone(),
        access,
        (cells, doors),
        shutdown.child_token(),
    );
    let services = Arc::new(Services {
        db: db.clone(),
        config: config.clone(),
        auth: auth.clone(),
        cipher,
        orchestrator: orchestrator.clone(),
        live: live.clone(),
        folders,
        setup: SetupToken::random()?,
        gateway: gateway.clone(),
        disk: DiskGauge::default(),
        space: disk.clone(),
    });
    let backend: SharedBackend = services.clone();
    let leptos = site::leptos_options(config).map_err(RunError::Site)?;
    let assets = site::assets(config).map_err(RunError::Site)?;
    let readiness = Readiness::new(db.clone(), disk, config.run_dir.clone());
    let config = config.clone();
    let (tasks, shutdown) = (tracker.clone(), shutdown.clone());
    let state = AppState {
        db,
        config,
        auth,
        orchestrator,
        gateway,
        backend,
        live,
        leptos,
        assets,
        metrics,
        readiness,
        tasks,
        shutdown,
    };
    Ok((state, services))
}

/// All routes: what browsers and API clients use, guarded alike, and the gateway, which has its own rules.
fn router(state: AppState) -> Router {
    let auth = state.auth.clone();
    let https = site::Https(state.config.https());
    let limited = middleware::from_fn_with_state(auth.clone(), rate::limit);
    let guarded = Router::new()
        .merge(rest::router(&state).layer(limited.clone()))
        .merge(ws::router().layer(limited))
        .merge(rest::health())
        .merge(site::router(&state))
        .layer(middleware::from_fn_with_state(auth.clone(), layer::renew))
        .layer(middleware::from_fn_with_state(auth.clone(), origin::same_origin))
        .layer(middleware::from_fn_with_state(auth, layer::client_address))
        .layer(middleware::from_fn_with_state(https, site::security_headers));
    let gateway = gateway::router(state.gateway.clone());
    let counted = middleware::from_fn_with_state(state.metrics.clone(), metrics::count_requests);
    Router::new()
        .nest("/gateway", gateway)
        .merge(guarded)
        .layer(counted)
        .layer(RequestBodyTimeoutLayer::new(BODY_LIMIT))
        .layer(tower_http::trace::TraceLayer::new_for_http())
        .with_state(state)
}

async fn announce(services: &Services, addr: SocketAddr) -> Result<Option<String>, RunError> {
    let nobody = db::users::count(services.db.reader()).await.map_err(error::db)? == 0;
    let link = || format!("{}/setup#{}", base_url(&services.config, addr), services.setup.as_str());
    Ok(nobody.then(link))
}

/// The address for people, without a trailing slash.
fn base_url(config: &Config, addr: SocketAddr) -> String {
    config.public_url.clone().unwrap_or_else(|| format!("http://{}", reachable(addr)))
}

/// An address that can be connected to: a listener on all addresses is reached on loopback.
fn reachable(addr: SocketAddr) -> SocketAddr {
    let ip = match addr.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, addr.port())
}

/// Creates an admin from the command line; works beside a running server.
///
/// # Errors
/// [`RunError`], in words for the person who asked.
pub async fn create_admin(config: &Config, username: &str, password: &str) -> Result<(), RunError> {
    let Ground { db, auth, folders, .. } = Ground::prepare(config).await?;
    let credentials = Credentials { username: username.to_owned(), password: password.to_owned() };
    let created = services::create_admin(&db, &auth, &folders, credentials).await;
    db.close().await;
    Ok(created?)
}
