//! A door in front of the scripted model: lets requests through, or answers them with a fault, a set number of times.
//!
//! The scripted model itself remembers nothing; what must change with time is decided here. Keeps when the last
//! byte of each exchange went out.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use futures::StreamExt as _;
use serde_json::{Value, json};

use super::stage::now;

/// Who asks the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// The coding CLI's turns.
    Coding,
    /// The nanobot's judgement of a step.
    Judge,
    /// Titles and whatever else.
    Other,
}

/// What happens to a request instead of an answer.
#[derive(Clone, Debug)]
pub enum Fault {
    /// An error as the provider words it, with headers.
    Error { status: u16, kind: &'static str, message: String, headers: Vec<(&'static str, String)> },
    /// The answer comes after this time.
    Slow(Duration),
    /// This text instead of an answer.
    Say(&'static str),
}

impl Fault {
    pub fn error(status: u16, kind: &'static str, message: &str) -> Self {
        Self::Error { status, kind, message: message.to_owned(), headers: vec![] }
    }

    /// A limit that ends at this time, in milliseconds since the Unix epoch.
    pub fn limit(reset: i64) -> Self {
        let headers = vec![
            ("anthropic-ratelimit-unified-status", "rejected".to_owned()),
            ("anthropic-ratelimit-unified-reset", (reset / 1000).to_string()),
            ("anthropic-ratelimit-unified-representative-claim", "five_hour".to_owned()),
        ];
        let seconds = ((reset - now()) / 1000).max(1);
        let message =
            format!("This request would exceed your account's rate limit. Try again in {seconds} seconds.");
        Self::Error { status: 429, kind: "rate_limit_error", message, headers }
    }
}

/// One request.
#[derive(Clone, Debug)]
pub struct Exchange {
    pub who: Who,
    /// When the last byte went out, in milliseconds since the Unix epoch.
    pub ended: Option<i64>,
    /// The request's body.
    pub body: Arc<Value>,
    /// Whether a fault answered instead of the scripted model.
    pub faulty: bool,
}

impl Exchange {
    /// The CLI's name for the conversation; empty for the nanobot's own requests.
    pub fn conversation(&self) -> &str {
        self.body["metadata"]["user_id"].as_str().unwrap_or_default()
    }
}

/// Shared by all requests of a stage.
#[derive(Clone, Debug, Default)]
pub struct Gate {
    faults: Arc<Mutex<Vec<(Who, usize, Fault)>>>,
    exchanges: Arc<Mutex<Vec<Exchange>>>,
}

impl Gate {
    /// The next `times` requests of this kind get this fault.
    pub fn inject(&self, who: Who, times: usize, fault: Fault) {
        self.faults.lock().unwrap().push((who, times, fault));
    }

    pub fn mend(&self) {
        self.faults.lock().unwrap().clear();
    }

    pub fn exchanges(&self) -> Vec<Exchange> {
        self.exchanges.lock().unwrap().clone()
    }

    fn take(&self, who: Who) -> Option<Fault> {
        let mut faults = self.faults.lock().unwrap();
        let at = faults.iter().position(|(of, times, _)| *of == who && *times > 0)?;
        faults[at].1 -= 1;
        Some(faults[at].2.clone())
    }
}

fn who(body: &Value) -> Who {
    if body["tools"].as_array().is_some_and(|tools| !tools.is_empty()) {
        Who::Coding
    } else if body.to_string().contains("AUTOCODE-EVALUATION") {
        Who::Judge
    } else {
        Who::Other
    }
}

/// The middleware.
pub async fn pass(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    if request.method() != "POST" || !request.uri().path().ends_with("/messages") {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, 64 << 20).await.unwrap();
    let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let who = who(&body);
    let fault = gate.take(who);
    let stream = body["stream"] == true;
    let at = {
        let mut exchanges = gate.exchanges.lock().unwrap();
        let faulty = matches!(fault, Some(Fault::Error { .. } | Fault::Say(_)));
        exchanges.push(Exchange { who, ended: None, body: Arc::new(body), faulty });
        exchanges.len() - 1
    };
    let request = Request::from_parts(parts, Body::from(bytes));
    let response = match fault {
        None => next.run(request).await,
        Some(Fault::Slow(time)) => {
            tokio::time::sleep(time).await;
            next.run(request).await
        }
        Some(Fault::Error { status, kind, message, headers }) => error(status, kind, &message, headers),
        Some(Fault::Say(text)) => say(text, stream),
    };
    // The end of the stream is asked for only after its last piece was taken.
    let (parts, body) = response.into_parts();
    let ended = move || {
        let mut exchanges = gate.exchanges.lock().unwrap();
        exchanges[at].ended = Some(now());
    };
    let body = body.into_data_stream().chain(futures::stream::once(async move {
        ended();
        Ok(axum::body::Bytes::new())
    }));
    Response::from_parts(parts, Body::from_stream(body))
}

fn error(status: u16, kind: &str, message: &str, headers: Vec<(&'static str, String)>) -> Response {
    let body = json!({"type": "error", "error": {"type": kind, "message": message}});
    let headers: HeaderMap = headers
        .into_iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(&value).unwrap()))
        .collect();
    (StatusCode::from_u16(status).unwrap(), headers, axum::Json(body)).into_response()
}

fn say(text: &str, stream: bool) -> Response {
    let message = json!({
        "id": "msg_x", "type": "message", "role": "assistant", "model": "play", "stop_reason": "end_turn",
        "stop_sequence": null, "content": [{"type": "text", "text": text}],
        "usage": {"input_tokens": 10, "output_tokens": 10},
    });
    assert!(!stream, "only whole answers can be replaced");
    axum::Json(message).into_response()
}
