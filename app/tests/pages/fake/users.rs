//! The users that the fake knows.

use app::{
    backend::{Answer, Users},
    error::AppError,
    model::{Credentials, DiskUse, Page, Role, Timestamp, User, UserId, UserSummary, Viewer},
};
use async_trait::async_trait;

use super::Fake;

#[async_trait]
impl Users for Fake {
    async fn users(&self, viewer: &Viewer, _: Page) -> Answer<Vec<UserSummary>> {
        let user = User {
            id: viewer.id,
            username: viewer.username.clone(),
            role: viewer.role,
            created_at: Timestamp::from_millis(0),
        };
        Ok(vec![UserSummary {
            user,
            agents: 1,
            running_instances: 1,
            last_sign_in_at: Some(Timestamp::from_millis(0)),
            sessions: 2,
            second_factor: true,
            disk: Some(DiskUse { bytes: 3_565_158, complete: false, measured_at: Timestamp::from_millis(0) }),
            isolation_warning: Some("No <sandbox>.".to_owned()),
        }])
    }
    async fn create_user(&self, _: &Viewer, _: Credentials) -> Answer<User> {
        Err(AppError::invalid("username", "That name is taken."))
    }
    async fn delete_user(&self, _: &Viewer, _: UserId, confirmation: Option<&str>) -> Answer<()> {
        assert_eq!(confirmation, Some("tim"));
        Err(AppError::invalid("confirmation", "Type the username exactly."))
    }
    async fn set_role(&self, _: &Viewer, _: UserId, role: Role) -> Answer<User> {
        assert_eq!(role, Role::User);
        Err(AppError::Conflict("The last admin stays one.".to_owned()))
    }
    async fn end_sessions_of(&self, _: &Viewer, id: UserId) -> Answer<()> {
        assert_eq!(id, UserId(1));
        Err(AppError::Conflict("Your own sessions are in Settings.".to_owned()))
    }
    async fn remove_second_factor_of(&self, _: &Viewer, id: UserId) -> Answer<()> {
        assert_eq!(id, UserId(1));
        Err(AppError::NotFound)
    }
}
