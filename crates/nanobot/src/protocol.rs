//! What goes in and out of a nanobot: JSON lines, commands on stdin, events on stdout.
//!
//! Must not know who is at the other end. The first line on stdin is `Command::Start`, the only place where a secret
//! travels; the end of stdin means stop. The task itself stands in `.nanobot/config.json` as [`NanobotConfig`].

use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};

/// A line to a nanobot.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Command {
    /// First line, exactly once.
    Start(StartCommand),
    /// A person's answer to the open question.
    Answer {
        /// As typed.
        text: String,
    },
    /// Replaces the steps that are not finished; takes effect when the next step is chosen.
    UpdatePlan {
        /// The whole plan; finished steps keep their state.
        steps: Vec<Step>,
    },
    /// Stop now; the step under way stays where it is.
    Stop,
}

/// What a nanobot needs and may not read from a file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StartCommand {
    /// Token for the gateway, valid for this instance alone.
    #[serde(serialize_with = "expose")]
    pub gateway_token: SecretString,
    /// Folder for sockets and files of this run, outside the repository; mode 0700.
    pub run_dir: PathBuf,
    /// The user's tmux server socket.
    pub tmux_socket: PathBuf,
    /// The `autocode` binary, for `autocode hook` and `autocode launch`.
    pub autocode: PathBuf,
    /// The program of the agent's coding CLI; empty for [`CliKind::Generic`], whose command says it.
    pub cli_program: PathBuf,
}

fn expose<S: Serializer>(secret: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose_secret())
}

/// `.nanobot/config.json`: the task of an instance, without secrets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NanobotConfig {
    /// Row id of the instance.
    pub instance_id: i64,
    /// What is to be built.
    pub project: ProjectSpec,
    /// Who builds it.
    pub agent: AgentSpec,
    /// Gateway of the server, for example `http://127.0.0.1:3000/gateway`; the provider's name follows as a path segment.
    pub gateway_url: String,
    /// Name of the tmux session.
    pub session: String,
    /// Who decides what the coding CLI may do: the project's own policy, or else the agent's.
    #[serde(default)]
    pub approval: ApprovalPolicy,
    /// Bounds of the loop.
    #[serde(default)]
    pub limits: Limits,
}

/// The project as its owner wrote it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProjectSpec {
    /// Row id.
    pub id: i64,
    /// Display name.
    pub name: String,
    /// The goal.
    pub description: String,
    /// How it is to be built.
    pub architecture: Option<String>,
    /// Steps with their state; empty lets the nanobot propose them.
    pub plan: Vec<Step>,
    /// A person wants to see a proposed plan before the work begins.
    #[serde(default)]
    pub approve_plan: bool,
    /// Absolute path of the workspace.
    pub workspace: PathBuf,
}

/// The agent as its owner wrote it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgentSpec {
    /// Row id.
    pub id: i64,
    /// Display name.
    pub name: String,
    /// `provider/model`.
    pub model: String,
    /// The coding CLI that does the work.
    #[serde(default)]
    pub coding_cli: CliKind,
    /// Who the agent is.
    pub identity: String,
    /// RULES.md.
    pub global_rules: String,
    /// Names of allowed tools.
    pub tools: Vec<String>,
    /// MCP servers in the usual `mcpServers` shape.
    pub mcp_servers: serde_json::Value,
}

/// A coding CLI that can be driven.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CliKind {
    /// Claude Code.
    #[default]
    Claude,
    /// Codex CLI.
    Codex,
    /// opencode.
    Opencode,
    /// Any program with a prompt in a terminal.
    Generic {
        /// Shell words that start it; the first is the program.
        command: String,
    },
}

/// Who decides what the coding CLI may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalPolicy {
    /// Everything is allowed: the sandbox is the limit.
    #[default]
    Auto,
    /// The agent's model, by rules that deny what leaves the workspace or touches secrets.
    AskModel,
    /// The project's owner.
    AskMe,
}

/// Bounds of the loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Attempts per step before help is asked.
    pub max_attempts: u32,
    /// Seconds a verify command may take.
    pub verify_timeout_secs: u64,
    /// Seconds without progress before the CLI is interrupted and asked what happened.
    pub stall_secs: u64,
    /// Seconds for which background work may outlive its turn before the CLI is asked to end it.
    pub background_secs: u64,
    /// Seconds that the CLI may take to summarise its conversation.
    pub compaction_secs: u64,
    /// Seconds of the first pause after an error of the model's server; each further one doubles it.
    pub backoff_secs: u64,
    /// Seconds of the first pause after a usage limit that does not say when it ends; each further one doubles it.
    pub limit_pause_secs: u64,
    /// Seconds for which the nanobot's own model is tried again before a person is called.
    pub model_retry_secs: u64,
    /// Seconds after which a model that could not be reached is tried again even if nobody answered.
    pub model_pause_secs: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_attempts: 5,
            verify_timeout_secs: 600,
            stall_secs: 300,
            background_secs: 120,
            compaction_secs: 600,
            backoff_secs: 5,
            limit_pause_secs: 60,
            model_retry_secs: 300,
            model_pause_secs: 900,
        }
    }
}

