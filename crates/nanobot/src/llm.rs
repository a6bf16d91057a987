//! The nanobot's own model: one question, one answer, through the server's gateway.
//!
//! Must not know real keys (the gateway has them) nor what is asked. Every call has a time limit; what a second try can
//! mend is tried again with growing, jittered pauses for a bounded time.

use std::time::Duration;

use genai::{
    Client, ModelIden, ServiceTarget,
    adapter::AdapterKind,
    chat::{ChatMessage, ChatOptions, ChatRequest},
    resolver::{AuthData, Endpoint},
};
use secrecy::{ExposeSecret as _, SecretString};
use thiserror::Error;
use tokio::time::Instant;

use crate::protocol::WireFormat;

/// Time limit of one request.
pub const REQUEST_LIMIT: Duration = Duration::from_secs(120);
/// For how long an unreachable model is tried again.
pub const RETRY_LIMIT: Duration = Duration::from_secs(300);

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum LlmError {
    /// Key, token or credit was refused: only a person can help.
    #[error("the model's provider refused the request: {0}")]
    Refused(String),
    /// Unreachable, overloaded or too slow, also after all retries.
    #[error("the model cannot be reached: {0}")]
    Unavailable(String),
    /// The request itself is not accepted.
    #[error("the model does not accept the request: {0}")]
    Rejected(String),
    /// There is an answer, but not one that can be used.
    #[error("the model's answer cannot be used: {0}")]
    BadAnswer(String),
    /// The client could not be set up.
    #[error("the model's client could not be set up: {0}")]
    Setup(String),
}

/// A model behind the gateway.
#[derive(Clone, Debug)]
pub struct LlmClient {
    gateway_url: String,
    provider: String,
    model: String,
    wire: WireFormat,
    token: SecretString,
    retry_limit: Duration,
}

/// `provider/model` in its two parts; without a slash the provider is `anthropic`.
pub fn split_model(model: &str) -> (&str, &str) {
    model.split_once('/').unwrap_or(("anthropic", model))
}

impl LlmClient {
    /// A client for `provider/model`; nothing is connected or loaded yet.
    pub fn new(gateway_url: &str, model: &str, token: SecretString) -> Self {
        let (provider, model) = split_model(model);
        // Anthropic's own wire format where the upstream speaks it; everybody else speaks OpenAI's.
        let wire = match provider {
            "anthropic" | "demo" => WireFormat::Anthropic,
            _ => WireFormat::Openai,
        };
        Self {
            wire,
            gateway_url: gateway_url.trim_end_matches('/').to_owned(),
            provider: provider.to_owned(),
            model: model.to_owned(),
            token,
            retry_limit: RETRY_LIMIT,
        }
    }

    /// A connection for one call: kept between the few calls of a step, its certificates and buffers would be most of
    /// what an idle nanobot needs.
    fn connect() -> Result<Client, LlmError> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .connect_timeout(Duration::from_secs(10))
            .timeout(REQUEST_LIMIT)
            .build()
            .map_err(|error| LlmError::Setup(error.to_string()))?;
        Client::builder().with_reqwest(http).build().map_err(|error| LlmError::Setup(error.to_string()))
    }

    /// Bounds for how long an unreachable model is tried again.
    #[must_use]
    pub fn with_retry_limit(self, retry_limit: Duration) -> Self {
        Self { retry_limit, ..self }
    }

    /// The API that the provider speaks, where its name does not say it.
    #[must_use]
    pub fn with_wire_format(self, declared: Option<WireFormat>) -> Self {
        Self { wire: declared.unwrap_or(self.wire), ..self }
    }

    /// The model's text.
    ///
    /// # Errors
    /// See [`LlmError`]; `Unavailable` only after retries.
    pub async fn complete(&self, system: &str, user: &str) -> Result<String, LlmError> {
        let deadline = Instant::now() + self.retry_limit;
        let mut pause = Duration::from_millis(500);
        loop {
            let error = match self.once(system, user).await {
                Err(error @ LlmError::Unavailable(_)) => error,
                other => return other,
            };
            let wait = pause.mul_f64(0.5 + jitter());
            if Instant::now() + wait >= deadline {
                return Err(error);
            }
            tracing::info!(%error, "asking the model again in {} ms", wait.as_millis());
            tokio::time::sleep(wait).await;
            pause = (pause * 2).min(Duration::from_secs(30));
        }
    }

    /// When the gateway says that the provider's limit for this user ends, in milliseconds since the Unix epoch; none
    /// if it knows of none or cannot be asked.
    pub async fn limit_resets_at(&self) -> Option<i64> {
        let url = format!("{}/{}/limit", self.gateway_url, self.provider);
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build().ok()?;
        let answer = client.get(url).bearer_auth(self.token.expose_secret()).send().await.ok()?;
        let body = answer.error_for_status().ok()?.text().await.ok()?;
        serde_json::from_str::<serde_json::Value>(&body).ok()?.get("resets_at")?.as_i64()
    }

    async fn once(&self, system: &str, user: &str) -> Result<String, LlmError> {
        let kind = match self.wire {
            WireFormat::Anthropic => AdapterKind::Anthropic,
            WireFormat::Openai => AdapterKind::OpenAI,
        };
        let target = ServiceTarget {
            endpoint: Endpoint::from_owned(format!("{}/{}/v1/", self.gateway_url, self.provider)),
            auth: AuthData::from_single(self.token.expose_secret().to_owned()),
            model: ModelIden::new(kind, self.model.clone()),
        };
        let request = ChatRequest::new(vec![ChatMessage::user(user)]).with_system(system);
        let options = ChatOptions::default().with_max_tokens(8_000);
        let client = Self::connect()?;
        let call = client.exec_chat(target, request, Some(&options));
        let response = tokio::time::timeout(REQUEST_LIMIT + Duration::from_secs(5), call)
            .await
            .map_err(|_| LlmError::Unavailable("no answer within two minutes".to_owned()))?
            .map_err(|error| classify(&error))?;
        let text = response.into_texts().join("\n");
        if text.trim().is_empty() {
            return Err(LlmError::BadAnswer("it is empty".to_owned()));
        }
        Ok(text)
    }
}

