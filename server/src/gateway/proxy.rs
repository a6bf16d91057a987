//! One request on its way up and its answer on the way down.
//!
//! Must not change a byte of either body.

use std::{error::Error as _, time::Instant};

use axum::{
    Json,
    body::Body,
    extract::Request,
    response::{IntoResponse as _, Response},
};
use futures::StreamExt as _;
use http::request::Parts;

use super::{
    GatewayError, Inner,
    body::{LIMIT_MIB, announced_over_limit, limited},
    endpoint::Endpoint,
    headers::{downward, upward},
    meter::{Ledger, Meter, Received},
    token,
};
use crate::db::{
    now_ms,
    usage::{self, Caller},
};

/// Answers a request: with the upstream's answer, or with an error of the gateway's own.
pub(super) async fn answer(
    gateway: &Inner,
    endpoint: Endpoint,
    provider: &str,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    match forward(gateway, endpoint, provider, &parts, body).await {
        Ok(response) => response,
        Err(error) => {
            gateway.metrics.model_refused(error.status_code().as_u16());
            error.into_answer(endpoint.error_shape(&parts.headers))
        }
    }
}

/// Answers `{"resets_at": …}`: when the caller's limit at a provider ends, in milliseconds since the Unix epoch, or null.
pub(super) async fn limit(gateway: &Inner, provider: &str, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    match authenticate(gateway, &parts).await {
        Ok(caller) => {
            let until = gateway.limits.until(caller.user, provider, now_ms());
            Json(serde_json::json!({ "resets_at": until })).into_response()
        }
        Err(error) => error.into_answer(Endpoint::Models.error_shape(&parts.headers)),
    }
}

async fn forward(
    gateway: &Inner,
    endpoint: Endpoint,
    provider: &str,
    parts: &Parts,
    body: Body,
) -> Result<Response, GatewayError> {
    let received = Instant::now();
    let caller = authenticate(gateway, parts).await?;
    if announced_over_limit(&parts.headers) {
        return Err(GatewayError::TooLarge(LIMIT_MIB));
    }
    let route = gateway.route(caller.user, provider).await?;
    let mut headers = upward(&parts.headers);
    route.authorize(&mut headers)?;
    let url = route.url(endpoint, parts.uri.query());
    let (body, over_limit) = limited(body);
    let sending = route.client.request(parts.method.clone(), url).headers(headers).body(body).send();
    let response = sending.await.map_err(|error| match over_limit.is_set() {
        true => GatewayError::TooLarge(LIMIT_MIB),
        false => GatewayError::Unreachable { provider: provider.to_owned(), reason: reason(&error) },
    })?;
    let received = Received { caller, provider: provider.to_owned(), at: received };
    Ok(pass_down(gateway, endpoint, received, response))
}

async fn authenticate(gateway: &Inner, parts: &Parts) -> Result<Caller, GatewayError> {
    let hash = token::presented(&parts.headers).ok_or(GatewayError::Unauthorized)?;
    usage::caller(gateway.db.reader(), &hash, now_ms()).await?.ok_or(GatewayError::Unauthorized)
}

/// The upstream's answer, counted while it passes.
fn pass_down(
    gateway: &Inner,
    endpoint: Endpoint,
    received: Received,
    response: reqwest::Response,
) -> Response {
    let status = response.status();
    gateway.limits.note(received.caller.user, &received.provider, status, response.headers(), now_ms());
    let headers = downward(response.headers());
    let meter = endpoint.runs_a_model().then(|| {
        let ledger =
            Ledger { db: gateway.db.clone(), live: gateway.live.clone(), metrics: gateway.metrics.clone() };
        Meter::new(received, status, &headers, ledger, gateway.prices.clone(), gateway.tracker.clone())
    });
    let stream = response.bytes_stream().boxed();
    let body = match meter {
        Some(meter) => Body::from_stream(meter.count(stream)),
        None => Body::from_stream(stream),
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

/// The innermost cause, without the URL.
pub(super) fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "it did not answer in time".to_owned();
    }
    let mut cause = error.source();
    while let Some(inner) = cause.and_then(std::error::Error::source) {
        cause = Some(inner);
    }
    cause.map_or_else(|| "the request failed".to_owned(), ToString::to_string)
}
