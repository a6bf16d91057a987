//! `Idempotency-Key` on POST: a request that is sent again is answered again, not carried out again.
//!
//! Must not know calls. Kept per user for 24 hours; what a server's end cut short is never carried out a second time.

use std::{sync::Arc, time::Duration};

use app::{
    error::AppError,
    model::{Scope, UserId},
};
use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{OriginalUri, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
    header::{CONTENT_TYPE, ETAG, RETRY_AFTER},
};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::{BODY_LIMIT, Problem};
use crate::{
    db::{
        self,
        idempotency::{StoredAnswer, StoredRequest},
        now_ms,
    },
    error,
    state::AppState,
};

/// Header of the key.
pub const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Header of an answer that was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
const KEPT_FOR: Duration = Duration::from_secs(24 * 3600);
/// Answers kept for one user.
const MAX_KEYS: i64 = 1000;
/// Bytes of answers kept for one user.
const MAX_BYTES: i64 = 16 * 1024 * 1024;
/// Longest answer that is kept; POST answers at most with a project, whose texts and plan came in one body.
const MAX_ANSWER: usize = 4 * 1024 * 1024;

/// An answer with a secret in it, which is stored nowhere.
pub struct ShownOnce<T>(pub T);

/// Marks a response whose body must not be kept.
#[derive(Clone, Copy)]
struct Secret;

impl<T: Serialize> IntoResponse for ShownOnce<T> {
    fn into_response(self) -> Response {
        let mut response = axum::Json(self.0).into_response();
        response.extensions_mut().insert(Secret);
        response
    }
}

/// What the layer needs.
#[derive(Clone)]
pub struct Once {
    state: AppState,
    /// Tells this run of the server from those before it.
    server: Arc<str>,
}

impl Once {
    /// For this run of the server.
    pub fn new(state: AppState) -> Self {
        Self { state, server: uuid::Uuid::new_v4().to_string().into() }
    }
}

/// Carries out a request with a key once.
pub async fn once(State(once): State<Once>, request: Request, next: Next) -> Response {
    let key = request.headers().get(&KEY).filter(|_| *request.method() == Method::POST).cloned();
    let Some(key) = key else { return next.run(request).await };
    let key = match key.to_str() {
        Ok(key) if (1..=255).contains(&key.len()) => key.to_owned(),
        _ => {
            let why = "An Idempotency-Key has 1 to 255 plain characters.";
            return Problem::new(StatusCode::BAD_REQUEST, why).into_response();
        }
    };
    // Whoever is not let in is told so by the call itself.
    let Ok(user) = once.state.auth.authorize(request.headers(), Scope::Write).await else {
        return next.run(request).await;
    };
    let user = user.viewer().id;
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        let why = "The body is too large; 1 MiB is the most.";
        return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, why).into_response();
    };
    let hash = request_hash(&parts, &body);
    match begin(&once, user, &key, &hash).await {
        Ok(None) => {}
        Ok(Some(answer)) => return answer,
        Err(error) => return Problem::from(error).into_response(),
    }
    let request = Request::from_parts(parts, Body::from(body));
    // A client that goes away does not cut the request short: its answer is there for the next try.
    let tasks = once.state.tasks.clone();
    let work = tasks.spawn(async move {
        let response = next.run(request).await;
        finish(&once, user, &key, response).await
    });
    match work.await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => Problem::from(error).into_response(),
        Err(panic) => Problem::from(error::internal("a call panicked", panic)).into_response(),
    }
}

fn request_hash(parts: &http::request::Parts, body: &[u8]) -> [u8; 32] {
    // Nested routers see the rest of the path only.
    let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0);
    let mut hash = Sha256::new();
    hash.update(uri.path_and_query().map_or("", |path| path.as_str()));
    hash.update([0]);
    hash.update(body);
    hash.finalize().into()
}