/// A number in 0..1, for pauses only.
fn jitter() -> f64 {
    let mut byte = [0u8; 1];
    // Without randomness the pauses are merely equal.
    if getrandom::fill(&mut byte).is_err() {
        return 0.5;
    }
    f64::from(byte[0]) / 256.0
}

fn classify(error: &genai::Error) -> LlmError {
    let Some(status) = error.status() else {
        return match error {
            genai::Error::WebModelCall { .. }
            | genai::Error::WebAdapterCall { .. }
            | genai::Error::WebStream { .. } => LlmError::Unavailable(short(&error.to_string())),
            other => LlmError::BadAnswer(short(&other.to_string())),
        };
    };
    let text = short(&body_message(error).unwrap_or_else(|| format!("status {status}")));
    match status.as_u16() {
        401..=403 => LlmError::Refused(text),
        408 | 425 | 429 | 500..=599 => LlmError::Unavailable(text),
        _ if text.to_lowercase().contains("credit balance") => LlmError::Refused(text),
        _ => LlmError::Rejected(text),
    }
}

/// The provider's own words in an error's body.
fn body_message(error: &genai::Error) -> Option<String> {
    let body = match error {
        genai::Error::WebModelCall { webc_error, .. } | genai::Error::WebAdapterCall { webc_error, .. } => {
            match webc_error {
                genai::webc::Error::ResponseFailedStatus { body, .. } => body,
                _ => return None,
            }
        }
        genai::Error::HttpError { body, .. } => body,
        _ => return None,
    };
    let value: serde_json::Value = serde_json::from_str(body).ok()?;
    value.pointer("/error/message").or(value.pointer("/message"))?.as_str().map(str::to_owned)
}

/// One line of at most 300 characters.
fn short(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[test]
    fn the_provider_is_the_first_part_only() {
        assert_eq!(split_model("openrouter/meta/llama"), ("openrouter", "meta/llama"));
        assert_eq!(split_model("claude-x"), ("anthropic", "claude-x"));
    }

    /// Answers each connection with the next response; gives back the requests.
    async fn scripted(responses: Vec<(u16, &'static str)>) -> (String, tokio::task::JoinHandle<Vec<String>>) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/gateway", listener.local_addr().unwrap());
        let task = tokio::spawn(async move {
            let mut requests = Vec::new();
            for (status, body) in responses {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut seen = vec![0u8; 65536];
                let count = stream.read(&mut seen).await.unwrap();
                requests.push(String::from_utf8_lossy(&seen[..count]).into_owned());
                let answer = format!(
                    "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                    body.len()
                );
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
            requests
        });
        (url, task)
    }

    const GOOD: &str = r#"{"id":"m","type":"message","role":"assistant","model":"x","content":[{"type":"text","text":"hi"}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}"#;

    #[tokio::test]
    async fn a_server_error_is_tried_again_and_the_token_goes_to_the_providers_path() {
        let (url, task) = scripted(vec![(503, "{}"), (200, GOOD)]).await;
        let llm = LlmClient::new(&url, "demo/x", SecretString::from("made-up"));
        assert_eq!(llm.complete("sys", "user").await.unwrap(), "hi");
        let requests = task.await.unwrap();
        assert!(requests[1].starts_with("POST /gateway/demo/v1/messages "), "{}", requests[1]);
        assert!(requests[1].to_lowercase().contains("x-api-key: made-up"));
    }

    #[tokio::test]
    async fn a_refusal_is_not_tried_again() {
        let body = r#"{"error":{"message":"add a key in Settings"}}"#;
        let (url, task) = scripted(vec![(401, body)]).await;
        let llm = LlmClient::new(&url, "openai/x", SecretString::from("made-up"));
        let error = llm.complete("sys", "user").await.unwrap_err();
        assert!(matches!(&error, LlmError::Refused(text) if text == "add a key in Settings"), "{error}");
        assert!(task.await.unwrap()[0].starts_with("POST /gateway/openai/v1/chat/completions "));
    }

    #[tokio::test]
    async fn an_unreachable_model_ends_within_the_limit() {
        let llm = LlmClient::new("http://127.0.0.1:9", "demo/x", SecretString::from("made-up"));
        let error = llm.with_retry_limit(Duration::from_millis(10)).complete("s", "u").await.unwrap_err();
        assert!(matches!(error, LlmError::Unavailable(_)), "{error}");
    }
}
