//! The embedded demonstration model: a loopback server that starts when it is first asked for.
//!
//! Must not know what it answers.

use autocode_demo_llm::{DemoServer, Scenario};
use reqwest::Url;
use tokio::{net::TcpListener, sync::OnceCell};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::GatewayError;

/// The server, if it runs, and what is needed to start and end it.
pub(super) struct EmbeddedDemo {
    base: OnceCell<Url>,
    tracker: TaskTracker,
    shutdown: CancellationToken,
}

impl EmbeddedDemo {
    pub(super) fn new(tracker: TaskTracker, shutdown: CancellationToken) -> Self {
        Self { base: OnceCell::new(), tracker, shutdown }
    }

    /// Its base URL; starts it if it does not run.
    pub(super) async fn base(&self) -> Result<&Url, GatewayError> {
        self.base.get_or_try_init(|| self.start()).await
    }

    async fn start(&self) -> Result<Url, GatewayError> {
        let failed = |error: &dyn std::fmt::Display| GatewayError::Demo(error.to_string());
        let scenario = Scenario::builtin().map_err(|e| failed(&e))?;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(|e| failed(&e))?;
        let address = listener.local_addr().map_err(|e| failed(&e))?;
        let base = Url::parse(&format!("http://{address}")).map_err(|e| failed(&e))?;
        let serving = autocode_demo_llm::serve(listener, DemoServer::new(scenario), self.shutdown.clone());
        self.tracker.spawn(async move {
            if let Err(error) = serving.await {
                tracing::error!(%error, "the demonstration model ended");
            }
        });
        tracing::info!(%address, "the demonstration model answers");
        Ok(base)
    }
}
