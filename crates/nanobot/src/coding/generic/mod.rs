//! The driver of any program with a prompt in a terminal.
//!
//! It knows nothing about the program but its screen: a screen that does not change is a program that waits. Whether it waits
//! for the next task or for an answer, the evaluation of the step judges, which is shown the screen. Must not know plan or
//! step. The program's conversation cannot be gone on with after it has ended.

mod start;
mod watch;

use std::{path::Path, time::Duration};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Activity, CliError, CodingCli, Presence, Signal, Surroundings, TurnRecord,
    process::{CliProcess, ProcessId, fingerprint},
    screen::{ScreenReading, ScreenStatus, line_text, parse_lines},
};
use crate::{
    launch::LaunchFile,
    outbox::{Outbox, now},
    protocol::{NanobotConfig, StartCommand},
};
use watch::Watch;

/// Between paste and Enter: sooner, a program may swallow the Enter.
const PASTE_PAUSE: Duration = Duration::from_millis(300);
/// How long the screen may take to show that Enter was taken.
const TAKEN: Duration = Duration::from_millis(2_500);
/// Between two looks at the screen while a turn is under way.
const LOOK: Duration = Duration::from_millis(500);
/// How much of the screen is the program's last message, in lines.
const MESSAGE_LINES: usize = 30;

/// Where the last prompt is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Turn {
    /// None was sent, or the last one is done with.
    #[default]
    None,
    /// Pasted; whether it was taken is not known.
    Pasted,
    /// Taken; the loop was not told yet.
    Taken,
    /// Under way.
    Running,
}

/// What survives a crash of the nanobot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Memory {
    process: Option<ProcessId>,
    /// SHA-256 over what the running program was given to reach its model.
    fingerprint: String,
    turn: Turn,
}

/// Any program in one terminal session.
pub struct Generic {
    launch: LaunchFile,
    process: CliProcess,
    memory: Memory,
    watch: Watch,
    prompt: String,
    fingerprint: String,
    outbox: Outbox,
}

impl Generic {
    /// Prepares a run. Starts nothing.
    ///
    /// # Errors
    /// The command cannot be read as shell words, or the run's files cannot be written.
    pub fn prepare(
        words: &str,
        config: &NanobotConfig,
        command: &StartCommand,
        home: &Path,
        remembered: &Value,
        around: Surroundings,
    ) -> Result<Self, CliError> {
        // What an older version wrote and is not understood is as good as nothing.
        let memory: Memory = serde_json::from_value(remembered.clone()).unwrap_or_default();
        let process = CliProcess::new(config, command, memory.process)?;
        let launch = start::launch_file(words, config, &command.gateway_token, home)?;
        let given = format!("{words}\n{}", config.agent.model);
        let fingerprint = fingerprint(&command.gateway_token, &config.gateway_url, &given);
        Ok(Self {
            launch,
            process,
            memory,
            watch: Watch::default(),
            prompt: String::new(),
            fingerprint,
            outbox: around.outbox,
        })
    }

    /// The visible text, noted in the watch.
    async fn look(&mut self) -> Result<String, CliError> {
        let capture = self.process.terminal().capture(self.process.pane()?).await?;
        let text = plain(&capture);
        self.watch.note(&text, now());
        Ok(text)
    }

    /// Waits until the screen is another than this one; whether that happened in time.
    async fn changes_from(&mut self, before: &str) -> Result<bool, CliError> {
        let deadline = tokio::time::Instant::now() + TAKEN;
        while tokio::time::Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(100)).await;
            if self.look().await? != before {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn message(&self) -> String {
        let lines: Vec<&str> = self.watch.text().lines().collect();
        lines[lines.len().saturating_sub(MESSAGE_LINES)..].join("\n")
    }
}

/// The text of a capture without trailing blank lines.
fn plain(capture: &str) -> String {
    let lines: Vec<String> = parse_lines(capture).iter().map(|line| line_text(line)).collect();
    lines.join("\n").trim_end().to_owned()
}

#[async_trait]
impl CodingCli for Generic {
    fn name(&self) -> &'static str {
        "The coding program"
    }

    async fn adopt(&mut self) -> Result<bool, CliError> {
        self.process.adopt().await
    }

    async fn start(&mut self) -> Result<bool, CliError> {
        self.process.start(&self.launch).await?;
        self.watch = Watch::default();
        self.memory.turn = Turn::None;
        self.memory.fingerprint = self.fingerprint.clone();
        Ok(false)
    }

    fn forget_conversation(&mut self) {}

