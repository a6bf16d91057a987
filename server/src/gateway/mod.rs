//! The gateway to the models: the only place where a user's real key meets a request.
//!
//! Cells know an instance token and this address; requests and answers pass through byte for byte while their tokens and
//! cost are counted. Must not know runners or pages; keys come from a [`KeySource`].

mod body;
mod clients;
mod demo;
mod endpoint;
mod error;
mod headers;
mod limits;
mod meter;
mod prices;
mod probe;
mod proxy;
mod route;
mod stream_usage;
pub mod token;
mod upstreams;

use std::sync::Arc;

use app::model::UserId;
use async_trait::async_trait;
use axum::{
    Router,
    extract::{Path, Request, State},
    http::StatusCode,
    routing::{get, post},
};
use secrecy::SecretString;
use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{db::Db, live::LiveHub, metrics::Metrics};
use clients::Clients;
use demo::EmbeddedDemo;
use endpoint::Endpoint;
use prices::PriceTable;

pub use error::GatewayError;
pub use probe::Probe;
pub use route::CustomUpstream;
pub use upstreams::Upstreams;

/// Where the gateway gets users' keys from.
#[async_trait]
pub trait KeySource: Send + Sync {
    /// The user's key for a provider, if there is one.
    ///
    /// # Errors
    /// [`GatewayError::KeyStore`] if it cannot be read.
    async fn key(&self, user: UserId, provider: &str) -> Result<Option<SecretString>, GatewayError>;

    /// The user's own provider of this name, with its key; none if there is none.
    ///
    /// # Errors
    /// [`GatewayError::KeyStore`] if it cannot be read, [`GatewayError::Address`] if its address is not allowed any more.
    async fn custom(&self, _user: UserId, _provider: &str) -> Result<Option<CustomUpstream>, GatewayError> {
        Ok(None)
    }
}

/// The gateway; clones are the same gateway.
#[derive(Clone)]
pub struct Gateway(Arc<Inner>);

struct Inner {
    db: Db,
    keys: Arc<dyn KeySource>,
    upstreams: Upstreams,
    clients: Clients,
    demo: EmbeddedDemo,
    prices: Arc<PriceTable>,
    live: LiveHub,
    metrics: Metrics,
    limits: limits::Limits,
    probes: Semaphore,
    tracker: TaskTracker,
}

impl Gateway {
    /// A gateway that tells a user's open pages when it has counted tokens, and whose tasks (usage rows being written, the embedded demonstration server) are in `tracker`; the
    /// demonstration server ends with `shutdown`.
    ///
    /// # Errors
    /// [`GatewayError::Client`] if TLS cannot be set up, [`GatewayError::Prices`] if the price table were broken.
    pub fn new(
        db: Db,
        keys: Arc<dyn KeySource>,
        upstreams: Upstreams,
        live: LiveHub,
        metrics: Metrics,
        tracker: TaskTracker,
        shutdown: CancellationToken,
    ) -> Result<Self, GatewayError> {
        Ok(Self(Arc::new(Inner {
            db,
            keys,
            upstreams,
            clients: Clients::new()?,
            demo: EmbeddedDemo::new(tracker.clone(), shutdown),
            prices: Arc::new(PriceTable::builtin()?),
            live,
            metrics,
            limits: limits::Limits::default(),
            probes: Semaphore::new(probe::AT_ONCE),
            tracker,
        })))
    }
}

/// The gateway's routes, `/{provider}/v1/…` and `/{provider}/limit` (when the caller's limit there ends), to be nested at `/gateway`. They authenticate by instance token alone and
/// limit bodies themselves (64 MiB), so no layer for cookies, origins or body sizes may be around them.
pub fn router<S: Clone + Send + Sync + 'static>(gateway: Gateway) -> Router<S> {
    let to = |endpoint: Endpoint| {
        move |State(gateway): State<Gateway>, Path(provider): Path<String>, request: Request| async move {
            proxy::answer(&gateway.0, endpoint, &provider, request).await
        }
    };
    let limit = |State(gateway): State<Gateway>, Path(provider): Path<String>, request: Request| async move {
        proxy::limit(&gateway.0, &provider, request).await
    };
    Router::new()
        .route("/{provider}/limit", get(limit))
        // Claude Code asks for the base URL before anything else, without a token.
        .route("/{provider}", get(|| async { StatusCode::OK }))
        .route("/{provider}/", get(|| async { StatusCode::OK }))
        .route("/{provider}/v1/messages", post(to(Endpoint::Messages)))
        .route("/{provider}/v1/messages/count_tokens", post(to(Endpoint::CountTokens)))
        .route("/{provider}/v1/chat/completions", post(to(Endpoint::Chat)))
        .route("/{provider}/v1/responses", post(to(Endpoint::Responses)))
        .route("/{provider}/v1/models", get(to(Endpoint::Models)))
        .with_state(gateway)
}
