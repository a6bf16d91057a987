//! Panes: how they are named, what is known about one, and what of it can be read.

use std::{fmt, path::PathBuf, time::Duration};

use tmux_interface::{CapturePane, ListPanes, RunShell};

use crate::{SessionName, TmuxError, TmuxServer};

/// A pane of a tmux server, unique while the server lives; displayed as `%7`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pane {
    /// The number behind the `%`.
    pub id: u32,
}

impl Pane {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        text.strip_prefix('%')?.parse().ok().map(|id| Self { id })
    }

    pub(crate) fn target(self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Pane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "%{}", self.id)
    }
}

/// What tmux knows about a pane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaneInfo {
    /// The pane.
    pub id: Pane,
    /// Process id of the pane's command.
    pub pid: u32,
    /// The command has ended; the pane stays with its last screen.
    pub dead: bool,
    /// Exit code, if it ended with one.
    pub dead_status: Option<i32>,
    /// Signal number, if one ended it.
    pub dead_signal: Option<i32>,
    /// Columns.
    pub cols: u16,
    /// Rows.
    pub rows: u16,
    /// The terminal device of the command, for [`crate::Changes`].
    pub tty: PathBuf,
    /// What the command set as terminal title; any text.
    pub title: String,
}

// tmux sees the terminal's end a moment before it learns how the process ended. Sometimes (tmux 3.3a, about one end in
// fifteen on a busy machine) it never does: the signal has come and the process waits as a zombie until the next
// child of tmux ends. So a child that does nothing is started then, and tmux collects both.
const HALF_KNOWN_PAUSE: Duration = Duration::from_millis(20);
const REAP_EVERY: u32 = 5;
const HALF_KNOWN_TRIES: u32 = 50;

/// Which lines [`TmuxServer::capture`] returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lines {
    /// What is visible, as plain text.
    Screen,
    /// What is visible, with colours as escape sequences.
    StyledScreen,
    /// What is visible and up to so many lines of scrollback before it, as plain text.
    History(u32),
    /// The same with colours as escape sequences, and lines that were wrapped as one.
    StyledHistory(u32),
}

// No field before the title can contain a colon, so a title with colons stays whole.
const FORMAT: &str = "#{pane_id}:#{pane_pid}:#{pane_dead}:#{pane_dead_status}:#{pane_dead_signal}:#{pane_width}:#{pane_height}:#{pane_tty}:#{pane_title}";

fn parse_info(line: &str) -> Option<PaneInfo> {
    let mut fields = line.splitn(9, ':');
    Some(PaneInfo {
        id: Pane::parse(fields.next()?)?,
        pid: fields.next()?.parse().ok()?,
        dead: fields.next()? == "1",
        dead_status: fields.next()?.parse().ok(),
        dead_signal: fields.next()?.parse().ok(),
        cols: fields.next()?.parse().ok()?,
        rows: fields.next()?.parse().ok()?,
        tty: fields.next()?.into(),
        title: fields.next()?.to_owned(),
    })
}

impl TmuxServer {
    /// The first pane of a session; `None` if there is no such session or no server.
    pub async fn pane(&self, name: &SessionName) -> Result<Option<PaneInfo>, TmuxError> {
        self.list_panes(name.window_target()).await
    }

    /// What is known about a pane now; `None` if it is gone.
    pub async fn pane_info(&self, pane: Pane) -> Result<Option<PaneInfo>, TmuxError> {
        self.list_panes(pane.target()).await
    }

    async fn list_panes(&self, target: String) -> Result<Option<PaneInfo>, TmuxError> {
        for tried in 1..=HALF_KNOWN_TRIES {
            let info = self.list_panes_once(target.clone()).await?;
            let half_known =
                info.as_ref().is_some_and(|i| i.dead && i.dead_status.is_none() && i.dead_signal.is_none());
            if !half_known {
                return Ok(info);
            }
            if tried % REAP_EVERY == 0 {
                let reap = self.run([RunShell::new().background().shell_command(":").build()]).await;
                absent_is_none(reap)?;
            }
            tokio::time::sleep(HALF_KNOWN_PAUSE).await;
        }
        self.list_panes_once(target).await
    }

    async fn list_panes_once(&self, target: String) -> Result<Option<PaneInfo>, TmuxError> {
        let answer = self.run([ListPanes::new().target(target).format(FORMAT).build()]).await;
        let Some(text) = absent_is_none(answer)? else {
            return Ok(None);
        };
        let Some(line) = text.lines().next() else {
            return Ok(None);
        };
        parse_info(line).map(Some).ok_or_else(|| TmuxError::Unexpected {
            command: "list-panes".to_owned(),
            answer: line.chars().take(200).collect(),
        })
    }

    /// A pane's text; lines end with `\n`, trailing blank lines of the screen included.
    pub async fn capture(&self, pane: Pane, lines: Lines) -> Result<String, TmuxError> {
        let command = CapturePane::new().stdout().target_pane(pane.target());
        let command = match lines {
            Lines::Screen => command,
            Lines::StyledScreen => command.escape_sequences(),
            Lines::History(count) => command.start_line(format!("-{count}")),
            Lines::StyledHistory(count) => command.escape_sequences().join().start_line(format!("-{count}")),
        };
        self.run([command.build()]).await
    }
}

/// Turns [`TmuxError::NotFound`] into `None`.
pub(crate) fn absent_is_none<T>(result: Result<T, TmuxError>) -> Result<Option<T>, TmuxError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(TmuxError::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}
