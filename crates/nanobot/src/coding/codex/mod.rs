//! The driver of Codex CLI.
//!
//! Fuses its hooks, rollout file, terminal title and screen. Must not know plan or step. Everything of a run is given on
//! the command line or in the environment: the user's own `config.toml` is never written.

mod menu;
pub mod rollout;
pub mod screen;
pub mod start;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Activity, CliError, CodingCli, Presence, Signal, Surroundings, TurnRecord,
    claude::{dialogs::Dialogs, signals},
    process::{CliProcess, ProcessId, fingerprint, run_secret},
    screen::{ScreenReading, ScreenStatus},
};
use crate::{
    hook_server::HookServer,
    outbox::Outbox,
    protocol::{Abilities, NanobotConfig, StartCommand},
};
use rollout::TurnState;
use start::StartSpec;

/// Between paste and Enter: sooner, a CLI sometimes swallows the Enter.
const PASTE_PAUSE: Duration = Duration::from_millis(300);

/// What survives a crash of the nanobot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Memory {
    /// Id of the conversation; Codex chooses it.
    conversation: Option<String>,
    /// Where its record is.
    rollout: Option<PathBuf>,
    process: Option<ProcessId>,
    /// SHA-256 over the credentials that the running CLI has.
    fingerprint: String,
    /// Where its hooks report.
    hook_socket: PathBuf,
}

/// Codex CLI in one terminal session.
pub struct Codex {
    spec: StartSpec,
    process: CliProcess,
    hooks: HookServer,
    dialogs: Arc<Dialogs>,
    memory: Memory,
    fingerprint: String,
    tail: rollout::Tail,
    outbox: Outbox,
}

impl Codex {
    /// Prepares a run: its folder and the hook socket. Starts no CLI.
    ///
    /// # Errors
    /// The run's files cannot be written or the socket not be opened.
    pub fn prepare(
        config: &NanobotConfig,
        command: &StartCommand,
        home: &Path,
        remembered: &Value,
        around: Surroundings,
    ) -> Result<Self, CliError> {
        let Surroundings { outbox, desk, tracker, stop } = around;
        // What an older version wrote and is not understood is as good as nothing.
        let memory: Memory = serde_json::from_value(remembered.clone()).unwrap_or_default();
        let process = CliProcess::new(config, command, memory.process)?;
        let hook_socket = command.run_dir.join("hook.sock");
        let hook_secret = run_secret(&command.run_dir, "hook.secret")
            .map_err(CliError::file("the run's secret could not be written"))?;
        // Its `PermissionRequest` hook has the form of Claude Code's.
        let dialogs = Arc::new(Dialogs::new(desk));
        let deciding = dialogs.clone();
        let policy = Arc::new(move |payload: &Value| deciding.decision(payload));
        let hooks = HookServer::start(&hook_socket, hook_secret.clone(), policy, &tracker, stop)
            .map_err(CliError::file("the hook socket could not be opened"))?;
        let spec = StartSpec {
            program: start::native_program(&command.cli_program),
            workspace: config.project.workspace.clone(),
            home: home.to_owned(),
            codex_home: home.join("config/codex"),
            autocode: command.autocode.clone(),
            gateway_url: config.gateway_url.clone(),
            model: config.agent.model.clone(),
            wire: config.agent.wire_format,
            abilities: Abilities::of(&config.agent.tools),
            approval: config.approval,
            mcp_servers: config.agent.mcp_servers.clone(),
            profile: format!("autocode-{}", config.session),
            token: command.gateway_token.clone(),
            hook_socket,
            hook_secret,
        };
        let fingerprint = fingerprint(&spec.token, &spec.gateway_url, &spec.model);
        let tail = rollout::Tail::default();
        Ok(Self { spec, process, hooks, dialogs, memory, fingerprint, tail, outbox })
    }

    /// The conversation's record, wherever the CLI put it.
    async fn rollout(&mut self) -> Option<PathBuf> {
        if let Some(path) = &self.memory.rollout
            && path.exists()
        {
            return Some(path.clone());
        }
        let id = self.memory.conversation.clone()?;
        self.memory.rollout = rollout::find(&self.spec.codex_home, &id).await;
        self.memory.rollout.clone()
    }

    /// Codex tells the conversation's id with its first hook; a person may change it with `/new` or `/resume`.
    fn follow(&mut self, payload: &Value) {
        let field = |name: &str| payload.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        if let Some(id) = field("session_id")
            && self.memory.conversation.as_deref() != Some(id)
        {
            self.memory.conversation = Some(id.to_owned());
            self.memory.rollout = None;
        }
        let inside = |path: &&str| Path::new(path).starts_with(&self.spec.codex_home);
        if let Some(path) = field("transcript_path").filter(inside) {
            self.memory.rollout = Some(PathBuf::from(path));
        }
    }
}

