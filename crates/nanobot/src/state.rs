//! How far the work is, on disk before every action, so that any crash resumes at the right place.
//!
//! Must not know the CLI: what a driver remembers is opaque JSON here. Written to `.nanobot/state.json` by temporary
//! file, fsync, rename and fsync of the folder; a half-written state can never be read.

mod help;

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{evaluate::Evaluation, protocol::Step, verify::VerifyOutcome};

pub use help::{AfterAnswer, Help};

/// Everything that is remembered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LoopState {
    /// Instance that wrote it.
    pub instance_id: i64,
    /// The plan as this instance knows it.
    pub plan: Vec<Step>,
    /// The step under way.
    pub step: Option<StepState>,
    /// What the CLI's driver remembers.
    pub cli: serde_json::Value,
    /// SHA-256 of the IDENTITY.md that the CLI was told to read, hexadecimal.
    pub identity_hash: Option<String>,
    /// The plan was proposed and waits for its owner's approval.
    pub plan_unapproved: bool,
}

/// The step under way; times are milliseconds since the Unix epoch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepState {
    /// Id of the step.
    pub step: String,
    /// Number of the attempt, from 1.
    pub attempt: u32,
    /// Attempts that were made before a person's last answer.
    pub attempts_before_answer: u32,
    /// Where in the attempt it is.
    pub phase: StepPhase,
    /// What the next prompt is.
    pub prompt: PromptKind,
    /// HEAD when the step began; none in a repository without commits.
    pub base_commit: Option<String>,
    /// The CLI was started again after the prompt was sent.
    pub restarted: bool,
    /// The CLI's present conversation contains the step's task.
    pub task_known: bool,
    /// When the CLI had to be started during this step.
    pub starts: Vec<i64>,
    /// Turns in a row that ended in an error.
    pub failures: u32,
    /// Pauses in a row for a usage limit.
    #[serde(default)]
    pub limit_pauses: u32,
    /// How often the step made no progress.
    #[serde(default)]
    pub stalls: u32,
    /// What failed last and how often in a row.
    #[serde(default)]
    pub same_error: Option<SameError>,
    /// A different approach was asked for because of `same_error`.
    #[serde(default)]
    pub approach_changed: bool,
    /// How often the CLI was asked to end its background work.
    #[serde(default)]
    pub background_asks: u32,
    /// New conversations that had to be begun because the old one could not go on.
    #[serde(default)]
    pub new_conversations: u32,
    /// The last prompt that was sent, to know it again in the input box.
    #[serde(default)]
    pub last_prompt: Option<String>,
    /// Dialogs that only the screen showed and that were put to be decided.
    #[serde(default)]
    pub screen_dialogs: u32,
    /// When a person last said that their text is to stay in the input box, in milliseconds since the Unix epoch.
    #[serde(default)]
    pub draft_kept_at: i64,
}

/// A failure that is counted, in a form that is the same for the same mistake.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SameError {
    /// The normalised text.
    pub text: String,
    /// How often in a row.
    pub count: u32,
}

impl StepState {
    /// A step at its beginning.
    pub fn new(step: &str, base_commit: Option<String>) -> Self {
        Self {
            step: step.to_owned(),
            attempt: 1,
            attempts_before_answer: 0,
            phase: StepPhase::Ready,
            prompt: PromptKind::Task,
            base_commit,
            restarted: false,
            task_known: false,
            starts: Vec::new(),
            failures: 0,
            limit_pauses: 0,
            stalls: 0,
            same_error: None,
            approach_changed: false,
            background_asks: 0,
            new_conversations: 0,
            last_prompt: None,
            screen_dialogs: 0,
            draft_kept_at: 0,
        }
    }
}

/// What a prompt asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PromptKind {
    /// The step's task.
    Task,
    /// What is still wrong.
    Fix {
        /// The judge's or a person's words.
        instructions: String,
    },
    /// Go on after a break.
    Continue {
        /// Why there was one.
        why: String,
    },
}

/// Where in an attempt a step is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "snake_case")]
pub enum StepPhase {
    /// The next prompt was not sent yet.
    Ready,
    /// Written before the prompt goes out: it may or may not have arrived.
    Sending(Sending),
    /// The CLI has acknowledged the prompt.
    Sent(Sending),
    /// The turn under way was told to end; the next prompt follows once the CLI is idle.
    Interrupting {
        /// When it was told.
        at: i64,
    },
    /// A dialog that only the screen showed was decided and is being closed; the answer is the next prompt.
    ClosingDialog {
        /// When Escape was last pressed.
        at: i64,
        /// How often it was pressed.
        presses: u32,
    },
    /// Waiting to go on after an error of the model's API.
    BackingOff {
        /// Until when.
        until: i64,
    },
    /// The turn ended.
    TurnEnded {
        /// The last thing the CLI said.
        message: String,
    },
    /// The verify command has run.
    Verified {
        /// The last thing the CLI said.
        message: String,
        /// What came out.
        outcome: VerifyOutcome,
    },
    /// The model has judged.
    Evaluated {
        /// What the verify command said.
        outcome: VerifyOutcome,
        /// The judgement.
        evaluation: Evaluation,
    },
    /// The checkpoint exists.
    Committed {
        /// Its hash.
        commit: String,
        /// What the verify command said.
        outcome: VerifyOutcome,
        /// The judgement.
        evaluation: Evaluation,
    },
    /// A person is needed.
    Waiting(Box<Help>),
}

/// A prompt on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sending {
    /// The text, exactly as pasted.
    pub text: String,
    /// Where in the CLI's record it must appear.
    pub position: u64,
    /// When it was last pasted, submitted or acknowledged.
    pub at: i64,
    /// How often it was pasted.
    pub pastes: u32,
    /// How often Enter was pressed again.
    pub enters: u32,
}

/// The state's file.
#[derive(Clone, Debug)]
pub struct StateStore {
    path: PathBuf,
}

impl StateStore {
    /// The state of a workspace.
    pub fn new(workspace: &Path) -> Self {
        Self { path: workspace.join(".nanobot/state.json") }
    }

    /// What was written last; `None` if nothing was.
    ///
    /// # Errors
    /// The file cannot be read or is not a state.
    pub fn load(&self) -> io::Result<Option<LoopState>> {
        match fs::read(&self.path) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Returns only when the state is on the disk.
    ///
    /// # Errors
    /// The file cannot be written; the former state is still whole then.
    pub fn save(&self, state: &LoopState) -> io::Result<()> {
        write_atomically(&self.path, &serde_json::to_vec(state)?)
    }
}

/// Replaces a file as a whole, mode 0600; the folder must exist.
///
/// # Errors
/// Any step fails; the former content is still whole then.
pub fn write_atomically(path: &Path, content: &[u8]) -> io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;

    let folder = path.parent().ok_or_else(|| io::Error::other("a file needs a folder"))?;
    let mut name = path.file_name().ok_or_else(|| io::Error::other("a file needs a name"))?.to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = folder.join(name);
    let mut file =
        fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
    let written =
        file.write_all(content).and_then(|()| file.sync_all()).and_then(|()| fs::rename(&temporary, path));
    if let Err(error) = written {
        // The first error is the one that matters.
        drop(fs::remove_file(&temporary));
        return Err(error);
    }
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests;
