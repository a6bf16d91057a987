//! What server and runner say to each other over the runner's UNIX socket.
//!
//! The server connects; the runner listens. Each frame is a 4-byte big-endian length (at most [`MAX_FRAME`]) and then
//! one kind byte and the payload: [`KIND_JSON`] or [`KIND_BYTES`]. The first frame of a connection is a [`Hello`]; it
//! makes the connection a control connection (requests, answers, events) or one terminal's byte stream.
//! To the server everything that arrives is a claim of a process it does not trust.

mod terminal;

use std::{collections::BTreeMap, path::PathBuf};

use autocode_nanobot::{
    checkpoint::{ChangedFile, UndoEntry},
    protocol::{Command, EventLine, NanobotConfig, Step},
};
use autocode_sandbox::Facts;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};

pub use terminal::{TakenBy, TerminalNotice, TerminalRequest};

/// Version of this protocol; differs between server and runner after an upgrade.
pub const VERSION: u32 = 4;
/// Longest frame, in bytes, kind byte included.
pub const MAX_FRAME: usize = 1024 * 1024;
/// Payload is raw bytes (terminal connections only).
pub const KIND_BYTES: u8 = 0;
/// Payload is JSON.
pub const KIND_JSON: u8 = 1;

/// First frame of a connection, from the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Hello {
    /// Requests, answers and events; a new control connection ends the one before.
    Control {
        /// [`VERSION`] of the server.
        version: u32,
    },
    /// One viewer's attachment to a tmux session: [`TerminalRequest`]s and keys in, [`TerminalNotice`]s and output out.
    Terminal {
        /// Name of the session.
        session: String,
        /// Columns that the viewer has room for.
        cols: u16,
        /// Rows that the viewer has room for.
        rows: u16,
    },
    /// What a session has shown until now, once: `Opened`, text with colours in byte frames, `Closed`.
    History {
        /// Name of the session.
        session: String,
        /// Most lines above the screen.
        lines: u32,
    },
}

/// A numbered request on a control connection.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RequestFrame {
    /// Chosen by the server; the answer carries it.
    pub id: u64,
    /// What is asked.
    pub request: Request,
}

/// What the server asks.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Request {
    /// Send all events after this number, then new ones as they happen.
    Subscribe {
        /// Last number that the server has stored; the runner's next number is always greater.
        after: u64,
    },
    /// Events up to this number are stored; the spool may forget them.
    Acknowledge {
        /// Sequence number.
        seq: u64,
    },
    /// Prepare the workspace and start a nanobot (or answer `Started` if that instance runs already).
    StartInstance(Box<StartInstance>),
    /// End a nanobot; fine if it is not there.
    StopInstance {
        /// Row id of the instance.
        instance_id: i64,
        /// Also end this tmux session.
        end_session: Option<String>,
    },
    /// Pass a command to a running nanobot.
    Command {
        /// Row id of the instance.
        instance_id: i64,
        /// The command; never `Start`.
        command: Command,
    },
    /// Which instances run?
    ListInstances,
    /// End what is left of a project and remove its workspace.
    RemoveProject {
        /// Its folder, relative to `projects/`.
        folder: String,
        /// Its tmux session.
        session: String,
    },
    /// Go back to a checkpoint: files and plan; refused while an instance works there. Answered by `Plan`.
    Undo {
        /// The project's folder, relative to `projects/`.
        folder: String,
        /// Its tmux session, which is ended: what runs there would go on in files that are replaced.
        session: String,
        /// The plan as it is now.
        plan: Vec<Step>,
        /// Id of the finished step to go back to; empty for before the first step.
        to_step: String,
    },
    /// Bring back what an undo (or an earlier `Redo`) replaced. Answered by `Plan`.
    Redo {
        /// The project's folder, relative to `projects/`.
        folder: String,
        /// Its tmux session, which is ended.
        session: String,
        /// The plan as it is now.
        plan: Vec<Step>,
        /// From `Plan` or `Undos`.
        undo_id: String,
    },
    /// What can be brought back? Answered by `Undos`.
    ListUndos {
        /// The project's folder, relative to `projects/`.
        folder: String,
    },
    /// What did a step change, or what is not committed yet? Answered by `Changes`.
    Changes {
        /// The project's folder, relative to `projects/`.
        folder: String,
        /// The commit with which the step ended; none for the work that is not committed.
        commit: Option<String>,
    },
    /// End everything: nanobots, tmux server, runner and cell.
    Shutdown,
}

