//! The JSON API below `/api/v1` and the health checks: authenticate, parse, call the service, answer.
//!
//! Must not decide anything; the server functions of the pages call the same services.

mod account;
mod administration;
mod agents;
mod api_keys;
mod auth;
mod extract;
mod health;
mod overview;
mod project_pages;
mod projects;
mod providers;
mod users;

use axum::{Router, extract::DefaultBodyLimit, routing::any};
use http::StatusCode;

pub use crate::error::Problem;
use crate::state::AppState;

/// Most bytes of a request's body.
const BODY_LIMIT: usize = 1024 * 1024;

/// All REST routes with their health checks.
pub fn router() -> Router<AppState> {
    let v1 = Router::new()
        .merge(auth::router())
        .merge(account::router())
        .merge(users::router())
        .merge(administration::router())
        .merge(agents::router())
        .merge(projects::router())
        .merge(project_pages::router())
        .merge(api_keys::router())
        .merge(providers::router())
        .merge(overview::router())
        .fallback(no_such_route)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(BODY_LIMIT));
    Router::new().nest("/api/v1", v1).route("/api/{*rest}", any(no_such_route)).merge(health::router())
}

async fn no_such_route() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "There is no such API call.")
}

async fn wrong_method() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "This API call needs another method.")
}
