//! Users, for admins.

use app::{
    backend::{Answer, Users},
    error::AppError,
    model::{Credentials, Role, User, UserId, UserSummary, Viewer},
};
use async_trait::async_trait;

use super::{Services, accounts::new_account};
use crate::{
    db::{self, now_ms},
    error,
};

fn admin(viewer: &Viewer) -> Answer<()> {
    if viewer.is_admin() { Ok(()) } else { Err(AppError::Forbidden) }
}

impl Services {
    /// Finishes deletions that a crash cut short; called once at start. What cannot be finished is logged and
    /// tried again at the next start.
    pub async fn finish_deletions(&self) {
        let users = match db::users::deleting(self.db.reader()).await {
            Ok(users) => users,
            Err(e) => return tracing::error!(error = %e, "unfinished deletions cannot be read"),
        };
        for user in users {
            match self.remove_all_of(&user).await {
                Ok(()) => tracing::info!(user = %user.username, "an unfinished deletion was finished"),
                Err(e) => tracing::error!(user = %user.username, error = %e, "a deletion cannot be finished"),
            }
        }
    }

    /// Ends what runs for a user, then removes files, then rows: cut short anywhere, it can be done again.
    async fn remove_all_of(&self, user: &User) -> Answer<()> {
        self.orchestrator.remove_user(user.id, &user.username).await?;
        self.folders.remove(&user.username).await?;
        let mut tx = self.begin().await?;
        db::users::delete(&mut tx, user.id).await.map_err(error::db)?;
        tx.commit().await.map_err(error::db)
    }
}

#[async_trait]
impl Users for Services {
    async fn users(&self, viewer: &Viewer) -> Answer<Vec<UserSummary>> {
        admin(viewer)?;
        db::users::summaries(self.db.reader()).await.map_err(error::db)
    }

    async fn create_user(&self, viewer: &Viewer, credentials: Credentials) -> Answer<User> {
        admin(viewer)?;
        let (username, password) = new_account(credentials)?;
        let hash = self.auth.passwords().hash(password).await?;
        let mut tx = self.begin().await?;
        let actor = viewer.username.as_str();
        let id = self.auth.create_account(&mut tx, &username, &hash, Role::User, actor).await?;
        self.folders.create(&username).await?;
        tx.commit().await.map_err(error::db)?;
        let user = db::users::find(self.db.reader(), id).await.map_err(error::db)?;
        user.ok_or(AppError::NotFound)
    }

    async fn delete_user(&self, viewer: &Viewer, id: UserId) -> Answer<()> {
        admin(viewer)?;
        let mut tx = self.begin().await?;
        let user = db::users::find(&mut *tx, id).await.map_err(error::db)?.ok_or(AppError::NotFound)?;
        if user.role == Role::Admin && db::users::count_admins(&mut *tx).await.map_err(error::db)? <= 1 {
            return Err(AppError::Conflict("The last admin cannot be deleted.".to_owned()));
        }
        let now = now_ms();
        db::users::mark_deleting(&mut tx, id, now).await.map_err(error::db)?;
        db::sessions::delete_of_user(&mut tx, id).await.map_err(error::db)?;
        let (actor, name) = (viewer.username.as_str(), user.username.as_str());
        db::audit::insert(&mut tx, Some(id), actor, "user_deleted", name, now).await.map_err(error::db)?;
        tx.commit().await.map_err(error::db)?;
        self.remove_all_of(&user).await
    }
}
