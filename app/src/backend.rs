//! Ports: what the app needs of the server, which implements them in its services.
//!
//! Server functions only authenticate, parse and call these; they know neither SQL nor processes.

mod account;
mod providers;

use std::sync::Arc;

use async_trait::async_trait;
use leptos::prelude::use_context;

use crate::{
    error::AppError,
    model::{
        Agent, AgentDraft, AgentId, ApiKeyInfo, Changes, ChangesQuery, Credentials, Dashboard, DecisionQuery,
        Diagnosis, Expected, Instance, KeyTest, LogEntry, LogId, LogQuery, Page, Project, ProjectDraft,
        ProjectId, ProjectText, Provider, Role, SignIn, StartAnswer, StepUsage, TextKind, TextSave, Undo,
        UndoDraft, UndoId, UsageSummary, User, UserId, UserSummary, Viewer,
    },
};

pub use account::{Administration, OwnAccount, SHOWN_CODES, SHOWN_TOKEN, SecondFactors, Tokens};
pub use providers::CustomProviders;

/// Answer of every port call.
pub type Answer<T> = Result<T, AppError>;

/// `Set-Cookie` header values that begin, renew or end a browser's sign-in.
pub type Cookies = Vec<String>;

/// Sign-in, first-run setup and the person behind a request.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// The signed-in person, from the request's cookies or bearer token.
    async fn viewer(&self, headers: &http::HeaderMap) -> Answer<Viewer>;
    /// As `viewer`, also for somebody who has yet to set up the second factor that the installation requires: only for what
    /// sets it up.
    async fn viewer_setting_up(&self, headers: &http::HeaderMap) -> Answer<Viewer>;
    /// Whether there is no user yet, so that `/setup` is open.
    async fn setup_needed(&self) -> Answer<bool>;
    /// Creates the first admin with the one-time token from the server's start message, and signs them in.
    async fn setup(&self, token: &str, credentials: Credentials) -> Answer<Cookies>;
    /// Signs a browser in.
    async fn login(&self, headers: &http::HeaderMap, sign_in: SignIn) -> Answer<Cookies>;
    /// Ends the browser's session; fine when there is none.
    async fn logout(&self, headers: &http::HeaderMap) -> Answer<Cookies>;
}

/// Users, for admins: every call refuses other viewers.
#[async_trait]
pub trait Users: Send + Sync {
    /// All users with their counts, oldest first.
    async fn users(&self, viewer: &Viewer, page: Page) -> Answer<Vec<UserSummary>>;
    /// Creates a user of role `user` with their folders.
    async fn create_user(&self, viewer: &Viewer, credentials: Credentials) -> Answer<User>;
    /// Ends a user's sessions and instances and removes all that is theirs; a typed confirmation must be the username.
    async fn delete_user(&self, viewer: &Viewer, id: UserId, confirmation: Option<&str>) -> Answer<()>;
    /// Makes a user an admin or an admin a user; a conflict for the last admin.
    async fn set_role(&self, viewer: &Viewer, id: UserId, role: Role) -> Answer<User>;
    /// Ends every session of another user, who has to sign in again; their agents and tokens go on.
    async fn end_sessions_of(&self, viewer: &Viewer, id: UserId) -> Answer<()>;
    /// Switches another user's second factor off and ends their sessions; not found where there is none.
    async fn remove_second_factor_of(&self, viewer: &Viewer, id: UserId) -> Answer<()>;
}

/// A user's agents.
#[async_trait]
pub trait Agents: Send + Sync {
    /// The viewer's agents, oldest first.
    async fn agents(&self, viewer: &Viewer, page: Page) -> Answer<Vec<Agent>>;
    /// One agent.
    async fn agent(&self, viewer: &Viewer, id: AgentId) -> Answer<Agent>;
    /// Creates an agent.
    async fn create_agent(&self, viewer: &Viewer, draft: AgentDraft) -> Answer<Agent>;
    /// Replaces what the owner wrote, if the agent is what was expected.
    async fn update_agent(
        &self,
        viewer: &Viewer,
        id: AgentId,
        draft: AgentDraft,
        expected: Expected,
    ) -> Answer<Agent>;
    /// Deletes an agent, if it is what was expected; a conflict while it has projects.
    async fn delete_agent(&self, viewer: &Viewer, id: AgentId, expected: Expected) -> Answer<()>;
    /// Its instances, newest first.
    async fn instances(&self, viewer: &Viewer, id: AgentId, page: Page) -> Answer<Vec<Instance>>;
}

