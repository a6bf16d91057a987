//! `/healthz`, `/readyz` and `/metrics`: is the process there, can it serve, how much does it do.

use std::{net::SocketAddr, path::Path};

use axum::{
    Router,
    extract::{ConnectInfo, Extension, State},
    response::{IntoResponse as _, Response},
    routing::get,
};
use http::{HeaderMap, StatusCode, header::CONTENT_TYPE};

use super::Problem;
use crate::{
    auth::AdminUser,
    db::{self, now_ms},
    error,
    metrics::{self, Standing},
    readiness::Readiness,
    state::AppState,
};

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(numbers))
}

/// 200, or 503 with all that is wrong.
async fn ready(State(readiness): State<Readiness>) -> Result<&'static str, Problem> {
    let problems = readiness.problems().await;
    if problems.is_empty() {
        return Ok("ready\n");
    }
    Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, problems.join(" ")))
}

/// For admins, and for a program on this machine that asks directly, as Prometheus does.
async fn numbers(
    State(state): State<AppState>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
    admin: Result<AdminUser, Problem>,
) -> Result<Response, Problem> {
    // A reverse proxy on this machine says whom it asks for.
    let direct = peer.is_some_and(|Extension(ConnectInfo(peer))| peer.ip().is_loopback())
        && !headers.contains_key("x-forwarded-for");
    if !direct {
        admin?;
    }
    let path = state.config.database_path();
    let mut log = path.clone().into_os_string();
    log.push("-wal");
    let size = |path: &Path| path.metadata().map_or(0, |meta| meta.len());
    let disk = state.readiness.disk();
    let standing = Standing {
        counts: db::counts::read(state.db.reader(), now_ms()).await.map_err(error::db)?,
        database: size(&path),
        log: size(log.as_ref()),
        disk_free: disk.free(),
        disk_low: disk.complaint().is_some(),
    };
    let text = state.metrics.render(&standing);
    let text = text.map_err(|e| error::internal("the metrics cannot be written", e))?;
    Ok(([(CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response())
}
