//! Ports about accounts: what a person does with their own, and what admins do with the installation.

use async_trait::async_trait;

use super::Answer;
use crate::model::{
    AccountLink, AuditEntry, AuditQuery, Credentials, IsolationReport, LinkId, NewLink, Notifications,
    PasswordChange, Session, SessionId, User, UserId, Viewer,
};

/// A person's own account, and the one-time links that lead to one.
#[async_trait]
pub trait OwnAccount: Send + Sync {
    /// The person's sign-ins, the one that asks first, then by last use.
    async fn sessions(&self, viewer: &Viewer) -> Answer<Vec<Session>>;
    /// Ends one sign-in with its open sockets.
    async fn end_session(&self, viewer: &Viewer, id: &SessionId) -> Answer<()>;
    /// Ends all sign-ins but the one that asks.
    async fn end_other_sessions(&self, viewer: &Viewer) -> Answer<()>;
    /// Replaces the password and ends all other sign-ins; too many wrong ones have to wait.
    async fn change_password(&self, viewer: &Viewer, change: PasswordChange) -> Answer<()>;
    /// What the person wants to be told.
    async fn notifications(&self, viewer: &Viewer) -> Answer<Notifications>;
    /// Replaces what the person wants to be told.
    async fn set_notifications(&self, viewer: &Viewer, wanted: Notifications) -> Answer<()>;
    /// Uses an invitation: creates an account with the name and password of the person's choice.
    async fn accept_invite(
        &self,
        headers: &http::HeaderMap,
        token: &str,
        credentials: Credentials,
    ) -> Answer<User>;
    /// Uses a reset link: replaces the password and ends all sign-ins of its user.
    async fn reset_password(&self, headers: &http::HeaderMap, token: &str, password: String) -> Answer<User>;
}

/// The installation, for admins: every call refuses other viewers.
#[async_trait]
pub trait Administration: Send + Sync {
    /// Links that are neither used nor over, newest first.
    async fn links(&self, viewer: &Viewer) -> Answer<Vec<AccountLink>>;
    /// Makes a link with which somebody creates an account, for 72 hours.
    async fn create_invite(&self, viewer: &Viewer) -> Answer<NewLink>;
    /// Makes a link with which a user sets a new password, for 72 hours; an earlier one for the user is void.
    async fn create_reset(&self, viewer: &Viewer, id: UserId) -> Answer<NewLink>;
    /// Makes a link void.
    async fn delete_link(&self, viewer: &Viewer, id: LinkId) -> Answer<()>;
    /// Security events, newest first.
    async fn audit(&self, viewer: &Viewer, query: AuditQuery) -> Answer<Vec<AuditEntry>>;
    /// How well users are kept apart; measured again after a minute.
    async fn isolation(&self, viewer: &Viewer) -> Answer<IsolationReport>;
    /// Lets agents start at this level, lower than the one before; a conflict if another one was measured.
    async fn accept_isolation(&self, viewer: &Viewer, level: u8) -> Answer<IsolationReport>;
}
