//! Row ids as distinct types, so that a project id can never be passed for an agent id.

use std::{fmt, num::ParseIntError, str::FromStr};

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta] $name:ident),+ $(,)?) => {$(
        #[$doc]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = ParseIntError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }

        impl From<i64> for $name {
            fn from(id: i64) -> Self {
                Self(id)
            }
        }
    )+};
}

id! {
    /// Row id in `users`.
    UserId,
    /// Row id in `agents`.
    AgentId,
    /// Row id in `projects`.
    ProjectId,
    /// Row id in `agent_instances`.
    InstanceId,
    /// Row id in `logs`; grows with time, so it orders a project's log.
    LogId,
    /// Row id in `undos`.
    UndoId,
    /// Row id in `account_links`.
    LinkId,
    /// Row id in `audit`; grows with time.
    AuditId,
    /// Row id in `personal_tokens`.
    TokenId,
}