/// Notes that a request begins; or what is to be answered instead.
async fn begin(once: &Once, user: UserId, key: &str, hash: &[u8]) -> Result<Option<Response>, AppError> {
    let now = now_ms();
    let oldest = now - i64::try_from(KEPT_FOR.as_millis()).unwrap_or(i64::MAX);
    let mut tx = once.state.db.begin().await.map_err(error::db)?;
    db::idempotency::delete_old(&mut tx, oldest).await.map_err(error::db)?;
    let found = db::idempotency::find(&mut *tx, user, key).await.map_err(error::db)?;
    if found.is_none() {
        db::idempotency::insert(&mut tx, user, key, hash, &once.server, now).await.map_err(error::db)?;
    }
    tx.commit().await.map_err(error::db)?;
    Ok(found.map(|stored| instead(&once.server, stored, hash)))
}

/// The answer to a request whose key was used before.
fn instead(server: &str, stored: StoredRequest, hash: &[u8]) -> Response {
    if stored.request_hash != hash {
        let why = "This Idempotency-Key was used for another request.";
        return Problem::new(StatusCode::UNPROCESSABLE_ENTITY, why).into_response();
    }
    let Some(answer) = stored.answer else {
        if stored.server == server {
            let why = "The request of this Idempotency-Key is still under way.";
            let problem = Problem::new(StatusCode::CONFLICT, why);
            return ([(RETRY_AFTER, "1")], problem).into_response();
        }
        let why = "The server ended while the request of this Idempotency-Key was under way: look what came of it, and \
                   use another key to send it again.";
        return Problem::new(StatusCode::CONFLICT, why).into_response();
    };
    let Some(body) = answer.body else {
        let why = "The request of this Idempotency-Key was carried out; its answer was a secret, shown once.";
        return Problem::new(StatusCode::CONFLICT, why).into_response();
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    let kept: Vec<(String, String)> = serde_json::from_str(&answer.headers).unwrap_or_default();
    for (name, value) in kept {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(&value)) {
            headers.insert(name, value);
        }
    }
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    response
}

/// Keeps the answer, if sending the request again should give it again.
async fn finish(once: &Once, user: UserId, key: &str, response: Response) -> Result<Response, AppError> {
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, MAX_ANSWER).await;
    let body: Bytes = body.map_err(|e| error::internal("an answer is longer than can be kept", e))?;
    let mut tx = once.state.db.begin().await.map_err(error::db)?;
    if passes(parts.status) {
        db::idempotency::delete(&mut tx, user, key).await.map_err(error::db)?;
    } else {
        let secret = parts.extensions.get::<Secret>().is_some();
        let answer = StoredAnswer {
            status: parts.status.as_u16(),
            headers: kept_headers(&parts.headers)?,
            body: (!secret).then(|| body.to_vec()),
        };
        db::idempotency::finish(&mut tx, user, key, &answer).await.map_err(error::db)?;
        db::idempotency::delete_beyond(&mut tx, user, MAX_KEYS, MAX_BYTES).await.map_err(error::db)?;
    }
    tx.commit().await.map_err(error::db)?;
    Ok(Response::from_parts(parts, Body::from(body)))
}

/// Whether a refusal may be another answer next time: nothing was done, and the reason may pass.
fn passes(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::UNAUTHORIZED
            | StatusCode::FORBIDDEN
            | StatusCode::CONFLICT
            | StatusCode::TOO_MANY_REQUESTS
            | StatusCode::SERVICE_UNAVAILABLE
    )
}

fn kept_headers(headers: &HeaderMap) -> Result<String, AppError> {
    let kept = [CONTENT_TYPE, ETAG].into_iter().filter_map(|name| {
        let value = headers.get(&name)?.to_str().ok()?.to_owned();
        Some((name.as_str().to_owned(), value))
    });
    serde_json::to_string(&kept.collect::<Vec<_>>())
        .map_err(|e| error::internal("headers cannot be written", e))
}
