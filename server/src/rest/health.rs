//! `/healthz` and `/readyz`: is the process there, can it serve.

use std::time::Duration;

use axum::{Router, extract::State, routing::get};
use http::StatusCode;

use super::Problem;
use crate::{
    db::{self, Db},
    state::AppState,
};

const LIMIT: Duration = Duration::from_secs(2);

pub(super) fn router() -> Router<AppState> {
    Router::new().route("/healthz", get(async || "ok\n")).route("/readyz", get(ready))
}

async fn ready(State(db): State<Db>) -> Result<&'static str, Problem> {
    match tokio::time::timeout(LIMIT, db::users::count(db.reader())).await {
        Ok(Ok(_)) => Ok("ready\n"),
        _ => Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "The database does not answer.")),
    }
}
