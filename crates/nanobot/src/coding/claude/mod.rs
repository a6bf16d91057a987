//! The driver of Claude Code.
//!
//! Fuses its hooks, status file, record and screen. Must not know plan or step. Files of a run live in the run's folder,
//! the user's in `config/claude`, and none of ours in the repository.

mod conversation;
pub(in crate::coding) mod dialogs;
mod memory;
pub mod screen;
pub mod settings;
pub mod signals;
pub mod start;
pub mod transcript;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use autocode_tmux::Pane;
use serde_json::Value;
use uuid::Uuid;

use super::{
    Activity, CliError, CodingCli, Presence, Signal, Surroundings, TurnRecord,
    exit::ProcessExit,
    process::{fingerprint, hash, private_folder, process_start, run_secret},
    screen::ScreenReading,
    terminal::Terminal,
};
use crate::{
    hook_server::HookServer,
    outbox::Outbox,
    protocol::{Abilities, NanobotConfig, StartCommand},
    state::write_atomically,
};
use dialogs::Dialogs;
use memory::Memory;
use start::{Conversation, StartSpec};

/// Between paste and Enter: sooner, the CLI sometimes swallows the Enter.
const PASTE_PAUSE: Duration = Duration::from_millis(300);

/// Claude Code in one terminal session.
pub struct ClaudeCode {
    spec: StartSpec,
    autocode: PathBuf,
    run_dir: PathBuf,
    terminal: Terminal,
    hooks: HookServer,
    memory: Memory,
    pane: Option<Pane>,
    exit: ProcessExit,
    fingerprint: String,
    outbox: Outbox,
}

impl ClaudeCode {
    /// Prepares a run: its folder, the hook socket, the settings. Starts no CLI.
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
        let run_dir = command.run_dir.clone();
        private_folder(&run_dir)?;
        let failed = |what: &str| CliError::file(format!("the run's {what} could not be written"));
        let hook_socket = run_dir.join("hook.sock");
        let hook_secret = run_secret(&run_dir, "hook.secret").map_err(failed("secret"))?;
        let dialogs = Dialogs::new(desk);
        let policy = Arc::new(move |payload: &Value| dialogs.decision(payload));
        let hooks = HookServer::start(&hook_socket, hook_secret.clone(), policy, &tracker, stop)
            .map_err(CliError::file("the hook socket could not be opened"))?;
        let settings = run_dir.join("settings.json");
        let content = settings::run_settings(&command.autocode, Abilities::of(&config.agent.tools));
        write_atomically(&settings, content.to_string().as_bytes()).map_err(failed("settings"))?;
        let mcp_config = match config.agent.mcp_servers.as_object() {
            Some(servers) if !servers.is_empty() => {
                let file = run_dir.join("mcp.json");
                let content = serde_json::json!({ "mcpServers": servers }).to_string();
                write_atomically(&file, content.as_bytes()).map_err(failed("MCP servers"))?;
                Some(file)
            }
            _ => None,
        };
        let workspace = config.project.workspace.clone();
        let terminal = Terminal::new(command.tmux_socket.clone(), &config.session, workspace.clone())?;
        let spec = StartSpec {
            program: command.cli_program.clone(),
            workspace,
            home: home.to_owned(),
            config_dir: settings::config_dir(home),
            settings,
            mcp_config,
            gateway_url: config.gateway_url.clone(),
            model: config.agent.model.clone(),
            wire: config.agent.wire_format,
            token: command.gateway_token.clone(),
            hook_socket,
            hook_secret,
        };
        let fingerprint = fingerprint(&spec.token, &spec.gateway_url, &spec.model);
        // What an older version wrote and is not understood is as good as nothing.
        let memory = serde_json::from_value(remembered.clone()).unwrap_or_default();
        let autocode = command.autocode.clone();
        Ok(Self {
            spec,
            autocode,
            run_dir,
            terminal,
            hooks,
            memory,
            pane: None,
            exit: ProcessExit::default(),
            fingerprint,
            outbox,
        })
    }

    fn pane(&self) -> Result<Pane, CliError> {
        self.pane.ok_or(CliError::NotRunning)
    }
}

