//! The terminal session of one coding CLI: the only file that knows the tmux crate's calls.
//!
//! Must not know which CLI runs in it. The screen is read only when something was written to it since the last time.

use std::{
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
};

use autocode_tmux::{Changes, Key, Lines, NewSession, Pane, PaneInfo, SessionName, TmuxError, TmuxServer};

/// Columns and rows while nobody looks.
const SIZE: (u16, u16) = (120, 40);

/// One session and its pane.
#[derive(Debug)]
pub struct Terminal {
    server: TmuxServer,
    session: SessionName,
    cwd: PathBuf,
    last: Mutex<Option<Last>>,
}

/// The pane as it was last seen.
#[derive(Debug)]
struct Last {
    pane: Pane,
    tty: PathBuf,
    pid: u32,
    changes: Option<Changes>,
    screen: Option<String>,
}

impl Terminal {
    /// A session by name on a user's tmux server; nothing is started.
    ///
    /// # Errors
    /// The name is not a session name.
    pub fn new(socket: PathBuf, session: &str, cwd: PathBuf) -> Result<Self, TmuxError> {
        Ok(Self { server: TmuxServer::new(socket), session: session.parse()?, cwd, last: Mutex::default() })
    }

    /// The session's pane, if the session exists.
    ///
    /// # Errors
    /// tmux fails.
    pub async fn pane(&self) -> Result<Option<PaneInfo>, TmuxError> {
        let pane = self.server.pane(&self.session).await?;
        self.follow(pane.as_ref());
        Ok(pane)
    }

    fn last(&self) -> MutexGuard<'_, Option<Last>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Watches the pane from now on, if it is another one than before.
    fn follow(&self, pane: Option<&PaneInfo>) {
        let mut last = self.last();
        let Some(pane) = pane.filter(|pane| !pane.dead) else {
            *last = None;
            return;
        };
        let same = |last: &Last| last.pane == pane.id && last.tty == pane.tty && last.pid == pane.pid;
        if last.as_ref().is_some_and(same) {
            return;
        }
        let changes = Changes::watch(&pane.tty)
            .inspect_err(|error| tracing::warn!(%error, "the terminal is read without being told of changes"))
            .ok();
        *last = Some(Last { pane: pane.id, tty: pane.tty.clone(), pid: pane.pid, changes, screen: None });
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

    /// The visible screen with its escape sequences; as it was read last if nothing was written since.
    ///
    /// # Errors
    /// tmux fails or the pane is gone.
    pub async fn capture(&self, pane: Pane) -> Result<String, TmuxError> {
        if let Some(last) = self.last().as_mut().filter(|last| last.pane == pane) {
            // A notice that comes from now on is of a later screen.
            if last.changes.as_ref().is_none_or(Changes::since_last) {
                last.screen = None;
            }
            if let Some(screen) = &last.screen {
                return Ok(screen.clone());
            }
        }
        let screen = self.server.capture(pane, Lines::StyledScreen).await?;
        if let Some(last) = self.last().as_mut().filter(|last| last.pane == pane && last.changes.is_some()) {
            last.screen = Some(screen.clone());
        }
        Ok(screen)
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
