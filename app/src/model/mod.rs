//! The types that browser, server functions, REST and services share.
//!
//! Must not know where a value is stored or how it is drawn: no SQL, no HTTP, no signals.

mod agent;
mod ids;
mod instance;
mod key;
mod live;
mod log;
mod names;
mod plan;
mod project;
mod timestamp;
mod usage;
mod user;

pub use agent::{Agent, AgentDraft};
pub use ids::{AgentId, InstanceId, LogId, ProjectId, UserId};
pub use instance::{Instance, InstanceStatus};
pub use key::{ApiKeyInfo, Provider};
pub use live::LiveEvent;
pub use log::{LogEntry, LogLevel, LogQuery};
pub use names::{InvalidName, ModelName, Slug, Username};
pub use plan::{ImplementationPlan, Step, StepStatus};
pub use project::{Project, ProjectDraft, ProjectStatus, StartAnswer};
pub use timestamp::Timestamp;
pub use usage::{TokenUsage, UsageSummary};
pub use user::{Credentials, Dashboard, Role, User, UserSummary, Viewer};