#[async_trait]
impl CodingCli for Codex {
    fn name(&self) -> &'static str {
        "Codex CLI"
    }

    async fn adopt(&mut self) -> Result<bool, CliError> {
        let ours = self.process.adopt().await?;
        // A CLI whose hooks report to nobody would be denied every permission: it is no use as it is.
        Ok(ours && self.memory.hook_socket == self.spec.hook_socket)
    }

    async fn start(&mut self) -> Result<bool, CliError> {
        self.spec.prepare_home()?;
        let known = self.rollout().await.is_some();
        let resume = self.memory.conversation.clone().filter(|_| known);
        let launch = self.spec.launch_file(resume.as_deref())?;
        self.process.start(&launch).await?;
        if resume.is_none() {
            self.memory.conversation = None;
            self.memory.rollout = None;
        }
        self.memory.fingerprint = self.fingerprint.clone();
        self.memory.hook_socket = self.spec.hook_socket.clone();
        Ok(resume.is_some())
    }

    fn forget_conversation(&mut self) {
        self.memory.conversation = None;
        self.memory.rollout = None;
    }

    fn remember(&self) -> Value {
        let memory = Memory { process: self.process.id(), ..self.memory.clone() };
        serde_json::to_value(memory).unwrap_or_default()
    }

    async fn presence(&mut self) -> Result<Presence, CliError> {
        self.process.presence().await
    }

    async fn activity(&mut self) -> Activity {
        let state = match self.rollout().await {
            Some(path) => self.tail.state(&path).await,
            None => TurnState::None,
        };
        match (state, self.process.info().await) {
            // While its hook waits for a decision, Codex itself looks busy.
            _ if self.dialogs.waiting() => Activity::Waiting,
            // The title tells of a dialog in the terminal; of the rest, the record knows more.
            (_, Ok(Some(info))) if info.title.contains("Action Required") => Activity::Waiting,
            (TurnState::Running, Ok(Some(info))) => {
                // A record that ends in the middle is an old one when the title does not turn.
                if is_busy_title(&info.title) { Activity::Busy } else { Activity::Unknown }
            }
            (_, Ok(Some(info))) if is_busy_title(&info.title) => Activity::Busy,
            (TurnState::Over, _) => Activity::Idle,
            // Before the first turn there is no record; the title names the folder once the interface is there.
            (TurnState::None, Ok(Some(info))) if self.spec.is_resting_title(&info.title) => Activity::Idle,
            (TurnState::None | TurnState::Running, _) => Activity::Unknown,
        }
    }

    fn is_stale(&self) -> bool {
        self.process.id().is_some() && self.memory.fingerprint != self.fingerprint
    }

    async fn screen(&mut self) -> Result<ScreenReading, CliError> {
        let capture = self.process.terminal().capture(self.process.pane()?).await?;
        let mut reading = screen::classify(&capture, !self.process.lives());
        // A screen without the end of a turn looks busy; the record knows whether one is under way.
        let unsure = reading.evidence.starts_with(screen::NO_END);
        if unsure && self.activity().await == Activity::Idle {
            reading.status = ScreenStatus::Idle;
        }
        Ok(reading)
    }

    async fn record_position(&mut self) -> u64 {
        let path = self.rollout().await;
        rollout::length(path.as_deref()).await
    }

    async fn record_of(&mut self, prompt: &str, position: u64) -> Result<TurnRecord, CliError> {
        match self.rollout().await {
            Some(path) => rollout::record_of(&path, prompt, position).await,
            None => Ok(TurnRecord::default()),
        }
    }

    async fn send(&mut self, prompt: &str) -> Result<(), CliError> {
        let pane = self.process.pane()?;
        self.process.terminal().paste(pane, prompt).await?;
        tokio::time::sleep(PASTE_PAUSE).await;
        Ok(self.process.terminal().enter(pane).await?)
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
        // Ctrl+C at the idle prompt ends Codex; Escape does nothing there.
        if self.activity().await != Activity::Idle {
            self.process.terminal().escape(self.process.pane()?).await?;
        }
        Ok(())
    }

    async fn signal(&mut self) -> Signal {
        loop {
            let payload = tokio::select! {
                // What was pushed before the end comes first.
                biased;
                payload = self.hooks.calls.recv() => payload,
                () = self.process.ended() => return Signal::ProcessEnded,
            };
            let Some(payload) = payload else {
                // The server has stopped; the loop will be told by its own token.
                return std::future::pending().await;
            };
            self.follow(&payload);
            if let Some(signal) = signals::signal(&payload) {
                return signal;
            }
            tracing::debug!(cli = self.name(), "a hook call without a meaning for the loop");
        }
    }
}

impl Drop for Codex {
    fn drop(&mut self) {
        // The CLI lives on; only what could start it again with a secret must not stay.
        if let Err(error) = self.process.remove_launch_file() {
            self.outbox.try_error(format!("The launch file could not be removed: {error}"));
        }
    }
}

/// Whether a terminal title begins with the turning sign of a turn under way.
fn is_busy_title(title: &str) -> bool {
    title.chars().next().is_some_and(|sign| ('\u{2800}'..='\u{28ff}').contains(&sign))
}