#[async_trait]
impl CodingCli for ClaudeCode {
    fn name(&self) -> &'static str {
        "Claude Code"
    }

    async fn adopt(&mut self) -> Result<bool, CliError> {
        let Some(pane) = self.terminal.pane().await? else { return Ok(false) };
        self.pane = Some(pane.id);
        let ours = self
            .memory
            .process
            .is_some_and(|(pid, start)| pid == pane.pid && process_start(pid) == Some(start));
        // A CLI whose hooks report to nobody would be denied every permission: it is no use as it is.
        let heard = self.memory.hook_socket == self.spec.hook_socket
            && self.memory.hook_secret == hash([self.spec.hook_secret.as_str()]);
        if pane.dead || !ours || !heard {
            self.memory.process = None;
            return Ok(false);
        }
        self.exit = ProcessExit::watch(pane.pid);
        Ok(true)
    }

    async fn start(&mut self) -> Result<bool, CliError> {
        settings::prepare_config(&self.spec.config_dir, &self.spec.workspace)?;
        let conversation = match (self.find_transcript().await, &self.memory.conversation) {
            (Some(_), Some(id)) => Conversation::Resume(id.clone()),
            // An id without a record may still be taken by a process that died.
            _ => Conversation::New(Uuid::new_v4().to_string()),
        };
        let launch = self.run_dir.join("launch.json");
        let content = serde_json::to_vec(&self.spec.launch_file(&conversation)).map_err(|error| {
            CliError::Configuration(format!("the launch file could not be built: {error}"))
        })?;
        write_atomically(&launch, &content)
            .map_err(CliError::file("the launch file could not be written"))?;
        let word = |path: &Path| path.to_string_lossy().into_owned();
        let pane = self.terminal.run(vec![word(&self.autocode), "launch".to_owned(), word(&launch)]).await?;
        self.pane = Some(pane.id);
        let resumed = matches!(conversation, Conversation::Resume(_));
        let (Conversation::New(id) | Conversation::Resume(id)) = conversation;
        if !resumed {
            self.memory.transcript = None;
        }
        self.memory.conversation = Some(id);
        self.memory.process = process_start(pane.pid).map(|start| (pane.pid, start));
        self.exit = ProcessExit::watch(pane.pid);
        self.memory.fingerprint = self.fingerprint.clone();
        self.memory.hook_socket = self.spec.hook_socket.clone();
        self.memory.hook_secret = hash([self.spec.hook_secret.as_str()]);
        Ok(resumed)
    }

    fn forget_conversation(&mut self) {
        self.memory.conversation = None;
        self.memory.transcript = None;
    }

    fn remember(&self) -> Value {
        serde_json::to_value(&self.memory).unwrap_or_default()
    }

    async fn presence(&mut self) -> Result<Presence, CliError> {
        if let Some((pid, start)) = self.memory.process
            && self.pane.is_some()
            && process_start(pid) == Some(start)
        {
            return Ok(Presence::Alive);
        }
        let pane = self.terminal.pane().await?;
        self.pane = pane.as_ref().map(|pane| pane.id);
        Ok(match pane {
            None => Presence::Absent,
            // Also a pane with a process that is not the one that was started: it must be replaced.
            Some(_) => Presence::Dead,
        })
    }

    async fn activity(&mut self) -> Activity {
        let Some((pid, _)) = self.memory.process else { return Activity::Unknown };
        signals::status(&self.spec.config_dir, pid).await.map_or(Activity::Unknown, |status| status.activity)
    }

    fn is_stale(&self) -> bool {
        self.memory.process.is_some() && self.memory.fingerprint != self.fingerprint
    }

    async fn screen(&mut self) -> Result<ScreenReading, CliError> {
        let capture = self.terminal.capture(self.pane()?).await?;
        let alive = self.memory.process.is_some_and(|(pid, start)| process_start(pid) == Some(start));
        Ok(screen::classify(&capture, !alive))
    }

    async fn record_position(&mut self) -> u64 {
        let path = self.find_transcript().await;
        transcript::length(path.as_deref()).await
    }

    async fn record_of(&mut self, prompt: &str, position: u64) -> Result<TurnRecord, CliError> {
        match self.find_transcript().await {
            Some(path) => transcript::record_of(&path, prompt, position).await,
            None => Ok(TurnRecord::default()),
        }
    }

    async fn send(&mut self, prompt: &str) -> Result<(), CliError> {
        let pane = self.pane()?;
        self.terminal.paste(pane, prompt).await?;
        tokio::time::sleep(PASTE_PAUSE).await;
        Ok(self.terminal.enter(pane).await?)
    }

    async fn press_enter(&mut self) -> Result<(), CliError> {
        Ok(self.terminal.enter(self.pane()?).await?)
    }

    async fn press_escape(&mut self) -> Result<(), CliError> {
        Ok(self.terminal.escape(self.pane()?).await?)
    }

    async fn clear_draft(&mut self) -> Result<(), CliError> {
        // Ctrl+C empties a box with text, whatever its length; only a second one in an empty box would end the CLI.
        Ok(self.terminal.interrupt(self.pane()?).await?)
    }

    async fn interrupt(&mut self) -> Result<(), CliError> {
        // A second Ctrl+C at the idle prompt would end the CLI: one only, and none when nothing is under way.
        if self.activity().await == Activity::Busy {
            self.terminal.interrupt(self.pane()?).await?;
        }
        Ok(())
    }

    async fn signal(&mut self) -> Signal {
        loop {
            let payload = tokio::select! {
                // What was pushed before the end comes first.
                biased;
                payload = self.hooks.calls.recv() => payload,
                () = self.exit.ended() => return Signal::ProcessEnded,
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

impl Drop for ClaudeCode {
    fn drop(&mut self) {
        // The CLI lives on; only what could start it again with a secret must not stay.
        let launch = self.run_dir.join("launch.json");
        if launch.exists()
            && let Err(error) = std::fs::remove_file(&launch)
        {
            self.outbox.try_error(format!("The launch file could not be removed: {error}"));
        }
    }
}
