//! The JSON API below `/api/v1` and the health checks: authenticate, parse, call the service, answer.
//!
//! Must not decide anything; the server functions of the pages call the same services. Routes and OpenAPI document come
//! from the same annotations.

mod account;
mod administration;
mod agents;
mod api_keys;
mod auth;
mod conditional;
mod docs;
mod document;
mod extract;
mod health;
mod idempotency;
mod overview;
mod paging;
mod project_pages;
mod projects;
mod providers;
mod second_factor;
mod texts;
mod tokens;
mod users;

use axum::{
    Router,
    body::Bytes,
    extract::DefaultBodyLimit,
    middleware,
    routing::{any, get},
};
use http::{StatusCode, header::CONTENT_TYPE};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

pub use crate::error::Problem;
use crate::state::AppState;
use idempotency::Once;

/// Most bytes of a request's body.
const BODY_LIMIT: usize = 1024 * 1024;

/// All REST routes.
pub fn router(state: &AppState) -> Router<AppState> {
    let (calls, api) = calls(state);
    let document = serde_json::json!(api);
    let v1 = calls.merge(docs::router(&document));
    let document = Bytes::from(document.to_string());
    let v1 = v1
        .route("/openapi.json", get(async move || ([(CONTENT_TYPE, "application/json")], document)))
        .fallback(no_such_route)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(BODY_LIMIT));
    Router::new().nest(document::BASE, v1).route("/api/{*rest}", any(no_such_route))
}

/// Health checks and metrics, for programs that ask all the time.
pub fn health() -> Router<AppState> {
    health::router()
}

/// Every call with its documentation.
fn calls(state: &AppState) -> (Router<AppState>, OpenApi) {
    let repeatable = OpenApiRouter::new()
        .merge(account::router())
        .merge(second_factor::router())
        .merge(tokens::router())
        .merge(agents::router())
        .merge(projects::router())
        .merge(project_pages::router())
        .merge(texts::router())
        .merge(api_keys::router())
        .merge(providers::router())
        .merge(overview::router())
        .merge(users::router())
        .merge(administration::router())
        .layer(middleware::from_fn_with_state(Once::new(state.clone()), idempotency::once));
    // Not there: an answer with tokens in it is kept nowhere.
    let (calls, api) = auth::router().merge(repeatable).split_for_parts();
    (calls, document::complete(api))
}

async fn no_such_route() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "There is no such API call.")
}

async fn wrong_method() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "This API call needs another method.")
}
