//! The faults of the soak, and which questions each may lead to.

use std::{fs, time::Duration};

use autocode_tmux::Key;
use tokio::time::sleep;

use crate::{
    gate::{Fault, Who},
    stage::Stage,
};

/// What a person types and does not send.
const TYPED: &str = "hold on";

/// What goes wrong in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    KillCli,
    KillTmux,
    KillNanobot,
    KillRunner,
    Error500,
    Error529,
    RateLimit,
    RefusedKey,
    LoseEnter,
    LosePaste,
    TypedText,
    Escape,
    NeedsFix,
    SlowModel,
    Nonsense,
    JudgeFails,
    ContextFull,
    StateUnwritable,
    KillBoth,
}

impl Kind {
    pub const ALL: [Self; 19] = [
        Self::KillCli,
        Self::KillTmux,
        Self::KillNanobot,
        Self::KillRunner,
        Self::Error500,
        Self::Error529,
        Self::RateLimit,
        Self::RefusedKey,
        Self::LoseEnter,
        Self::LosePaste,
        Self::TypedText,
        Self::Escape,
        Self::NeedsFix,
        Self::SlowModel,
        Self::Nonsense,
        Self::JudgeFails,
        Self::ContextFull,
        Self::StateUnwritable,
        Self::KillBoth,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::KillCli => "the CLI is killed",
            Self::KillTmux => "the tmux server is killed",
            Self::KillNanobot => "the nanobot is killed",
            Self::KillRunner => "the runner is killed",
            Self::Error500 => "the model's server fails (500)",
            Self::Error529 => "the model is overloaded (529)",
            Self::RateLimit => "a rate limit (429) with a reset time",
            Self::RefusedKey => "the key is refused (403)",
            Self::LoseEnter => "Enter is swallowed",
            Self::LosePaste => "the paste is lost",
            Self::TypedText => "a person types into the terminal",
            Self::Escape => "a person presses Escape",
            Self::NeedsFix => "the judge wants a fix",
            Self::SlowModel => "the model is slow",
            Self::Nonsense => "the judge answers nonsense",
            Self::JudgeFails => "the judge cannot be reached",
            Self::ContextFull => "the context is full",
            Self::StateUnwritable => "the state cannot be written",
            Self::KillBoth => "the CLI and the nanobot are killed",
        }
    }

    /// What must be there before the start.
    pub fn prepare(self, stage: &Stage) {
        match self {
            Self::LoseEnter => stage.lose("enter"),
            Self::LosePaste => stage.lose("paste"),
            _ => {}
        }
    }

    /// Brings the fault about; a process that is not there at this moment cannot be killed.
    pub async fn inject(self, stage: &mut Stage) {
        let gate = stage.gate.clone();
        match self {
            Self::KillCli => stage.kill_cli_if_there().await,
            Self::KillTmux => drop(stage.tmux.kill_server().await),
            Self::KillNanobot => stage.kill_nanobot_if_there(),
            Self::KillRunner => stage.kill_runner(),
            Self::KillBoth => {
                stage.kill_cli_if_there().await;
                stage.kill_nanobot_if_there();
            }
            Self::Error500 => {
                gate.inject(Who::Coding, 4, Fault::error(500, "api_error", "Internal server error"))
            }
            Self::Error529 => {
                gate.inject(Who::Coding, 4, Fault::error(529, "overloaded_error", "Overloaded"))
            }
            Self::RateLimit => gate.inject(Who::Coding, 3, Fault::limit(crate::stage::now() + 5_000)),
            Self::RefusedKey => {
                gate.inject(Who::Coding, 50, Fault::error(403, "permission_error", "the key was refused"))
            }
            Self::LoseEnter | Self::LosePaste => {}
            Self::TypedText => {
                for c in TYPED.chars() {
                    stage.press_if_there(Key::Char(c)).await;
                }
                sleep(Duration::from_secs(3)).await;
                stage.remove_typed().await;
            }
            Self::Escape => {
                stage.press_if_there(Key::Escape).await;
            }
            Self::NeedsFix => gate.inject(
                Who::Judge,
                1,
                Fault::Say(
                    r#"{"verdict": "needs_fix", "reason": "Not quite.", "instructions": "Once more."}"#,
                ),
            ),
            Self::SlowModel => gate.inject(Who::Coding, 2, Fault::Slow(Duration::from_secs(5))),
            Self::Nonsense => gate.inject(Who::Judge, 6, Fault::Say("Done? Certainly!")),
            Self::JudgeFails => gate.inject(Who::Judge, 30, Fault::error(503, "api_error", "Nobody is here")),
            Self::ContextFull => gate.inject(
                Who::Coding,
                1,
                Fault::error(
                    400,
                    "invalid_request_error",
                    "prompt is too long: 250000 tokens > 200000 maximum",
                ),
            ),
            Self::StateUnwritable => {
                if let Some(pid) = stage.nanobot() {
                    let obstacle = stage.workspace().join(format!(".nanobot/state.json.{pid}.tmp"));
                    if fs::create_dir(&obstacle).is_ok() {
                        sleep(Duration::from_secs(4)).await;
                        fs::remove_dir(&obstacle).unwrap();
                    }
                }
            }
        }
    }

    /// What a person does in the terminal before answering.
    pub async fn settle(self, stage: &Stage) {
        match self {
            Self::TypedText => stage.remove_typed().await,
            Self::Escape => stage.press_if_there(Key::CtrlU).await,
            _ => {}
        }
    }

    /// Whether this question fits the fault.
    pub fn may_ask(self, question: &str) -> bool {
        let words: &[&str] = match self {
            Self::Escape => &["interrupted"],
            Self::RefusedKey => &["refused the key"],
            Self::RateLimit => &["limit"],
            Self::Nonsense | Self::JudgeFails => &["judged"],
            Self::Error500 | Self::Error529 => &["error"],
            Self::StateUnwritable => &["written", "checkpoint", "disk"],
            Self::LoseEnter | Self::LosePaste => &["not clear whether"],
            Self::KillTmux | Self::KillCli | Self::KillBoth => &["not clear whether"],
            _ => &[],
        };
        words.iter().any(|word| question.contains(word))
    }
}

impl Stage {
    async fn kill_cli_if_there(&self) {
        if let Some(pane) = self.pane().await.filter(|pane| !pane.dead) {
            crate::inject::kill(pane.pid);
        }
    }

    fn kill_nanobot_if_there(&self) {
        if let Some(pid) = self.nanobot() {
            crate::inject::kill(pid);
        }
    }

    /// A person removes what they typed, line by line: a prompt that was pasted into it may have made it several.
    async fn remove_typed(&self) {
        let word = TYPED.split(' ').next().unwrap();
        for _ in 0..40 {
            let screen = self.screen().await;
            // The lowest line with this sign is the input box.
            if !screen.lines().rfind(|line| line.starts_with('❯')).is_some_and(|line| line.contains(word)) {
                return;
            }
            self.press_if_there(Key::CtrlU).await;
            self.press_if_there(Key::Backspace).await;
        }
    }

    /// A key of a person; a plan that is done meanwhile has no terminal for it.
    async fn press_if_there(&self, key: Key) {
        if let Some(pane) = self.pane().await
            && let Err(error) = self.tmux.send_key(pane.id, key).await
        {
            assert!(self.pane().await.is_none_or(|now| now.id != pane.id), "{error}");
        }
    }
}
