//! Log lines of a project: what happened, and why the agent decided as it did.

use serde::{Deserialize, Serialize};

use super::{InstanceId, LogId, ProjectId, Timestamp};

/// What kind of line it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum LogLevel {
    /// Something happened.
    Info,
    /// The agent did something.
    Action,
    /// Something went wrong.
    Error,
    /// The agent decided something; the message says why.
    AgentDecision,
}

impl LogLevel {
    /// All levels, for filters.
    pub const ALL: [Self; 4] = [Self::Info, Self::Action, Self::Error, Self::AgentDecision];

    /// The level as it is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Action => "action",
            Self::Error => "error",
            Self::AgentDecision => "agent_decision",
        }
    }
}

/// One stored log line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct LogEntry {
    /// Row id; grows with time.
    pub id: LogId,
    /// The project it belongs to.
    pub project_id: Option<ProjectId>,
    /// The instance that wrote it.
    pub agent_instance_id: InstanceId,
    /// What kind of line it is.
    pub level: LogLevel,
    /// The text, any characters: show it as text only.
    pub message: String,
    /// When it was written, by the clock of the instance.
    pub timestamp: Timestamp,
}

/// Several levels, on the wire as names with commas between them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LogLevels(pub Vec<LogLevel>);

impl From<LogLevels> for String {
    fn from(levels: LogLevels) -> Self {
        levels.0.into_iter().map(LogLevel::as_str).collect::<Vec<_>>().join(",")
    }
}

impl TryFrom<String> for LogLevels {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let level = |name: &str| LogLevel::ALL.into_iter().find(|level| level.as_str() == name.trim());
        let levels: Option<Vec<_>> = text.split(',').map(level).collect();
        levels.map(Self).ok_or("the levels are info, action, error and agent_decision")
    }
}

/// Which of a user's decisions are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "ssr", into_params(parameter_in = Query))]
pub struct DecisionQuery {
    /// Only lines with a greater id; the first of those.
    #[serde(default)]
    pub after: Option<LogId>,
    /// Only lines with a smaller id; without `after`, the newest of those.
    #[serde(default)]
    pub before: Option<LogId>,
    /// At most this many (1 to 200, 20 if not given); with neither `after` nor `before`, the newest ones.
    #[serde(default)]
    #[cfg_attr(feature = "ssr", param(minimum = 1, maximum = 200, default = 20))]
    pub limit: Option<u32>,
}

/// Which lines of a project's log are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "ssr", into_params(parameter_in = Query))]
pub struct LogQuery {
    /// Only lines with a greater id.
    #[serde(default)]
    pub after: Option<LogId>,
    /// Only lines with a smaller id; then the newest of those.
    #[serde(default)]
    pub before: Option<LogId>,
    /// Only this level.
    #[serde(default)]
    pub level: Option<LogLevel>,
    /// Only these levels.
    #[serde(default)]
    #[cfg_attr(
        feature = "ssr",
        param(value_type = Option<String>, pattern = "^(info|action|error|agent_decision)(,(info|action|error|agent_decision))*$")
    )]
    pub levels: Option<LogLevels>,
    /// Only lines with this text, up to 200 characters, in which the case of ASCII letters does not matter.
    #[serde(default)]
    #[cfg_attr(feature = "ssr", param(max_length = 200))]
    pub q: Option<String>,
    /// At most this many (1 to 1000, 200 if not given); with neither `after` nor `before`, the newest ones.
    #[serde(default)]
    #[cfg_attr(feature = "ssr", param(minimum = 1, maximum = 1000))]
    pub limit: Option<u32>,
}
