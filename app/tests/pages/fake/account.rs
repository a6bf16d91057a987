//! The made-up backend's answers about accounts.

use app::{
    backend::{Administration, Answer, OwnAccount, SecondFactors, Tokens},
    error::AppError,
    model::{
        AccountLink, AuditEntry, AuditId, AuditQuery, Credentials, IsolationFact, IsolationReport, LinkId,
        NewLink, NewToken, Notifications, Page, PasswordChange, PersonalToken, QrPicture, RecoveryCodes,
        Role, Scope, SecondFactor, SecondFactorSetup, Session, SessionId, Timestamp, TokenDraft, TokenId,
        User, UserId, Viewer,
    },
};
use async_trait::async_trait;

use super::Fake;

const THEN: fn() -> Timestamp = || Timestamp::from_millis(0);

#[async_trait]
impl OwnAccount for Fake {
    async fn sessions(&self, viewer: &Viewer, _: Page<SessionId>) -> Answer<Vec<Session>> {
        let session = |id: &str, device: &str| Session {
            id: id.parse().unwrap(),
            device: device.to_owned(),
            created_at: THEN(),
            last_used_at: THEN(),
            current: id == viewer.session.as_str(),
        };
        Ok(vec![session("s1", "Firefox on Linux"), session("s2", "Safari on iPhone")])
    }
    async fn end_session(&self, _: &Viewer, id: &SessionId) -> Answer<()> {
        assert_eq!(id.as_str(), "s2");
        Err(AppError::NotFound)
    }
    async fn end_other_sessions(&self, _: &Viewer) -> Answer<()> {
        Ok(())
    }
    async fn change_password(&self, _: &Viewer, change: PasswordChange) -> Answer<()> {
        assert_eq!((change.current.as_str(), change.password.as_str()), ("old one", "new one"));
        Err(AppError::invalid("current", "This is not your current password."))
    }
    async fn step_up(&self, _: &Viewer, password: String) -> Answer<Timestamp> {
        assert_eq!(password, "again");
        Err(AppError::invalid("password", "This is not your password."))
    }
    async fn notifications(&self, _: &Viewer) -> Answer<Notifications> {
        Ok(Notifications { needs_help: true, completed: false })
    }
    async fn set_notifications(&self, _: &Viewer, wanted: Notifications) -> Answer<()> {
        assert_eq!(wanted, Notifications { needs_help: false, completed: true });
        Err(AppError::Conflict("Boxes arrived.".to_owned()))
    }
    async fn accept_invite(
        &self,
        _: &http::HeaderMap,
        token: &str,
        credentials: Credentials,
    ) -> Answer<User> {
        if token != "right" {
            return Err(AppError::invalid("token", "This link is not valid."));
        }
        let username = credentials.username.parse().unwrap();
        Ok(User { id: UserId(2), username, role: Role::User, created_at: THEN() })
    }
    async fn reset_password(&self, _: &http::HeaderMap, token: &str, _: String) -> Answer<User> {
        assert_eq!(token, "right");
        Ok(User { id: UserId(1), username: "tom".parse().unwrap(), role: Role::Admin, created_at: THEN() })
    }
}

#[async_trait]
impl Tokens for Fake {
    async fn tokens(&self, _: &Viewer) -> Answer<Vec<PersonalToken>> {
        Ok(vec![PersonalToken {
            id: TokenId(4),
            name: "Backup <x>".to_owned(),
            scopes: vec![Scope::Read, Scope::Write],
            created_at: THEN(),
            expires_at: None,
            last_used_at: None,
        }])
    }
    async fn create_token(&self, viewer: &Viewer, draft: TokenDraft) -> Answer<NewToken> {
        assert_eq!((draft.scopes, draft.expires_in_days), (vec![Scope::Read], Some(30)));
        let stored = self.tokens(viewer).await?.remove(0);
        Ok(NewToken { token: "autocode_pat_made".to_owned(), stored })
    }
    fn show_token(&self, token: Option<&str>) -> String {
        format!("autocode_new_token={}", token.unwrap_or_default())
    }
    async fn delete_token(&self, _: &Viewer, id: TokenId) -> Answer<()> {
        assert_eq!(id, TokenId(4));
        Err(AppError::NotFound)
    }
}

#[async_trait]
impl Administration for Fake {
    async fn links(&self, viewer: &Viewer, _: Page) -> Answer<Vec<AccountLink>> {
        let created_by = "<i>ann</i>".to_owned();
        let username = Some(viewer.username.clone());
        Ok(vec![AccountLink { id: LinkId(3), username, created_by, created_at: THEN(), expires_at: THEN() }])
    }
    async fn create_invite(&self, _: &Viewer) -> Answer<NewLink> {
        Ok(NewLink { link: "/invite#secret".to_owned(), username: None, expires_at: THEN() })
    }
    async fn create_reset(&self, _: &Viewer, _: UserId) -> Answer<NewLink> {
        Err(AppError::NotFound)
    }
    async fn delete_link(&self, _: &Viewer, _: LinkId) -> Answer<()> {
        Ok(())
    }
    async fn audit(&self, _: &Viewer, query: AuditQuery) -> Answer<Vec<AuditEntry>> {
        let id = query.before.map_or(AuditId(9), |before| AuditId(before.0 - 1));
        let (actor, action) = ("tom".to_owned(), "user_created".to_owned());
        let detail = format!("<b>{id}</b>");
        Ok(vec![AuditEntry { id, user_id: None, actor, action, detail, created_at: THEN() }])
    }
    async fn isolation(&self, _: &Viewer) -> Answer<IsolationReport> {
        let (name, detail) = ("Own network".to_owned(), "Shared <x>.".to_owned());
        let facts = vec![IsolationFact { name, holds: false, detail }];
        let lacks = Some("Level <2>.".to_owned());
        Ok(IsolationReport { level: 2, facts, lacks, accepted: Some(4), measured_at: THEN() })
    }
    async fn accept_isolation(&self, _: &Viewer, _: u8) -> Answer<IsolationReport> {
        Err(AppError::NotFound)
    }
}

#[async_trait]
impl SecondFactors for Fake {
    async fn second_factor(&self, _: &Viewer) -> Answer<SecondFactor> {
        Ok(SecondFactor { on: false, required: false, recovery_codes_left: 0, lost: false })
    }
    async fn begin_second_factor(&self, _: &Viewer) -> Answer<SecondFactorSetup> {
        Err(AppError::StepUpRequired)
    }
    async fn second_factor_setup(&self, _: &Viewer) -> Answer<Option<SecondFactorSetup>> {
        Ok(Some(SecondFactorSetup {
            secret: "SECRET32".to_owned(),
            url: "otpauth://totp/x".to_owned(),
            qr: QrPicture { width: 21, path: "M0 0h1v1h-1z".to_owned() },
        }))
    }
    async fn confirm_second_factor(&self, _: &Viewer, code: &str) -> Answer<RecoveryCodes> {
        assert_eq!(code, "123456");
        Err(AppError::invalid("code", "Not this one."))
    }
    async fn new_recovery_codes(&self, _: &Viewer) -> Answer<RecoveryCodes> {
        Err(AppError::Conflict("It is off.".to_owned()))
    }
    async fn remove_second_factor(&self, _: &Viewer) -> Answer<()> {
        Err(AppError::NotFound)
    }
    fn show_recovery_codes(&self, _: Option<&RecoveryCodes>) -> String {
        "autocode_new_codes=".to_owned()
    }
}
