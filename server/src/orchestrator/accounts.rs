//! Which user id a user's cell has.
//!
//! It follows from the user's row, whose number is never used twice, and is stored: a range that is moved later changes
//! no file's owner.

use app::model::{UserId, Username};
use tracing::error;

use super::{Orchestrator, Shared};
use crate::{cells::Cells, db};

impl Orchestrator {
    /// Who starts cells.
    pub fn cells(&self) -> &Cells {
        &self.shared.cells
    }

    /// Makes a user's folders theirs; nothing to do where all cells have the server's account.
    ///
    /// # Errors
    /// A sentence for the log.
    pub async fn prepare_user(&self, user: UserId, username: &Username) -> Result<(), String> {
        let uid = self.shared.cell_uid(user).await?;
        self.shared.cells.prepare(username, uid).await.map_err(|e| e.to_string())
    }

    /// Takes up every user's cell: folders under the right account, and open doors where a runner may be waiting.
    pub(super) async fn take_up_cells(&self) {
        let users = match db::cells::users(self.shared.db.reader()).await {
            Ok(users) => users,
            Err(error) => return error!(%error, "the users cannot be read"),
        };
        for (user, username) in users {
            let socket = super::cell::socket(&self.shared.config.user_run_dir(&username));
            if socket.exists()
                && let Err(error) = self.shared.doors.open(&username)
            {
                error!(%username, %error, "the doors of a cell cannot be opened");
            }
            if self.shared.cells.have_accounts()
                && let Err(error) = self.prepare_user(user, &username).await
            {
                error!(%username, error, "a user's folders cannot be handed over");
            }
        }
    }
}

impl Shared {
    /// The user id of a user's cell; none where all cells have the server's account.
    pub(super) async fn cell_uid(&self, user: UserId) -> Result<Option<u32>, String> {
        let (true, Some(uids)) = (self.cells.have_accounts(), &self.config.isolation.cell_uids) else {
            return Ok(None);
        };
        let database = |error: sqlx::Error| format!("the database failed: {error}");
        let stored = db::cells::uid(self.db.reader(), user).await.map_err(database)?;
        if let Some(uid) = stored.filter(|uid| uids.contains(uid)) {
            return Ok(Some(uid));
        }
        let full =
            || format!("the user ids {}-{} are used up: widen AUTOCODE_CELL_UIDS", uids.start(), uids.end());
        // The first is the server's; the last is for the cell of nobody that is measured.
        let uid = u32::try_from(user.0).ok().and_then(|row| uids.start().checked_add(row));
        let uid = uid.filter(|uid| uid < uids.end()).ok_or_else(full)?;
        let mut tx = self.db.begin().await.map_err(database)?;
        db::cells::set_uid(&mut tx, user, uid).await.map_err(database)?;
        tx.commit().await.map_err(database)?;
        Ok(Some(uid))
    }
}
