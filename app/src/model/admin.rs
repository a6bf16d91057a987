//! What admins see of the installation: disk use, open links, isolation, the record of security events.

use serde::{Deserialize, Serialize};

use super::{AuditId, LinkId, Role, Timestamp, UserId, Username};

/// How much of the disk a user's files take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct DiskUse {
    /// Bytes of the blocks in use.
    pub bytes: u64,
    /// Whether everything was counted; else there is more.
    pub complete: bool,
    /// When it was measured.
    pub measured_at: Timestamp,
}

/// A one-time link that was not used yet; the link itself is known only to whom it was shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct AccountLink {
    /// Row id.
    pub id: LinkId,
    /// Whose password it replaces; none invites somebody new.
    pub username: Option<Username>,
    /// Who made it.
    pub created_by: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// A link that was just made; shown this once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct NewLink {
    /// Path with the token behind `#`, which browsers keep to themselves; with scheme and host if the server knows its
    /// public address.
    pub link: String,
    /// Whose password it replaces; none invites somebody new.
    pub username: Option<Username>,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Never prints the token.
impl std::fmt::Debug for NewLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewLink").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// A user's new role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct RoleChange {
    /// The role from now on.
    pub role: Role,
}

/// One security event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct AuditEntry {
    /// Row id; grows with time.
    pub id: AuditId,
    /// Whom it concerns, who may be gone by now.
    pub user_id: Option<UserId>,
    /// Login name of who did it; empty for the server itself.
    pub actor: String,
    /// What happened, for example `user_created`.
    pub action: String,
    /// With what: a username, a provider.
    pub detail: String,
    /// When.
    pub created_at: Timestamp,
}

/// Which security events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "ssr", into_params(parameter_in = Query))]
pub struct AuditQuery {
    /// Only those older than this one.
    #[serde(default)]
    pub before: Option<AuditId>,
    /// At most so many, 1 to 200; 25 unless given.
    #[serde(default)]
    #[cfg_attr(feature = "ssr", param(minimum = 1, maximum = 200))]
    pub limit: Option<u32>,
}

/// How well users' processes are kept apart, as measured inside a cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct IsolationReport {
    /// 4: own account, bubblewrap, private network and limits; 3: own account and bubblewrap; 2: bubblewrap under one
    /// account; 1: Landlock only; 0: nothing.
    pub level: u8,
    /// The single facts.
    pub facts: Vec<IsolationFact>,
    /// What the level does not give, in one sentence; none if it lacks nothing.
    #[serde(default)]
    pub lacks: Option<String>,
    /// The level below which nothing starts; none before the first start, and for a single user's cell.
    #[serde(default)]
    pub accepted: Option<u8>,
    /// When it was measured.
    pub measured_at: Timestamp,
}

/// A lower level that an admin accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct IsolationAcceptance {
    /// The level that was measured.
    pub level: u8,
}

/// One property of cells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct IsolationFact {
    /// What it is about.
    pub name: String,
    /// Whether cells have it.
    pub holds: bool,
    /// What that means, or why it does not hold.
    pub detail: String,
}
