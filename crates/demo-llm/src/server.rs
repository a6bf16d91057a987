//! The HTTP side: routes, delays and streaming.
//!
//! Must not decide what is answered; that is the scenario's.

use std::{convert::Infallible, io, sync::Arc, time::Duration};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, OriginalUri, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use futures::stream;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    answer::Answer,
    journal::{Journal, JournalEntry},
    request::ModelRequest,
    scenario::Scenario,
    wire::Wire,
};

/// Largest request body, as at the gateway.
const MAX_BODY: usize = 64 * 1024 * 1024;
/// How long answers under way may take after the server was told to stop.
const GRACE: Duration = Duration::from_secs(1);

/// A scripted model server; clones share the journal.
#[derive(Clone, Debug)]
pub struct DemoServer {
    scenario: Arc<Scenario>,
    journal: Arc<Journal>,
}

impl DemoServer {
    /// A server that answers by a scenario and keeps no journal.
    pub fn new(scenario: Scenario) -> Self {
        Self { scenario: Arc::new(scenario), journal: Arc::default() }
    }

    /// The same with a journal of the newest `limit` requests.
    pub fn with_journal(self, limit: usize) -> Self {
        Self { journal: Arc::new(Journal::new(limit)), ..self }
    }

    /// The requests so far, oldest first; empty without [`DemoServer::with_journal`].
    pub fn journal(&self) -> Vec<JournalEntry> {
        self.journal.entries()
    }

    /// The routes of both wire formats.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/", get(|| async { StatusCode::OK }))
            .route("/v1/models", get(models))
            .route("/v1/messages", post(|s, u, h, b| answer(Wire::Messages, s, u, h, b)))
            .route("/v1/messages/count_tokens", post(count_tokens))
            .route("/v1/chat/completions", post(|s, u, h, b| answer(Wire::Chat, s, u, h, b)))
            .route("/v1/responses", post(|s, u, h, b| answer(Wire::Responses, s, u, h, b)))
            .layer(DefaultBodyLimit::max(MAX_BODY))
            .with_state(self.clone())
    }
}

/// Serves until the token is cancelled; answers under way get one more second.
///
/// # Errors
/// If the listener fails.
pub async fn serve(listener: TcpListener, server: DemoServer, shutdown: CancellationToken) -> io::Result<()> {
    let stop = shutdown.clone();
    let serving = axum::serve(listener, server.router()).with_graceful_shutdown(stop.cancelled_owned());
    tokio::select! {
        result = async { serving.await } => result,
        () = async { shutdown.cancelled().await; tokio::time::sleep(GRACE).await } => Ok(()),
    }
}

async fn models(State(server): State<DemoServer>) -> Json<Value> {
    let entry = |name: &String| {
        json!({
            "id": name, "object": "model", "type": "model", "display_name": format!("Demonstration ({name})"),
            "owned_by": "autocode", "created": 1_735_689_600, "created_at": "2025-01-01T00:00:00Z",
        })
    };
    let data: Vec<Value> = server.scenario.models.iter().map(|model| entry(&model.name)).collect();
    Json(json!({ "object": "list", "data": data, "has_more": false }))
}

/// About four bytes a token, as a rule of thumb.
async fn count_tokens(body: Bytes) -> Json<Value> {
    Json(json!({ "input_tokens": body.len().div_ceil(4) }))
}

async fn answer(
    wire: Wire,
    State(server): State<DemoServer>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let body: Value = match serde_json::from_slice(&body) {
        Ok(body) => body,
        Err(error) => return bad_request(wire, &format!("The body is not JSON: {error}")),
    };
    let request = ModelRequest::new(&body, wire.conversation(&body));
    let (rule, answer) = server.scenario.answer(&request);
    server.journal.push(|| {
        let authorization =
            [header::AUTHORIZATION.as_str(), "x-api-key"].into_iter().find_map(|name| headers.get(name));
        let authorization = authorization.and_then(|value| value.to_str().ok()).map(str::to_owned);
        JournalEntry::new(uri.to_string(), authorization, body, &request, rule)
    });
    tracing::debug!(rule, model = request.model, turn = request.tool_turns, "answering by script");
    tokio::time::sleep(answer.delay).await;
    if let Some(error) = &answer.error {
        let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(wire.error(&error.kind, &error.message))).into_response();
        if let Some(seconds) = error.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        return response;
    }
    if request.stream {
        return event_stream(wire.events(&request, &answer), &answer);
    }
    Json(wire.whole(&request, &answer)).into_response()
}

fn bad_request(wire: Wire, message: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(wire.error("invalid_request_error", message))).into_response()
}

fn event_stream(events: Vec<String>, answer: &Answer) -> Response {
    let pause = answer.chunk_delay;
    let body = Body::from_stream(stream::unfold(
        (events.into_iter(), false),
        move |(mut events, begun)| async move {
            let event = events.next()?;
            if begun {
                tokio::time::sleep(pause).await;
            }
            Some((Ok::<_, Infallible>(event), (events, true)))
        },
    ));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (headers, body).into_response()
}