/// All that is needed to start a nanobot.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StartInstance {
    /// Becomes `.nanobot/config.json`.
    pub config: NanobotConfig,
    /// Token for the gateway, valid for this instance alone.
    #[serde(serialize_with = "expose")]
    pub gateway_token: SecretString,
    /// Git URL to clone into an empty workspace.
    #[serde(default)]
    pub clone_url: Option<String>,
    /// Non-secret environment for the coding CLI beyond what its driver sets.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
}

fn expose<S: Serializer>(secret: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose_secret())
}

/// A JSON frame from the runner on a control connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerBound {
    /// First frame: who answers.
    Welcome {
        /// [`VERSION`] of the runner.
        version: u32,
        /// What the runner found out about its own isolation.
        isolation: Isolation,
    },
    /// The answer to a request.
    Answer {
        /// The request's number.
        id: u64,
        /// The answer.
        answer: Answer,
    },
    /// Something happened.
    Event(SpooledEvent),
}

/// What the runner's cell keeps apart, as it was measured when the runner started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Isolation {
    /// What was tried and what came of it.
    pub facts: Facts,
    /// Milliseconds since the Unix epoch.
    pub measured_at: i64,
}

/// Answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Answer {
    /// Done.
    Done,
    /// Answer to `Subscribe`, sent before the first replayed event.
    Subscribed {
        /// Number of the newest event in the spool now, or `after` if there is none newer: once it is stored, the
        /// server knows all that had happened before it connected.
        last: u64,
    },
    /// A nanobot runs for the instance.
    Started {
        /// Its process id inside the cell.
        pid: u32,
    },
    /// The instances that run.
    Instances {
        /// Row ids.
        instance_ids: Vec<i64>,
    },
    /// Files and plan were replaced.
    Plan {
        /// The plan as it is now.
        steps: Vec<Step>,
        /// Brings back what was there before.
        undo_id: String,
    },
    /// What can be brought back.
    Undos {
        /// Newest first.
        undos: Vec<UndoEntry>,
    },
    /// What changed.
    Changes {
        /// The first files by path.
        files: Vec<ChangedFile>,
        /// How many more there are.
        more_files: u64,
    },
    /// It could not be done.
    Failed {
        /// For a person.
        message: String,
    },
}

/// An event with its number in the runner's spool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpooledEvent {
    /// Grows by one with every event of this user's runner, across restarts.
    pub seq: u64,
    /// Row id of the instance it is about.
    pub instance_id: i64,
    /// When and what.
    pub event: RunnerEvent,
}

/// What a runner reports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "source", rename_all = "snake_case")]
pub enum RunnerEvent {
    /// A line of the instance's nanobot.
    Nanobot(EventLine),
    /// The nanobot's process ended by itself and will be started again.
    Restarting {
        /// Milliseconds since the Unix epoch.
        at: i64,
        /// How it ended.
        reason: String,
    },
    /// The nanobot's process ended and stays so.
    Exited {
        /// Milliseconds since the Unix epoch.
        at: i64,
        /// Whether it ended in order (finished or asked to stop).
        clean: bool,
        /// How it ended.
        reason: String,
    },
}

/// Where a runner finds and puts things; given on its command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunnerPaths {
    /// The user's HOME: `{data}/users/{username}`.
    pub home: PathBuf,
    /// Sockets, spool and run files: `{run}/{username}`; holds `runner.sock`, `tmux.sock`, `spool.jsonl`, `runner.log`.
    pub run_dir: PathBuf,
}
