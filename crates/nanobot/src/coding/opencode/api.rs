//! opencode's HTTP API on loopback: the calls that the driver needs, each with a time limit.
//!
//! Must not decide. Answers are the CLI's own JSON; what is missing in them counts as empty.

use std::time::Duration;

use serde_json::{Value, json};
use thiserror::Error;

/// No call but the event stream takes longer; the CLI does much before it answers on a busy machine.
const LIMIT: Duration = Duration::from_secs(20);
/// Longest event, in bytes; a longer one is dropped.
const MAX_EVENT: usize = 16 * 1024 * 1024;
/// Silence after which an event stream is dead: the CLI says something every ten seconds.
const SILENCE: Duration = Duration::from_secs(45);

/// Why a call failed.
#[derive(Debug, Error)]
pub enum ApiError {
    /// No connection, or no answer in time.
    #[error("opencode does not answer: {0}")]
    Unreachable(#[from] reqwest::Error),
    /// It refused.
    #[error("opencode refused: {status} {body}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// The beginning of its answer.
        body: String,
    },
    /// The answer is not JSON.
    #[error("opencode's answer cannot be read: {0}")]
    Unreadable(#[from] serde_json::Error),
}

/// A running opencode.
#[derive(Clone, Debug)]
pub struct Api {
    http: reqwest::Client,
    base: String,
    password: String,
}

impl Api {
    /// A client for the server on a port of loopback.
    ///
    /// # Errors
    /// The HTTP client cannot be built.
    pub fn new(port: u16, password: String) -> Result<Self, ApiError> {
        let http = reqwest::Client::builder().no_proxy().connect_timeout(Duration::from_secs(5)).build()?;
        Ok(Self { http, base: format!("http://127.0.0.1:{port}"), password })
    }

    async fn call(&self, request: reqwest::RequestBuilder) -> Result<Value, ApiError> {
        let response = request.basic_auth("opencode", Some(&self.password)).timeout(LIMIT).send().await?;
        let status = response.status();
        let body = response.bytes().await?;
        if !status.is_success() {
            let body = String::from_utf8_lossy(&body).chars().take(300).collect();
            return Err(ApiError::Refused { status: status.as_u16(), body });
        }
        if body.is_empty() { Ok(Value::Null) } else { Ok(serde_json::from_slice(&body)?) }
    }

    async fn get(&self, path: &str) -> Result<Value, ApiError> {
        self.call(self.http.get(format!("{}{path}", self.base))).await
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value, ApiError> {
        let request =
            self.http.post(format!("{}{path}", self.base)).header("content-type", "application/json");
        self.call(request.body(body.to_string())).await
    }

    /// Begins a conversation and shows it in the terminal; its id.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn new_session(&self, title: &str) -> Result<String, ApiError> {
        let session = self.post("/session", &json!({ "title": title })).await?;
        let id = session["id"].as_str().unwrap_or_default().to_owned();
        self.post("/tui/select-session", &json!({ "sessionID": id })).await?;
        Ok(id)
    }

    /// Whether a conversation is under way: its status object, null when it rests.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn status(&self, session: &str) -> Result<Value, ApiError> {
        Ok(self.get("/session/status").await?[session].take())
    }

    /// Sends a prompt; returns when it is accepted.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn prompt(&self, session: &str, model: &str, text: &str) -> Result<(), ApiError> {
        let body = json!({
            "model": { "providerID": super::start::PROVIDER, "modelID": model },
            "parts": [{ "type": "text", "text": text }],
        });
        self.post(&format!("/session/{session}/prompt_async"), &body).await.map(drop)
    }

    /// The newest messages of a conversation, oldest first.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn messages(&self, session: &str, limit: u32) -> Result<Value, ApiError> {
        self.get(&format!("/session/{session}/message?limit={limit}")).await
    }

    /// Ends the turn under way.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn abort(&self, session: &str) -> Result<(), ApiError> {
        self.post(&format!("/session/{session}/abort"), &json!({})).await.map(drop)
    }

    /// Requests for permission that wait.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn permissions(&self) -> Result<Vec<Value>, ApiError> {
        match self.get("/permission").await? {
            Value::Array(open) => Ok(open),
            _ => Ok(Vec::new()),
        }
    }

    /// Answers a request for permission: `once` or `reject`.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn reply(&self, request: &str, reply: &str, message: Option<&str>) -> Result<(), ApiError> {
        let mut body = json!({ "reply": reply });
        if let Some(message) = message {
            body["message"] = json!(message);
        }
        self.post(&format!("/permission/{request}/reply"), &body).await.map(drop)
    }

    /// Opens the stream of events.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn events(&self) -> Result<Events, ApiError> {
        let request =
            self.http.get(format!("{}/event", self.base)).basic_auth("opencode", Some(&self.password));
        let response = tokio::time::timeout(LIMIT, request.send()).await;
        let Ok(response) = response else {
            return Err(ApiError::Refused { status: 0, body: "no event stream in time".to_owned() });
        };
        Ok(Events { response: response?.error_for_status()?, buffer: Vec::new() })
    }
}

/// A stream of events.
pub struct Events {
    response: reqwest::Response,
    buffer: Vec<u8>,
}

impl Events {
    /// The next event; none when the stream has ended or fallen silent. Cancel safe.
    pub async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                let data = line.strip_prefix(b"data:").and_then(|data| serde_json::from_slice(data).ok());
                if data.is_some() {
                    return data;
                }
                continue;
            }
            match tokio::time::timeout(SILENCE, self.response.chunk()).await {
                Ok(Ok(Some(bytes))) if self.buffer.len() + bytes.len() <= MAX_EVENT => {
                    self.buffer.extend(&bytes)
                }
                Ok(Ok(Some(_))) => self.buffer.clear(),
                _ => return None,
            }
        }
    }
}
