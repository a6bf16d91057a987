//! The types that browser, server functions, REST and services share.
//!
//! Must not know where a value is stored or how it is drawn: no SQL, no HTTP, no signals.

mod account;
mod admin;
mod agent;
mod changes;
mod coding;
mod diagnosis;
mod html;
mod ids;
mod instance;
mod key;
mod limits;
mod live;
mod log;
mod mcp;
mod names;
mod page;
mod plan;
mod project;
mod provider;
mod second_factor;
mod tab;
mod terminal;
mod text;
mod theme;
mod timestamp;
mod token;
mod tool;
mod undo;
mod usage;
mod user;
mod version;

pub use account::{Notifications, PasswordChange, Session, SessionId};
pub use admin::{
    AccountLink, AuditEntry, AuditQuery, DiskUse, IsolationAcceptance, IsolationFact, IsolationReport,
    NewLink, RoleChange,
};
pub use agent::{Agent, AgentDraft};
pub use changes::{Changes, ChangesQuery, FileChange, FileStatus};
pub use coding::{ApprovalPolicy, CodingCli};
pub use diagnosis::Diagnosis;
pub use html::SafeHtml;
pub use ids::{AgentId, AuditId, InstanceId, LinkId, LogId, ProjectId, TokenId, UndoId, UserId};
pub use instance::{Instance, InstanceStatus};
pub use key::{ApiKeyInfo, KeyOutcome, KeyTest, Provider};
pub use limits::{AGENT_TEXT_KIB, CONTROL, command_problem, is_plain, name_problem, text_problem};
pub use live::LiveEvent;
pub use log::{DecisionQuery, LogEntry, LogLevel, LogLevels, LogQuery};
pub use mcp::{mcp_commands, mcp_problem, mcp_servers_text, parse_mcp_servers};
pub use names::{InvalidName, ModelName, ProviderName, Slug, Username};
pub use page::Page;
pub use plan::{ImplementationPlan, Step, StepStatus};
pub use project::{Project, ProjectDraft, ProjectStatus, StartAnswer};
pub use provider::{CustomProvider, CustomProviderDraft, OutboundPolicy, WireFormat};
pub use second_factor::{QrPicture, RecoveryCodes, SecondFactor, SecondFactorSetup};
pub use tab::ProjectTab;
pub use terminal::{Hands, TERMINAL_BEAT_MS, TakenBy, TerminalNotice, TerminalRequest};
pub use text::{ProjectText, TextKind, TextSave};
pub use theme::Theme;
pub use timestamp::Timestamp;
pub use token::{NewToken, PersonalToken, Scope, TokenDraft};
pub use tool::AgentTool;
pub use undo::{RedoDraft, Undo, UndoDraft};
pub use usage::{StepUsage, TokenUsage, UsageSummary};
pub use user::{Credentials, Dashboard, Role, SignIn, User, UserSummary, Viewer};
pub use version::Expected;
