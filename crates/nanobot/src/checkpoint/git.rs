//! Runs git in a workspace: no hooks, no prompts, nobody's environment, a time limit.
//!
//! Must not know what a checkpoint is.

use std::{ffi::OsStr, io, path::Path, process::Stdio, time::Duration};

use thiserror::Error;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    process::Command,
    time::timeout,
};

/// Time limit of one git command.
const LIMIT: Duration = Duration::from_secs(60);

/// Settings of every command: what a repository or a user configured must neither run nor ask anything here, and what
/// is committed must survive a power cut.
const SETTINGS: [&str; 7] = [
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "commit.gpgsign=false",
    "core.quotePath=false",
    "core.fsync=committed,reference",
    "core.fsyncMethod=batch",
    "advice.addEmbeddedRepo=false",
];

/// Why git did not do what was asked.
#[derive(Debug, Error)]
pub enum GitError {
    /// It could not be run.
    #[error("git could not be run: {0}")]
    Io(#[from] io::Error),
    /// It took too long.
    #[error("git {0} took too long")]
    TimedOut(String),
    /// It refused.
    #[error("git {command} failed: {message}")]
    Failed {
        /// First word of the command.
        command: String,
        /// The end of what it said.
        message: String,
    },
    /// The repository is in a state in which nothing may be touched; says what a person can do.
    #[error("{0}")]
    Unsuitable(String),
}

/// One git command to be.
pub(super) struct Git<'a> {
    workspace: &'a Path,
    index: Option<&'a Path>,
    input: Vec<u8>,
}

impl<'a> Git<'a> {
    pub(super) fn new(workspace: &'a Path) -> Self {
        Self { workspace, index: None, input: Vec::new() }
    }

    /// Works on this index file instead of the repository's own.
    pub(super) fn index(self, index: &'a Path) -> Self {
        Self { index: Some(index), ..self }
    }

    /// What it reads from standard input.
    pub(super) fn input(self, input: impl Into<Vec<u8>>) -> Self {
        Self { input: input.into(), ..self }
    }

    fn command<A: AsRef<OsStr>>(&self, args: &[A]) -> Command {
        let mut command = Command::new("git");
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        command
            .args(args)
            .current_dir(self.workspace)
            .env_clear()
            .env("LANG", "C.UTF-8")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_LITERAL_PATHSPECS", "1")
            // A workspace may lie inside some other repository, which is none of our business.
            .env("GIT_CEILING_DIRECTORIES", self.workspace.parent().unwrap_or(self.workspace));
        for name in ["HOME", "PATH"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        if let Some(index) = self.index {
            command.env("GIT_INDEX_FILE", index);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        command
    }

    /// What it wrote to standard output.
    pub(super) async fn bytes<A: AsRef<OsStr>>(self, args: &[A]) -> Result<Vec<u8>, GitError> {
        let name = name(args);
        let mut command = self.command(args);
        let work = async {
            let mut child = command.spawn()?;
            let stdin = child.stdin.take();
            let write = async {
                if let Some(mut stdin) = stdin {
                    match stdin.write_all(&self.input).await {
                        // It ended early: its exit code and message say why.
                        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
                        other => return other,
                    }
                }
                Ok(())
            };
            let (written, output) = tokio::join!(write, child.wait_with_output());
            written.and(output)
        };
        let output = timeout(LIMIT, work).await.map_err(|_| GitError::TimedOut(name.clone()))??;
        if !output.status.success() {
            let message = String::from_utf8_lossy(&output.stderr).trim().chars().take(500).collect();
            return Err(GitError::Failed { command: name, message });
        }
        Ok(output.stdout)
    }

    /// The first `max` bytes of what it wrote to standard output, and whether there was more; the rest is never read.
    pub(super) async fn start_of<A: AsRef<OsStr>>(
        self,
        args: &[A],
        max: usize,
    ) -> Result<(Vec<u8>, bool), GitError> {
        let name = name(args);
        let mut command = self.command(args);
        command.stdin(Stdio::null()).stderr(Stdio::null());
        let work = async {
            let mut child = command.spawn()?;
            let mut output = Vec::new();
            if let Some(stdout) = child.stdout.take() {
                let limit = u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1);
                stdout.take(limit).read_to_end(&mut output).await?;
            }
            let more = output.len() > max;
            if more {
                output.truncate(max);
                child.kill().await?;
                return Ok((output, more, true));
            }
            let status = child.wait().await?;
            Ok::<_, io::Error>((output, more, status.success()))
        };
        let (output, more, ok) =
            timeout(LIMIT, work).await.map_err(|_| GitError::TimedOut(name.clone()))??;
        if !ok {
            return Err(GitError::Failed { command: name, message: "it gave no reason".to_owned() });
        }
        Ok((output, more))
    }

    /// The same as text without the last line's end.
    pub(super) async fn text<A: AsRef<OsStr>>(self, args: &[A]) -> Result<String, GitError> {
        let text = String::from_utf8_lossy(&self.bytes(args).await?).into_owned();
        Ok(text.trim_end_matches('\n').to_owned())
    }

    /// The same where a refusal means that there is nothing.
    pub(super) async fn maybe<A: AsRef<OsStr>>(self, args: &[A]) -> Result<Option<String>, GitError> {
        match self.text(args).await {
            Ok(text) => Ok(Some(text)),
            Err(GitError::Failed { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// The command's own name, behind settings.
fn name<A: AsRef<OsStr>>(args: &[A]) -> String {
    let mut words = args.iter().map(|a| a.as_ref().to_string_lossy());
    while let Some(word) = words.next() {
        if word != "-c" {
            return word.into_owned();
        }
        words.next();
    }
    String::new()
}

/// The author of what is committed where the repository names none.
pub(super) const AUTHOR: [&str; 4] = ["-c", "user.name=AutoCode", "-c", "user.email=autocode@localhost"];

/// Arguments before a command that commits.
pub(super) async fn author(workspace: &Path) -> Result<Vec<String>, GitError> {
    let known = Git::new(workspace).maybe(&["config", "user.email"]).await?.is_some()
        && Git::new(workspace).maybe(&["config", "user.name"]).await?.is_some();
    Ok(if known { Vec::new() } else { AUTHOR.map(str::to_owned).to_vec() })
}
