//! Sessions: start with the options that agents and viewers need, list, resize, end.

use std::path::PathBuf;

use tmux_interface::{
    BindKey, HasSession, KillServer, KillSession, ListSessions, NewSession as NewSessionCommand,
    ResizeWindow, RespawnPane, SetOption, TmuxCommand, UnbindKey,
};

use crate::{Pane, SessionName, TmuxError, TmuxServer, pane::absent_is_none};

/// What a session is started with.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// Its name.
    pub name: SessionName,
    /// Working directory of the command, absolute.
    pub cwd: PathBuf,
    /// The program and its arguments; executed directly, never by a shell.
    pub command: Vec<String>,
    /// Columns while nobody is attached.
    pub cols: u16,
    /// Rows while nobody is attached.
    pub rows: u16,
}

/// Options set before the first command starts. They are global: all sessions of a user are ours.
const OPTIONS: &[(&str, &str)] = &[
    ("remain-on-exit", "on"),
    ("status", "off"),
    ("prefix", "None"),
    ("prefix2", "None"),
    // The mouse belongs to the program in the pane if it asks for it, else to the viewer's own terminal: selecting,
    // opening links, and scrolling in a copy that no other viewer sees.
    ("mouse", "off"),
    ("history-limit", "50000"),
    ("window-size", "latest"),
    ("default-terminal", "tmux-256color"),
    ("default-shell", "/bin/sh"),
    ("update-environment", ""),
    ("automatic-rename", "off"),
    ("allow-rename", "off"),
    ("bell-action", "none"),
    ("visual-bell", "off"),
    ("detach-on-destroy", "on"),
];
const SERVER_OPTIONS: &[(&str, &str)] = &[
    ("escape-time", "0"),
    ("set-clipboard", "off"),
    ("terminal-features", "xterm*:256:RGB:title:usstyle:overline"),
];

fn preparations<'a>() -> Vec<TmuxCommand<'a>> {
    let mut commands = vec![TmuxCommand::with_name("start-server")];
    commands
        .extend(SERVER_OPTIONS.iter().map(|(o, v)| SetOption::new().server().option(*o).value(*v).build()));
    commands.extend(OPTIONS.iter().map(|(o, v)| SetOption::new().global().option(*o).value(*v).build()));
    // What a viewer types belongs to the program in the pane; no key may split windows or open tmux' own prompt.
    for table in ["prefix", "root"] {
        // Unbinding in a table that is empty already would end the batch, silently.
        let mut filler = BindKey::new().key_table(table).key("F12").build();
        filler.push_param("refresh-client");
        commands.push(filler);
        commands.push(UnbindKey::new().all().quiet().key_table(table).build());
    }
    commands
}

fn append_argv(command: &mut TmuxCommand<'_>, argv: Vec<String>) -> Result<(), TmuxError> {
    if argv.is_empty() || argv.iter().any(|word| word.contains('\0')) {
        return Err(TmuxError::InvalidArgument("the command of a pane must not be empty or contain NUL"));
    }
    command.push_param("--");
    // tmux hands a single word to a shell; two or more are executed as they are.
    if argv.len() == 1 {
        command.push_param("/usr/bin/env");
        command.push_param("--");
    }
    for word in argv {
        command.push_param(word);
    }
    Ok(())
}

impl TmuxServer {
    /// Starts a detached session (and the server, if need be) whose pane runs the command.
    ///
    /// # Errors
    /// [`TmuxError::Failed`] if a session of that name exists; [`TmuxError::InvalidArgument`] for an empty command, or
    /// a folder that is not absolute UTF-8.
    pub async fn start_session(&self, new: NewSession) -> Result<Pane, TmuxError> {
        let cwd =
            new.cwd.to_str().filter(|path| path.starts_with('/') && !path.contains('\0')).ok_or(
                TmuxError::InvalidArgument("the folder of a session must be an absolute UTF-8 path"),
            )?;
        let mut command = NewSessionCommand::new()
            .detached()
            .not_update_env()
            .print()
            .format("#{pane_id}")
            .session_name(new.name.as_str().to_owned())
            .window_name("main")
            // tmux expands formats here, and `#()` in a folder's name would be executed.
            .start_directory(literal(cwd))
            .width(usize::from(new.cols.clamp(2, 1000)))
            .height(usize::from(new.rows.clamp(2, 1000)))
            .build();
        append_argv(&mut command, new.command)?;
        let mut commands = preparations();
        commands.push(command);
        let answer = self.run(commands).await?;
        Pane::parse(answer.trim()).ok_or(TmuxError::Unexpected {
            command: "new-session".to_owned(),
            answer: answer.chars().take(200).collect(),
        })
    }

    /// Whether exactly this session exists.
    pub async fn has_session(&self, name: &SessionName) -> Result<bool, TmuxError> {
        let answer = self.run([HasSession::new().target_session(name.session_target()).build()]).await;
        Ok(absent_is_none(answer)?.is_some())
    }

    /// Ends exactly this session; fine if it is not there.
    pub async fn kill_session(&self, name: &SessionName) -> Result<(), TmuxError> {
        absent_is_none(self.run([KillSession::new().target_session(name.session_target()).build()]).await)
            .map(drop)
    }

    /// Ends the server with all sessions; fine if none runs.
    pub async fn kill_server(&self) -> Result<(), TmuxError> {
        absent_is_none(self.run([KillServer::new().build()]).await).map(drop)
    }

    /// Names of all sessions; those that are not [`SessionName`]s are somebody else's and left out.
    pub async fn sessions(&self) -> Result<Vec<SessionName>, TmuxError> {
        let answer = self.run([ListSessions::new().format("#{session_name}").build()]).await;
        let text = absent_is_none(answer)?.unwrap_or_default();
        Ok(text.lines().filter_map(|line| line.parse().ok()).collect())
    }

    /// Ends what runs in a pane, if it still does, and starts another command there in the same folder.
    pub async fn respawn(&self, pane: Pane, argv: Vec<String>) -> Result<(), TmuxError> {
        let mut command = RespawnPane::new().kill().target_pane(pane.target()).build();
        append_argv(&mut command, argv)?;
        self.run([command]).await.map(drop)
    }

    /// Sets the size that a session has while nobody is attached (2 to 1000 each).
    pub async fn resize(&self, name: &SessionName, cols: u16, rows: u16) -> Result<(), TmuxError> {
        let resize = ResizeWindow::new()
            .target_window(name.window_target())
            .width(usize::from(cols.clamp(2, 1000)))
            .height(usize::from(rows.clamp(2, 1000)))
            .build();
        // resize-window pins the size; viewers that attach later must be able to change it again.
        let unpin =
            SetOption::new().window().unset().target_pane(name.window_target()).option("window-size").build();
        self.run([resize, unpin]).await.map(drop)
    }
}

/// A text that tmux's formats turn into `text`: `##` stands for `#`, but before `[` every `#` stands for itself.
fn literal(text: &str) -> String {
    let mut literal = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('#') {
        let (before, from) = rest.split_at(start);
        let after = from.trim_start_matches('#');
        let hashes = &from[..from.len() - after.len()];
        literal.push_str(before);
        literal.push_str(hashes);
        if !after.starts_with('[') {
            literal.push_str(hashes);
        }
        rest = after;
    }
    literal.push_str(rest);
    literal
}