/// How far a step is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepStatus {
    /// Not begun.
    #[default]
    Pending,
    /// Being worked on.
    Running,
    /// Verified, evaluated and committed.
    Completed,
    /// Given up.
    Failed,
    /// Left out by a person.
    Skipped,
}

/// One step of the plan with its outcome so far; times are milliseconds since the Unix epoch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Step {
    /// Stable within the plan.
    pub id: String,
    /// One line.
    pub title: String,
    /// The task for the coding CLI.
    pub instructions: String,
    /// Shell command that must exit 0.
    pub verify: Option<String>,
    /// Ids of steps that must be complete first.
    pub depends_on: Vec<String>,
    /// How far it is.
    pub status: StepStatus,
    /// Attempts so far.
    pub attempts: u32,
    /// Commit of the finished step.
    pub commit: Option<String>,
    /// End of the last verify output.
    pub verify_output: Option<String>,
    /// When the first attempt began.
    pub started_at: Option<i64>,
    /// When it ended.
    pub finished_at: Option<i64>,
}

/// A line from a nanobot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventLine {
    /// Milliseconds since the Unix epoch.
    pub at: i64,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// What a nanobot reports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// A line for the project's log.
    Log {
        /// What kind of line.
        level: LogLevel,
        /// The text.
        message: String,
    },
    /// The run entered a phase.
    PhaseChanged {
        /// Which one.
        phase: Phase,
        /// Why, in one sentence.
        reason: Option<String>,
    },
    /// The nanobot wrote a plan for a project that had none.
    PlanProposed {
        /// Its steps.
        steps: Vec<Step>,
    },
    /// A step began, ended or changed otherwise; the step as it is now.
    StepUpdated {
        /// The step.
        step: Step,
    },
    /// A prompt was delivered to the CLI (acknowledged by it).
    TurnStarted {
        /// The step it is for.
        step: String,
        /// Which attempt.
        attempt: u32,
    },
    /// The CLI ended its turn.
    TurnEnded {
        /// The step it was for.
        step: String,
    },
    /// A person is needed; the phase is `paused` until `Command::Answer`.
    HelpRequested {
        /// What must be known or done.
        question: String,
        /// The last screen, as text.
        screen: String,
        /// Answers to choose from.
        suggestions: Vec<String>,
        /// When the work goes on by itself, in milliseconds since the Unix epoch; none if it needs the answer.
        #[serde(default)]
        resumes_at: Option<i64>,
    },
    /// What is seen of the coding CLI and what follows from it; sent when it changes, at most once a second.
    Diagnosed(Box<Diagnosis>),
}

/// The loop's view of the coding CLI at one moment, for people; times are milliseconds since the Unix epoch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Diagnosis {
    /// Name of the coding CLI.
    pub cli: String,
    /// Whether its process is there: `absent`, `dead` or `alive`.
    pub process: String,
    /// What it says it is doing: `unknown`, `idle`, `busy` or `waiting`.
    pub activity: String,
    /// Since when.
    pub activity_since: i64,
    /// The last signal that it pushed, in a few words.
    pub signal: Option<String>,
    /// When that was.
    pub signal_at: Option<i64>,
    /// The state of the last screen that was read, in the words of `autocode screen`.
    pub screen: Option<String>,
    /// The line of the screen that decided.
    pub screen_evidence: Option<String>,
    /// Where in the step the loop is.
    pub phase: String,
    /// The last decision, with its reason.
    pub decision: String,
    /// When it was taken.
    pub decided_at: i64,
}

/// Where the run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Writing the plan.
    Planning,
    /// Working on the plan.
    Running,
    /// Waiting for a person or a time.
    Paused,
    /// Every step is done; the process ends with exit code 0.
    Completed,
    /// Given up; the process ends with exit code 0.
    Failed,
}

/// What kind of log line it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogLevel {
    /// Something happened.
    Info,
    /// The nanobot did something.
    Action,
    /// Something went wrong.
    Error,
    /// The nanobot decided something; the message says why.
    AgentDecision,
}
