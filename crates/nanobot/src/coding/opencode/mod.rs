//! The driver of opencode.
//!
//! A person sees its interface in the terminal; the driver uses the HTTP server behind it: prompts, state, permissions, the
//! record. Must not know plan or step.

pub mod api;
pub mod live;
mod permission;
pub mod record;
pub mod screen;
pub mod start;

use std::{net::TcpListener, path::Path, sync::Arc, time::Duration};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio_util::sync::DropGuard;

use super::{
    Activity, CliError, CodingCli, Presence, Signal, Surroundings, TurnRecord,
    process::{CliProcess, ProcessId, fingerprint, run_secret},
    screen::ScreenReading,
};
use crate::{
    context::SYSTEM_PROMPT,
    protocol::{Abilities, NanobotConfig, StartCommand},
    state::write_atomically,
};
use api::{Api, ApiError};
use live::{Listener, Shared};
use start::StartSpec;

/// How many messages a turn's record is looked for in.
const RECORD: u32 = 400;
/// How long a conversation may take to be there after the start.
const SESSION_LIMIT: Duration = Duration::from_secs(60);

/// What survives a crash of the nanobot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Memory {
    /// Id of the conversation.
    conversation: Option<String>,
    process: Option<ProcessId>,
    /// Where its server listens.
    port: Option<u16>,
    /// SHA-256 over the credentials that the running CLI has.
    fingerprint: String,
}

/// opencode in one terminal session.
pub struct Opencode {
    spec: StartSpec,
    process: CliProcess,
    memory: Memory,
    shared: Arc<Shared>,
    api: Option<Api>,
    signals: (mpsc::Sender<Signal>, mpsc::Receiver<Signal>),
    fingerprint: String,
    title: String,
    around: Surroundings,
    /// Ends the present listener.
    listening: Option<DropGuard>,
}

impl Opencode {
    /// Prepares a run: its folder and its configuration. Starts no CLI.
    ///
    /// # Errors
    /// The run's files cannot be written.
    pub fn prepare(
        config: &NanobotConfig,
        command: &StartCommand,
        home: &Path,
        remembered: &Value,
        around: Surroundings,
    ) -> Result<Self, CliError> {
        // What an older version wrote and is not understood is as good as nothing.
        let memory: Memory = serde_json::from_value(remembered.clone()).unwrap_or_default();
        let process = CliProcess::new(config, command, memory.process)?;
        let failed = |what: &str| CliError::file(format!("the run's {what} could not be written"));
        let spec = StartSpec {
            program: command.cli_program.clone(),
            workspace: config.project.workspace.clone(),
            home: home.to_owned(),
            config_file: command.run_dir.join("opencode.json"),
            gateway_url: config.gateway_url.clone(),
            model: config.agent.model.clone(),
            wire: config.agent.wire_format,
            abilities: Abilities::of(&config.agent.tools),
            approval: config.approval,
            mcp_servers: config.agent.mcp_servers.clone(),
            token: command.gateway_token.clone(),
            password: run_secret(&command.run_dir, "opencode.secret").map_err(failed("secret"))?,
        };
        let instructions = command.run_dir.join("instructions.md");
        write_atomically(&instructions, SYSTEM_PROMPT.as_bytes()).map_err(failed("instructions"))?;
        write_atomically(&spec.config_file, spec.config(&instructions).to_string().as_bytes())
            .map_err(failed("configuration"))?;
        Ok(Self {
            fingerprint: fingerprint(&spec.token, &spec.gateway_url, &spec.model),
            shared: Arc::new(Shared::new(memory.conversation.clone())),
            title: config.project.name.clone(),
            spec,
            process,
            memory,
            api: None,
            signals: mpsc::channel(256),
            around,
            listening: None,
        })
    }

    fn session(&self) -> Option<String> {
        self.shared.lock().session.clone()
    }

