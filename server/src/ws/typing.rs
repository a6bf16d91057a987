//! Whether what a viewer of a terminal types is passed on.
//!
//! Must not know which sign-ins may type: the service says so. A viewer who may not goes on watching, and is told what is
//! missing; what was typed meanwhile is dropped.

use app::{error::AppError, model::ProjectId};
use tokio::sync::mpsc;

use super::End;
use crate::{auth::AuthUser, state::AppState};

/// The gate before one viewer's keystrokes.
pub struct Typing<'a> {
    state: &'a AppState,
    user: &'a AuthUser,
    project: ProjectId,
    open: bool,
    refused: mpsc::Sender<()>,
}

impl<'a> Typing<'a> {
    /// Closed until the service was asked; the receiver hears of each refusal that the viewer has not been told of.
    pub fn new(state: &'a AppState, user: &'a AuthUser, project: ProjectId) -> (Self, mpsc::Receiver<()>) {
        let (refused, refusals) = mpsc::channel(1);
        (Self { state, user, project, open: false, refused }, refusals)
    }

    /// Whether the viewer may type now; once it may, it may as long as the connection stands.
    ///
    /// # Errors
    /// [`End`] if that cannot be found out.
    pub async fn is_open(&mut self) -> Result<bool, End> {
        if self.open {
            return Ok(true);
        }
        match self.state.backend.check_typing(self.user.viewer(), self.project).await {
            Ok(()) => {
                self.open = true;
                Ok(true)
            }
            Err(AppError::StepUpRequired) => {
                // A full queue means that the viewer is about to be told.
                self.refused.try_send(()).ok();
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }
}
