//! Runs tmux commands: clean environment, explicit socket, no configuration file, time limit.
//!
//! `tmux_interface` builds the commands; it neither escapes a trailing `;` (tmux would drop it and split the command
//! there) nor limits time, so the running is done here.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tmux_interface::TmuxCommand;
use tokio::{io::AsyncWriteExt, process::Command, time::timeout};

use crate::{SessionName, TmuxError};

/// How long a tmux command may take.
pub const TIME_LIMIT: Duration = Duration::from_secs(10);

const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// One user's tmux server, by its socket; it starts with the first session and ends with the last.
#[derive(Clone, Debug)]
pub struct TmuxServer {
    socket: PathBuf,
    path: OsString,
    home: OsString,
}

/// What to run in a pseudo-terminal to attach to a session.
#[derive(Clone, Debug)]
pub struct AttachCommand {
    /// The program.
    pub program: OsString,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Its whole environment.
    pub env: Vec<(OsString, OsString)>,
}

impl TmuxServer {
    /// The server behind `socket`; nothing is started. `PATH` and `HOME` of panes are those of this process.
    pub fn new(socket: impl Into<PathBuf>) -> Self {
        Self {
            socket: socket.into(),
            path: std::env::var_os("PATH").unwrap_or_else(|| DEFAULT_PATH.into()),
            home: std::env::var_os("HOME").unwrap_or_else(|| "/".into()),
        }
    }

    /// The socket.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The command that attaches a terminal of type `xterm-256color` to a session.
    pub fn attach_command(&self, name: &SessionName) -> AttachCommand {
        let mut args = self.leading_args();
        args.extend(["attach-session", "-E", "-t"].map(OsString::from));
        args.push(name.session_target().into());
        AttachCommand { program: "tmux".into(), args, env: self.environment("xterm-256color") }
    }

    fn leading_args(&self) -> Vec<OsString> {
        // -u: without it a client in a plain locale prints `_` for everything beyond ASCII.
        vec!["-u".into(), "-S".into(), self.socket.clone().into(), "-f".into(), "/dev/null".into()]
    }

    fn environment(&self, term: &str) -> Vec<(OsString, OsString)> {
        vec![
            ("PATH".into(), self.path.clone()),
            ("HOME".into(), self.home.clone()),
            ("LANG".into(), "C.UTF-8".into()),
            ("TERM".into(), term.into()),
        ]
    }

    pub(crate) async fn run<'a>(
        &self,
        commands: impl IntoIterator<Item = TmuxCommand<'a>>,
    ) -> Result<String, TmuxError> {
        self.run_with_input(commands, &[]).await
    }

    /// Runs commands as one batch (the first failure ends it) with `input` on the client's stdin; returns its stdout.
    pub(crate) async fn run_with_input<'a>(
        &self,
        commands: impl IntoIterator<Item = TmuxCommand<'a>>,
        input: &[u8],
    ) -> Result<String, TmuxError> {
        let (name, args) = batch(commands);
        let mut command = Command::new("tmux");
        command
            .args(self.leading_args())
            .args(args)
            .env_clear()
            .envs(self.environment("xterm-256color"))
            .current_dir("/")
            .stdin(if input.is_empty() { Stdio::null() } else { Stdio::piped() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let exchange = async {
            let mut child = command.spawn()?;
            // Dropping the pipe after the last byte is the end of file that `load-buffer -` waits for.
            if let Some(mut stdin) = child.stdin.take() {
                match stdin.write_all(input).await {
                    // tmux ended early: its exit status and message say why.
                    Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {}
                    other => other?,
                }
            }
            child.wait_with_output().await
        };
        let output = timeout(TIME_LIMIT, exchange)
            .await
            .map_err(|_| TmuxError::TimedOut { command: name.clone() })??;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let message = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(if is_absence(&message) {
            TmuxError::NotFound
        } else {
            TmuxError::Failed { command: name, message }
        })
    }
}

fn is_absence(message: &str) -> bool {
    message.starts_with("can't find ")
        || message.starts_with("no server running on ")
        || message == "server exited unexpectedly"
        || message == "no current target"
        || (message.starts_with("error connecting to ")
            && (message.ends_with("(No such file or directory)")
                || message.ends_with("(Connection refused)")))
}

/// The name of the last command and the arguments of all, separated by `;`.
fn batch<'a>(commands: impl IntoIterator<Item = TmuxCommand<'a>>) -> (String, Vec<String>) {
    let mut name = String::new();
    let mut args = Vec::new();
    for command in commands {
        if !args.is_empty() {
            args.push(";".to_owned());
        }
        let words = command.to_vec();
        if let Some(first) = words.first() {
            name = first.to_string();
        }
        args.extend(words.iter().map(|word| escape(word)));
    }
    (name, args)
}

/// tmux takes a trailing `;` as the end of a command, and removes one backslash before it.
fn escape(word: &str) -> String {
    match word.strip_suffix(';') {
        Some(head) => format!("{head}\\;"),
        None => word.to_owned(),
    }
}
