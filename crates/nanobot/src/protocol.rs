//! What goes in and out of a nanobot: JSON lines, commands on stdin, events on stdout.
//!
//! Must not know who is at the other end. The first line on stdin is `Command::Start`, the only place where a secret
//! travels; the end of stdin means stop. The task itself stands in `.nanobot/config.json` as [`NanobotConfig`].

mod abilities;
mod cli;
mod diagnosis;
mod hands;
mod limits;
mod step;

use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};

pub use abilities::{Abilities, WireFormat};
pub use cli::{CliKind, CliPrograms};
pub use diagnosis::Diagnosis;
pub use hands::Hands;
pub use limits::Limits;
pub use step::{Step, StepStatus};

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
    /// What the owner wrote about project and agent has changed; takes effect with the next prompt.
    UpdateContext(Box<ContextUpdate>),
    /// A person has taken over the terminal: nothing is sent or pressed until `GiveBack`.
    TakeOver,
    /// The terminal was given back: go on where the step was.
    GiveBack {
        /// Nobody pressed a button: the page that had taken over is gone.
        by_itself: bool,
    },
    /// Stop now; the step under way stays where it is.
    Stop,
}

/// The texts of which an instance's identity is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContextUpdate {
    /// Display name of the project.
    pub project_name: String,
    /// The goal.
    pub description: String,
    /// How it is to be built.
    pub architecture: Option<String>,
    /// Display name of the agent.
    pub agent_name: String,
    /// Who the agent is.
    pub identity: String,
    /// RULES.md.
    pub global_rules: String,
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
    /// Names of allowed tools; see [`Abilities::of`].
    pub tools: Vec<String>,
    /// MCP servers in the usual `mcpServers` shape.
    pub mcp_servers: serde_json::Value,
    /// The API of the model's provider, where its name does not say it: a model server of the user's own.
    #[serde(default)]
    pub wire_format: Option<WireFormat>,
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
    /// Who types in the terminal now, for those who look at it; sent when it changes, worth no place in a spool.
    Hands {
        /// The nanobot's own hands.
        hands: Hands,
    },
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