/// A user's projects, their runs, logs and cost.
#[async_trait]
pub trait Projects: Send + Sync {
    /// Everything on the dashboard.
    async fn dashboard(&self, viewer: &Viewer) -> Answer<Dashboard>;
    /// The projects of one agent, newest first.
    async fn projects(&self, viewer: &Viewer, agent: AgentId, page: Page) -> Answer<Vec<Project>>;
    /// One project.
    async fn project(&self, viewer: &Viewer, id: ProjectId) -> Answer<Project>;
    /// Creates a project with a slug made from its name.
    async fn create_project(&self, viewer: &Viewer, agent: AgentId, draft: ProjectDraft) -> Answer<Project>;
    /// Replaces name, description, architecture and, if given, the unfinished part of the plan, if the project is what
    /// was expected.
    async fn update_project(
        &self,
        viewer: &Viewer,
        id: ProjectId,
        draft: ProjectDraft,
        expected: Expected,
    ) -> Answer<Project>;
    /// Stops the project and removes its rows and workspace, if it is what was expected.
    async fn delete_project(&self, viewer: &Viewer, id: ProjectId, expected: Expected) -> Answer<()>;
    /// Starts (or resumes) work; a conflict when it is running already.
    async fn start(&self, viewer: &Viewer, id: ProjectId) -> Answer<StartAnswer>;
    /// Ends the instance and leaves its terminal session as it is; a conflict when it does not run.
    async fn pause(&self, viewer: &Viewer, id: ProjectId) -> Answer<StartAnswer>;
    /// Ends the instance and its terminal session; a conflict when it never ran.
    async fn stop(&self, viewer: &Viewer, id: ProjectId) -> Answer<StartAnswer>;
    /// Stops and starts again at the step that was under way.
    async fn restart(&self, viewer: &Viewer, id: ProjectId) -> Answer<StartAnswer>;
    /// Whether the viewer's sign-in may type in the project's terminal: the one that started it may, any other one after
    /// the password was typed lately, and from then on.
    async fn check_typing(&self, viewer: &Viewer, id: ProjectId) -> Answer<()>;
    /// Gives a person's answer to the open question; a conflict when there is none.
    async fn answer(&self, viewer: &Viewer, id: ProjectId, text: String) -> Answer<()>;
    /// What the control loop saw last; none before the first run.
    async fn diagnosis(&self, viewer: &Viewer, id: ProjectId) -> Answer<Option<Diagnosis>>;
    /// Takes files and plan back to where they were after a step; a conflict while it is running.
    async fn undo(&self, viewer: &Viewer, id: ProjectId, draft: UndoDraft) -> Answer<Project>;
    /// Brings back what an undo took away; a conflict while it is running.
    async fn redo(&self, viewer: &Viewer, id: ProjectId, undo: UndoId) -> Answer<Project>;
    /// The ways back that were taken, newest first.
    async fn undos(&self, viewer: &Viewer, id: ProjectId, page: Page) -> Answer<Vec<Undo>>;
    /// Log lines, oldest first.
    async fn logs(&self, viewer: &Viewer, id: ProjectId, query: LogQuery) -> Answer<Vec<LogEntry>>;
    /// The built-in demonstration project, ready to be created; it is meant for `demo/builder`.
    fn demo_project(&self) -> ProjectDraft;
    /// Tokens and cost so far.
    async fn usage(&self, viewer: &Viewer, id: ProjectId) -> Answer<UsageSummary>;
    /// Tokens and cost of each step that has any, in the order of the plan; what belongs to no step comes last.
    async fn step_usage(&self, viewer: &Viewer, id: ProjectId) -> Answer<Vec<StepUsage>>;
    /// One of its long texts.
    async fn project_text(&self, viewer: &Viewer, id: ProjectId, kind: TextKind) -> Answer<ProjectText>;
    /// Stores a long text if the stored one still has the version that the writer saw.
    async fn save_project_text(
        &self,
        viewer: &Viewer,
        id: ProjectId,
        kind: TextKind,
        new: ProjectText,
    ) -> Answer<TextSave>;
    /// What a step changed, or what is not committed yet, as the runner reads it; unavailable if it cannot be reached.
    async fn changes(&self, viewer: &Viewer, id: ProjectId, query: ChangesQuery) -> Answer<Changes>;
}

/// What the dashboard shows beyond agents and projects.
#[async_trait]
pub trait Overview: Send + Sync {
    /// Why the viewer's agents did what they did lately: the newest lines of level `agent_decision` with a greater id
    /// than `after`, over all projects, oldest first, at most 20.
    async fn decisions(&self, viewer: &Viewer, after: Option<LogId>) -> Answer<Vec<LogEntry>>;
    /// A part of all those lines, oldest first.
    async fn decision_page(&self, viewer: &Viewer, query: DecisionQuery) -> Answer<Vec<LogEntry>>;
    /// Tokens and cost since midnight UTC.
    async fn today(&self, viewer: &Viewer) -> Answer<UsageSummary>;
}

/// A user's API keys.
#[async_trait]
pub trait ApiKeys: Send + Sync {
    /// What is stored, without the keys.
    async fn api_keys(&self, viewer: &Viewer) -> Answer<Vec<ApiKeyInfo>>;
    /// Stores or replaces the key for a provider.
    async fn put_api_key(&self, viewer: &Viewer, provider: Provider, key: String) -> Answer<ApiKeyInfo>;
    /// Forgets the key for a provider.
    async fn delete_api_key(&self, viewer: &Viewer, provider: Provider) -> Answer<()>;
    /// Makes a request that costs nothing with the stored key; not found if there is none.
    async fn test_api_key(&self, viewer: &Viewer, provider: Provider) -> Answer<KeyTest>;
}

/// All ports together, as the server provides them in the reactive context.
pub trait Backend:
    Accounts
    + OwnAccount
    + Tokens
    + SecondFactors
    + Users
    + Administration
    + Agents
    + Projects
    + Overview
    + ApiKeys
    + CustomProviders
{
}

impl<T> Backend for T where
    T: Accounts
        + OwnAccount
        + Tokens
        + SecondFactors
        + Users
        + Administration
        + Agents
        + Projects
        + Overview
        + ApiKeys
        + CustomProviders
{
}

/// The backend as it is put into the context of every server-side render and server function.
pub type SharedBackend = Arc<dyn Backend>;

/// The backend of the current request.
///
/// # Errors
/// [`AppError::Internal`] outside a request that the server prepared.
pub fn backend() -> Answer<SharedBackend> {
    use_context::<SharedBackend>().ok_or(AppError::Internal)
}