    fn remember(&self) -> Value {
        let memory = Memory { process: self.process.id(), ..self.memory.clone() };
        serde_json::to_value(memory).unwrap_or_default()
    }

    async fn presence(&mut self) -> Result<Presence, CliError> {
        self.process.presence().await
    }

    async fn activity(&mut self) -> Activity {
        match self.look().await {
            Ok(text) if text.is_empty() => Activity::Unknown,
            Ok(_) if self.watch.quiet(now()) => Activity::Idle,
            Ok(_) => Activity::Busy,
            Err(error) => {
                tracing::debug!(%error, "the screen cannot be read");
                Activity::Unknown
            }
        }
    }

    fn is_stale(&self) -> bool {
        self.process.id().is_some() && self.memory.fingerprint != self.fingerprint
    }

    async fn screen(&mut self) -> Result<ScreenReading, CliError> {
        let text = self.look().await?;
        let (status, evidence) = if !self.process.lives() {
            (ScreenStatus::Exited, "the pane's process has ended")
        } else if self.memory.turn == Turn::Pasted {
            (ScreenStatus::Unknown, "a prompt was pasted, and nothing shows that it was taken")
        } else if text.is_empty() {
            (ScreenStatus::Unknown, "empty screen")
        } else if self.watch.quiet(now()) {
            (ScreenStatus::Idle, "the screen does not change")
        } else {
            (ScreenStatus::Busy, "the screen changes")
        };
        Ok(ScreenReading { status, draft: None, evidence: evidence.to_owned(), text })
    }

    async fn record_position(&mut self) -> u64 {
        self.watch.changes()
    }

    async fn record_of(&mut self, _prompt: &str, _position: u64) -> Result<TurnRecord, CliError> {
        let under_way = matches!(self.memory.turn, Turn::Taken | Turn::Running);
        let ended = under_way && self.watch.quiet(now());
        Ok(TurnRecord {
            prompt_seen: under_way,
            ended,
            last_text: if ended { self.message() } else { String::new() },
            ..TurnRecord::default()
        })
    }

    async fn send(&mut self, prompt: &str) -> Result<(), CliError> {
        let pane = self.process.pane()?;
        prompt.clone_into(&mut self.prompt);
        self.memory.turn = Turn::Pasted;
        self.process.terminal().paste(pane, prompt).await?;
        tokio::time::sleep(PASTE_PAUSE).await;
        let pasted = self.look().await?;
        // A second Enter mends a swallowed one, and finds nothing to submit where the first was taken.
        for _ in 0..2 {
            self.process.terminal().enter(pane).await?;
            if self.changes_from(&pasted).await? {
                self.memory.turn = Turn::Taken;
                break;
            }
        }
        Ok(())
    }

    async fn press_enter(&mut self) -> Result<(), CliError> {
        Ok(self.process.terminal().enter(self.process.pane()?).await?)
    }

    async fn press_escape(&mut self) -> Result<(), CliError> {
        Ok(self.process.terminal().escape(self.process.pane()?).await?)
    }

    async fn clear_draft(&mut self) -> Result<(), CliError> {
        // No draft is ever seen, and no key empties every program's line.
        Ok(())
    }

    async fn interrupt(&mut self) -> Result<(), CliError> {
        // At an idle prompt Ctrl+C ends many programs.
        if self.activity().await == Activity::Busy {
            self.process.terminal().interrupt(self.process.pane()?).await?;
        }
        Ok(())
    }

    async fn signal(&mut self) -> Signal {
        loop {
            match self.memory.turn {
                Turn::Taken => {
                    self.memory.turn = Turn::Running;
                    return Signal::PromptSubmitted { text: self.prompt.clone() };
                }
                Turn::Running if self.watch.quiet(now()) => {
                    self.memory.turn = Turn::None;
                    return Signal::TurnEnded { message: self.message(), background: 0 };
                }
                _ => {}
            }
            tokio::select! {
                biased;
                () = self.process.ended() => return Signal::ProcessEnded,
                () = tokio::time::sleep(LOOK) => {}
            }
            if self.memory.turn != Turn::None && self.process.lives() {
                // A terminal that is gone is noticed by the next look at the process.
                if let Err(error) = self.look().await {
                    tracing::debug!(%error, "the screen cannot be read");
                }
            }
        }
    }
}

impl Drop for Generic {
    fn drop(&mut self) {
        // The program lives on; only what could start it again with a secret must not stay.
        if let Err(error) = self.process.remove_launch_file() {
            self.outbox.try_error(format!("The launch file could not be removed: {error}"));
        }
    }
}
