//! The terminal session of one coding CLI: the only file that knows the tmux crate's calls.
//!
//! Must not know which CLI runs in it.

use std::path::PathBuf;

use autocode_tmux::{Key, Lines, NewSession, Pane, PaneInfo, SessionName, TmuxError, TmuxServer};

/// Columns and rows while nobody looks.
const SIZE: (u16, u16) = (120, 40);

/// One session and its pane.
#[derive(Debug)]
pub struct Terminal {
    server: TmuxServer,
    session: SessionName,
    cwd: PathBuf,
}

impl Terminal {
    /// A session by name on a user's tmux server; nothing is started.
    ///
    /// # Errors
    /// The name is not a session name.
    pub fn new(socket: PathBuf, session: &str, cwd: PathBuf) -> Result<Self, TmuxError> {
        Ok(Self { server: TmuxServer::new(socket), session: session.parse()?, cwd })
    }

    /// The session's pane, if the session exists.
    ///
    /// # Errors
    /// tmux fails.
    pub async fn pane(&self) -> Result<Option<PaneInfo>, TmuxError> {
        self.server.pane(&self.session).await
    }

    /// Runs a command in the session: in its pane if there is one (ending what runs there), else in a new session.
    ///
    /// # Errors
    /// tmux fails.
    pub async fn run(&self, command: Vec<String>) -> Result<PaneInfo, TmuxError> {
        match self.pane().await? {
            Some(pane) => self.server.respawn(pane.id, command).await?,
            None => {
                let new = NewSession {
                    name: self.session.clone(),
                    cwd: self.cwd.clone(),
                    command,
                    cols: SIZE.0,
                    rows: SIZE.1,
                };
                self.server.start_session(new).await?;
            }
        }
        self.pane().await?.ok_or(TmuxError::NotFound)
    }

    /// The visible screen with its escape sequences.
    ///
    /// # Errors
    /// tmux fails or the pane is gone.
    pub async fn capture(&self, pane: Pane) -> Result<String, TmuxError> {
        self.server.capture(pane, Lines::StyledScreen).await
    }

    /// Pastes text into the pane.
    ///
    /// # Errors
    /// tmux fails or the pane is gone.
    pub async fn paste(&self, pane: Pane, text: &str) -> Result<(), TmuxError> {
        self.server.paste(pane, text).await
    }

    /// Presses Enter.
    ///
    /// # Errors
    /// tmux fails or the pane is gone.
    pub async fn enter(&self, pane: Pane) -> Result<(), TmuxError> {
        self.server.send_key(pane, Key::Enter).await
    }

    /// Presses Escape.
    ///
    /// # Errors
    /// tmux fails or the pane is gone.
    pub async fn escape(&self, pane: Pane) -> Result<(), TmuxError> {
        self.server.send_key(pane, Key::Escape).await
    }

    /// Presses Ctrl+C.
    ///
    /// # Errors
    /// tmux fails or the pane is gone.
    pub async fn interrupt(&self, pane: Pane) -> Result<(), TmuxError> {
        self.server.send_key(pane, Key::CtrlC).await
    }
}
