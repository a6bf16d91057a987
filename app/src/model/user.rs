//! People: who may sign in, who is looking, and what an admin sees of each.

use serde::{Deserialize, Serialize};

use super::{Agent, DiskUse, Project, SessionId, Timestamp, UsageSummary, UserId, Username};

/// What a user may do beyond their own things.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// May also create, list and delete users.
    Admin,
    /// May use only what is theirs.
    User,
}

/// A person with an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct User {
    /// Row id.
    pub id: UserId,
    /// Login name.
    pub username: Username,
    /// Role.
    pub role: Role,
    /// When the account was made.
    pub created_at: Timestamp,
}

/// The signed-in person behind a request; made only by authentication.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewer {
    /// Row id.
    pub id: UserId,
    /// Login name.
    pub username: Username,
    /// Role.
    pub role: Role,
    /// The sign-in that the request belongs to; stays on the server.
    #[serde(skip)]
    pub session: SessionId,
}

impl Viewer {
    /// Whether admin pages and calls are open to this person.
    pub fn is_admin(&self) -> bool {
        self.role == Role::Admin
    }
}

/// A row of the admin page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct UserSummary {
    /// The account.
    pub user: User,
    /// How many agents it owns.
    pub agents: i64,
    /// How many of its instances run now.
    pub running_instances: i64,
    /// When the person signed in last.
    pub last_sign_in_at: Option<Timestamp>,
    /// How many browsers and programs are signed in.
    pub sessions: i64,
    /// Whether signing in asks for a second factor.
    pub second_factor: bool,
    /// What the files take; none until it is measured.
    pub disk: Option<DiskUse>,
    /// What the isolation of its processes lacks, in one sentence, as far as known.
    pub isolation_warning: Option<String>,
}

/// Username and password as typed, for setup and new users.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Credentials {
    /// Login name as typed; validated by the service, which answers unknown names and bad passwords alike.
    pub username: String,
    /// Password as typed.
    pub password: String,
}

/// Never prints the password.
impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("username", &self.username).finish_non_exhaustive()
    }
}

/// What somebody signs in with, as typed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct SignIn {
    /// Login name.
    pub username: String,
    /// Password.
    pub password: String,
    /// A code of the app, or a recovery code, for those who have a second factor; others need none.
    #[serde(default)]
    pub code: Option<String>,
}

impl From<Credentials> for SignIn {
    fn from(credentials: Credentials) -> Self {
        Self { username: credentials.username, password: credentials.password, code: None }
    }
}

/// Never prints password and code.
impl std::fmt::Debug for SignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignIn").field("username", &self.username).finish_non_exhaustive()
    }
}

/// What the dashboard shows of one user's things.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Dashboard {
    /// All agents, oldest first.
    pub agents: Vec<Agent>,
    /// All projects, most recently changed first.
    pub projects: Vec<Project>,
    /// Tokens and cost since midnight UTC.
    pub today: UsageSummary,
}
