//! Users, for admins.

use app::{
    backend::{Answer, Users},
    error::AppError,
    model::{Credentials, Page, Role, User, UserId, UserSummary, Viewer},
};
use async_trait::async_trait;
use sqlx::{Sqlite, Transaction};

use super::{Services, accounts::new_account, admin};
use crate::{
    db::{self, now_ms},
    error,
};

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

    /// A transaction in which the viewer is still an admin: meanwhile another admin may have changed that.
    async fn begin_as_admin(&self, viewer: &Viewer) -> Answer<Transaction<'static, Sqlite>> {
        let mut tx = self.begin().await?;
        let role = db::users::role(&mut *tx, viewer.id).await.map_err(error::db)?;
        match role.ok_or(AppError::Unauthorized)? {
            Role::Admin => Ok(tx),
            Role::User => Err(AppError::Forbidden),
        }
    }

    /// As [`Self::begin_as_admin`], with the user whom it is about.
    async fn begin_about(&self, viewer: &Viewer, id: UserId) -> Answer<(Transaction<'static, Sqlite>, User)> {
        let mut tx = self.begin_as_admin(viewer).await?;
        let user = db::users::find(&mut *tx, id).await.map_err(error::db)?;
        Ok((tx, user.ok_or(AppError::NotFound)?))
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

/// Ends all of a user's sessions, and writes down what an admin did to that user.
async fn end_sessions_and_note(
    tx: &mut Transaction<'_, Sqlite>,
    viewer: &Viewer,
    user: &User,
    action: &str,
) -> Answer<()> {
    // Open sockets ask for their session every few seconds and end with it.
    db::sessions::delete_of_user(tx, user.id).await.map_err(error::db)?;
    let (actor, name) = (viewer.username.as_str(), user.username.as_str());
    db::audit::insert(tx, Some(user.id), actor, action, name, now_ms()).await.map_err(error::db)
}

#[async_trait]
impl Users for Services {
    async fn users(&self, viewer: &Viewer, page: Page) -> Answer<Vec<UserSummary>> {
        admin(viewer)?;
        let mut users = db::users::summaries(self.db.reader(), page, now_ms()).await.map_err(error::db)?;
        self.disk.measure(self.orchestrator.cells(), &self.folders, &mut users).await?;
        for row in &mut users {
            row.isolation_warning = self.orchestrator.isolation_warning(row.user.id);
        }
        Ok(users)
    }

    async fn create_user(&self, viewer: &Viewer, credentials: Credentials) -> Answer<User> {
        admin(viewer)?;
        let (username, password) = new_account(credentials)?;
        let hash = self.auth.passwords().hash(password).await?;
        let mut tx = self.begin_as_admin(viewer).await?;
        let actor = viewer.username.as_str();
        let id = self.auth.create_account(&mut tx, &username, &hash, Role::User, actor).await?;
        self.folders.create(&username).await?;
        tx.commit().await.map_err(error::db)?;
        let user = db::users::find(self.db.reader(), id).await.map_err(error::db)?;
        user.ok_or(AppError::NotFound)
    }

    async fn delete_user(&self, viewer: &Viewer, id: UserId, confirmation: Option<&str>) -> Answer<()> {
        admin(viewer)?;
        let (mut tx, user) = self.begin_about(viewer, id).await?;
        if confirmation.is_some_and(|typed| typed.trim() != user.username.as_str()) {
            let message = "Type the username exactly to delete the user.";
            return Err(AppError::invalid("confirmation", message));
        }
        let others = db::users::count_admins_but(&mut *tx, id).await.map_err(error::db)?;
        if others == 0 {
            return Err(AppError::Conflict("The last admin cannot be deleted.".to_owned()));
        }
        db::users::mark_deleting(&mut tx, id, now_ms()).await.map_err(error::db)?;
        end_sessions_and_note(&mut tx, viewer, &user, "user_deleted").await?;
        tx.commit().await.map_err(error::db)?;
        self.remove_all_of(&user).await
    }

    async fn set_role(&self, viewer: &Viewer, id: UserId, role: Role) -> Answer<User> {
        admin(viewer)?;
        let (mut tx, user) = self.begin_about(viewer, id).await?;
        // One that is being deleted is gone for everybody but the deletion.
        let hash = db::users::password_hash(&mut *tx, id).await.map_err(error::db)?;
        hash.ok_or(AppError::NotFound)?;
        if user.role == role {
            return Ok(user);
        }
        let others = db::users::count_admins_but(&mut *tx, id).await.map_err(error::db)?;
        if user.role == Role::Admin && others == 0 {
            return Err(AppError::Conflict(
                "The last admin stays one; make somebody else admin first.".to_owned(),
            ));
        }
        db::users::set_role(&mut tx, id, role).await.map_err(error::db)?;
        let action = if role == Role::Admin { "promoted_to_admin" } else { "demoted_to_user" };
        let (actor, name) = (viewer.username.as_str(), user.username.as_str());
        db::audit::insert(&mut tx, Some(id), actor, action, name, now_ms()).await.map_err(error::db)?;
        tx.commit().await.map_err(error::db)?;
        Ok(User { role, ..user })
    }

    async fn end_sessions_of(&self, viewer: &Viewer, id: UserId) -> Answer<()> {
        admin(viewer)?;
        if viewer.id == id {
            // Which of them is the one that asks is seen there.
            return Err(AppError::Conflict("End your own sessions in Settings.".to_owned()));
        }
        let (mut tx, user) = self.begin_about(viewer, id).await?;
        end_sessions_and_note(&mut tx, viewer, &user, "sessions_of_user_ended").await?;
        tx.commit().await.map_err(error::db)
    }

    async fn remove_second_factor_of(&self, viewer: &Viewer, id: UserId) -> Answer<()> {
        admin(viewer)?;
        if viewer.id == id {
            // There the password is asked for again.
            return Err(AppError::Conflict("Switch off your own second factor in Settings.".to_owned()));
        }
        let (mut tx, user) = self.begin_about(viewer, id).await?;
        if !db::second_factors::delete(&mut tx, id).await.map_err(error::db)? {
            return Err(AppError::NotFound);
        }
        end_sessions_and_note(&mut tx, viewer, &user, "second_factor_removed").await?;
        tx.commit().await.map_err(error::db)
    }
}