    /// Listens to the server on this port from now on, and to no other.
    fn listen(&mut self, port: u16) -> Result<(), CliError> {
        let api = Api::new(port, self.spec.password.clone()).map_err(configuration)?;
        self.shared = Arc::new(Shared::new(self.memory.conversation.clone()));
        let listener = Listener {
            api: api.clone(),
            shared: self.shared.clone(),
            signals: self.signals.0.clone(),
            desk: self.around.desk.clone(),
            workspace: self.spec.workspace.clone(),
            title: self.title.clone(),
        };
        let stop = self.around.stop.child_token();
        self.listening = Some(stop.clone().drop_guard());
        self.around.tracker.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = listener.run() => {}
            }
        });
        self.api = Some(api);
        self.memory.port = Some(port);
        Ok(())
    }

    /// The server and the conversation, which a CLI that is just starting may not have yet.
    async fn connected(&self) -> Result<(Api, String), CliError> {
        let api = self.api.clone().ok_or(CliError::NotRunning)?;
        let deadline = tokio::time::Instant::now() + SESSION_LIMIT;
        loop {
            if let Some(session) = self.session() {
                return Ok((api, session));
            }
            if !self.process.lives() || tokio::time::Instant::now() > deadline {
                return Err(CliError::NotRunning);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

fn configuration(error: ApiError) -> CliError {
    CliError::Configuration(error.to_string())
}

fn unanswered(error: ApiError) -> CliError {
    CliError::file("opencode's server could not be asked")(std::io::Error::other(error.to_string()))
}

#[async_trait]
impl CodingCli for Opencode {
    fn name(&self) -> &'static str {
        "opencode"
    }

    async fn adopt(&mut self) -> Result<bool, CliError> {
        match (self.process.adopt().await?, self.memory.port) {
            (true, Some(port)) => self.listen(port).map(|()| true),
            _ => Ok(false),
        }
    }

    async fn start(&mut self) -> Result<bool, CliError> {
        self.memory.conversation = self.session().or(self.memory.conversation.take());
        // Free now; should somebody else take it in the next moment, the CLI ends and is started again on another.
        let port = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
        let port = port.map_err(CliError::file("no port is free"))?.port();
        let resume = self.memory.conversation.clone();
        self.process.start(&self.spec.launch_file(port, resume.as_deref())).await?;
        self.listen(port)?;
        self.memory.fingerprint = self.fingerprint.clone();
        Ok(resume.is_some())
    }

    fn forget_conversation(&mut self) {
        self.memory.conversation = None;
        self.shared.lock().session = None;
    }

    fn remember(&self) -> Value {
        let conversation = self.session().or_else(|| self.memory.conversation.clone());
        let memory = Memory { process: self.process.id(), conversation, ..self.memory.clone() };
        serde_json::to_value(memory).unwrap_or_default()
    }

    async fn presence(&mut self) -> Result<Presence, CliError> {
        self.process.presence().await
    }

    async fn activity(&mut self) -> Activity {
        self.shared.lock().activity
    }

    fn is_stale(&self) -> bool {
        self.process.id().is_some() && self.memory.fingerprint != self.fingerprint
    }

    async fn screen(&mut self) -> Result<ScreenReading, CliError> {
        let capture = self.process.terminal().capture(self.process.pane()?).await?;
        Ok(screen::classify(&capture, !self.process.lives()))
    }

    async fn record_position(&mut self) -> u64 {
        let (Some(api), Some(session)) = (&self.api, self.session()) else { return 0 };
        match api.messages(&session, 1).await {
            Ok(messages) => record::position(&messages),
            Err(error) => {
                tracing::debug!(%error, "opencode's record cannot be read");
                0
            }
        }
    }

    async fn record_of(&mut self, prompt: &str, position: u64) -> Result<TurnRecord, CliError> {
        let (Some(api), Some(session)) = (&self.api, self.session()) else {
            return Ok(TurnRecord::default());
        };
        let messages = api.messages(&session, RECORD).await.map_err(unanswered)?;
        Ok(record::record_of(&messages, prompt, position))
    }

    async fn send(&mut self, prompt: &str) -> Result<(), CliError> {
        let (api, session) = self.connected().await?;
        api.prompt(&session, self.spec.model_name(), prompt).await.map_err(unanswered)
    }

    async fn press_enter(&mut self) -> Result<(), CliError> {
        Ok(self.process.terminal().enter(self.process.pane()?).await?)
    }

    async fn press_escape(&mut self) -> Result<(), CliError> {
        Ok(self.process.terminal().escape(self.process.pane()?).await?)
    }

    async fn clear_draft(&mut self) -> Result<(), CliError> {
        // Ctrl+C empties a box with text; only in an empty one it would end the CLI.
        Ok(self.process.terminal().interrupt(self.process.pane()?).await?)
    }

    async fn interrupt(&mut self) -> Result<(), CliError> {
        match (&self.api, self.session()) {
            (Some(api), Some(session)) => api.abort(&session).await.map_err(unanswered),
            _ => Ok(()),
        }
    }

    async fn signal(&mut self) -> Signal {
        tokio::select! {
            // What was pushed before the end comes first.
            biased;
            Some(signal) = self.signals.1.recv() => signal,
            () = self.process.ended() => Signal::ProcessEnded,
        }
    }
}

impl Drop for Opencode {
    fn drop(&mut self) {
        // The CLI lives on; only what could start it again with a secret must not stay.
        if let Err(error) = self.process.remove_launch_file() {
            self.around.outbox.try_error(format!("The launch file could not be removed: {error}"));
        }
    }
}
