//! Ports about accounts: what a person does with their own, and what admins do with the installation.

use async_trait::async_trait;

use super::Answer;
use crate::model::{
    AccountLink, AuditEntry, AuditQuery, Credentials, IsolationReport, LinkId, NewLink, NewToken,
    Notifications, Page, PasswordChange, PersonalToken, RecoveryCodes, SecondFactor, SecondFactorSetup,
    Session, SessionId, Timestamp, TokenDraft, TokenId, User, UserId, Viewer,
};

/// A person's own account, and the one-time links that lead to one.
#[async_trait]
pub trait OwnAccount: Send + Sync {
    /// The person's sign-ins, last used first; all at once, the one that asks comes before the others.
    async fn sessions(&self, viewer: &Viewer, page: Page<SessionId>) -> Answer<Vec<Session>>;
    /// Ends one sign-in with its open sockets.
    async fn end_session(&self, viewer: &Viewer, id: &SessionId) -> Answer<()>;
    /// Ends all sign-ins but the one that asks.
    async fn end_other_sessions(&self, viewer: &Viewer) -> Answer<()>;
    /// Replaces the password and ends all other sign-ins; too many wrong ones have to wait.
    async fn change_password(&self, viewer: &Viewer, change: PasswordChange) -> Answer<()>;
    /// Takes the password again, for what wants it to have been typed lately; returns until when it counts.
    async fn step_up(&self, viewer: &Viewer, password: String) -> Answer<Timestamp>;
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

/// Name of the cookie of [`Tokens::show_token`].
pub const SHOWN_TOKEN: &str = "autocode_new_token";

/// A person's tokens for scripts.
#[async_trait]
pub trait Tokens: Send + Sync {
    /// What is stored, newest first, without the tokens themselves.
    async fn tokens(&self, viewer: &Viewer) -> Answer<Vec<PersonalToken>>;
    /// Makes a token, shown this once; a conflict for a name that is taken or with too many tokens.
    async fn create_token(&self, viewer: &Viewer, draft: TokenDraft) -> Answer<NewToken>;
    /// `Set-Cookie` value with which the settings page of a browser without scripts shows a new token once; none removes it.
    fn show_token(&self, token: Option<&str>) -> String;
    /// Revokes a token.
    async fn delete_token(&self, viewer: &Viewer, id: TokenId) -> Answer<()>;
}

/// Name of the cookie of [`SecondFactors::show_recovery_codes`].
pub const SHOWN_CODES: &str = "autocode_new_codes";

/// A person's second factor.
#[async_trait]
pub trait SecondFactors: Send + Sync {
    /// Whether it is on, and what is left of its recovery codes.
    async fn second_factor(&self, viewer: &Viewer) -> Answer<SecondFactor>;
    /// Makes a new secret that is still to be confirmed; a conflict while it is on.
    async fn begin_second_factor(&self, viewer: &Viewer) -> Answer<SecondFactorSetup>;
    /// The secret that is to be confirmed, for whoever typed the password lately; else none.
    async fn second_factor_setup(&self, viewer: &Viewer) -> Answer<Option<SecondFactorSetup>>;
    /// Switches it on with the first right code; the recovery codes are shown this once.
    async fn confirm_second_factor(&self, viewer: &Viewer, code: &str) -> Answer<RecoveryCodes>;
    /// Replaces the recovery codes; a conflict while it is off.
    async fn new_recovery_codes(&self, viewer: &Viewer) -> Answer<RecoveryCodes>;
    /// Switches it off; not found where there is none.
    async fn remove_second_factor(&self, viewer: &Viewer) -> Answer<()>;
    /// `Set-Cookie` value with which a browser without scripts is shown new recovery codes once; none removes it.
    fn show_recovery_codes(&self, codes: Option<&RecoveryCodes>) -> String;
}

/// The installation, for admins: every call refuses other viewers.
#[async_trait]
pub trait Administration: Send + Sync {
    /// Links that are neither used nor over, newest first.
    async fn links(&self, viewer: &Viewer, page: Page) -> Answer<Vec<AccountLink>>;
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
