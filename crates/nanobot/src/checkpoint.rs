//! Checkpoints: each finished step is one git commit that names the step in a trailer.
//!
//! Must not change what a person committed. git runs without hooks, prompts or the user's environment, with a time limit.

use std::{ffi::OsStr, io, path::Path, process::Stdio, time::Duration};

use thiserror::Error;
use tokio::{process::Command, time::timeout};

use crate::protocol::Step;

/// Time limit of one git command.
const LIMIT: Duration = Duration::from_secs(60);
/// Trailer that names the step.
const TRAILER: &str = "AutoCode-Step";

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
}

async fn git<A: AsRef<OsStr>>(workspace: &Path, args: &[A]) -> Result<String, GitError> {
    let name = args.first().map(|a| a.as_ref().to_string_lossy().into_owned()).unwrap_or_default();
    let mut command = Command::new("git");
    command.args([
        "-c",
        "core.hooksPath=/dev/null",
        "-c",
        "commit.gpgsign=false",
        "-c",
        "core.quotePath=false",
    ]);
    command
        .args(args)
        .current_dir(workspace)
        .env_clear()
        .env("LANG", "C.UTF-8")
        .env("GIT_TERMINAL_PROMPT", "0");
    for name in ["HOME", "PATH"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let output = timeout(LIMIT, command.output()).await.map_err(|_| GitError::TimedOut(name.clone()))??;
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr).trim().chars().take(500).collect();
        return Err(GitError::Failed { command: name, message });
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Makes sure that the workspace is a repository of its own and that `.nanobot/` stays out of it.
///
/// # Errors
/// git fails or the exclude file cannot be written.
pub async fn prepare(workspace: &Path) -> Result<(), GitError> {
    if !workspace.join(".git").exists() {
        git(workspace, &["init", "--quiet", "--initial-branch=main"]).await?;
    }
    let path = git(workspace, &["rev-parse", "--git-path", "info/exclude"]).await?;
    let exclude = workspace.join(path.trim());
    let text = crate::memory::read(&exclude)?;
    if text.lines().any(|line| line.trim() == ".nanobot/") {
        return Ok(());
    }
    if let Some(folder) = exclude.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let separator = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    std::fs::write(&exclude, format!("{text}{separator}.nanobot/\n"))?;
    Ok(())
}

/// The present commit; `None` in a repository without commits.
///
/// # Errors
/// git cannot be run.
pub async fn head(workspace: &Path) -> Result<Option<String>, GitError> {
    match git(workspace, &["rev-parse", "--verify", "--quiet", "HEAD"]).await {
        Ok(hash) => Ok(Some(hash.trim().to_owned())),
        Err(GitError::Failed { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Commits everything as the step's checkpoint, also when nothing changed, and returns the hash. Done before already
/// (a crash came between commit and note), the former commit is returned.
///
/// # Errors
/// git fails.
pub async fn commit(workspace: &Path, step: &Step, base: Option<&str>) -> Result<String, GitError> {
    git(workspace, &["add", "--all"]).await?;
    let dirty = !git(workspace, &["status", "--porcelain"]).await?.trim().is_empty();
    if !dirty && let Some(hash) = existing(workspace, &step.id, base).await? {
        return Ok(hash);
    }
    let title: String = step.title.split_whitespace().collect::<Vec<_>>().join(" ");
    let message = format!("Step {}: {title}\n\n{TRAILER}: {}\n", step.id, step.id);
    let mut args: Vec<String> = Vec::new();
    if git(workspace, &["config", "user.email"]).await.is_err() {
        args.extend(["-c", "user.name=AutoCode", "-c", "user.email=autocode@localhost"].map(str::to_owned));
    }
    args.extend(
        ["commit", "--quiet", "--no-verify", "--allow-empty", "--cleanup=verbatim", "-m"].map(str::to_owned),
    );
    args.push(message);
    git(workspace, &args).await?;
    head(workspace).await?.ok_or_else(|| GitError::Failed {
        command: "commit".to_owned(),
        message: "there is no commit afterwards".to_owned(),
    })
}

/// The newest commit since `base` that is this step's checkpoint.
async fn existing(workspace: &Path, id: &str, base: Option<&str>) -> Result<Option<String>, GitError> {
    if head(workspace).await?.is_none() {
        return Ok(None);
    }
    let range = base.map_or_else(|| "HEAD".to_owned(), |base| format!("{base}..HEAD"));
    let format = format!("--format=%H %(trailers:key={TRAILER},valueonly,separator=%x2C)");
    let log = git(workspace, &["log", "--max-count=200", &format, &range]).await?;
    Ok(log.lines().find_map(|line| {
        line.split_once(' ').filter(|(_, step)| step.trim() == id).map(|(hash, _)| hash.to_owned())
    }))
}

/// What changed since a commit: `diff --stat` and the files that are new.
///
/// # Errors
/// git fails.
pub async fn diff_stat(workspace: &Path, base: Option<&str>) -> Result<String, GitError> {
    let mut text = String::new();
    // In a repository without commits everything is new and listed below.
    let present = head(workspace).await?;
    if let Some(base) = base.map(str::to_owned).or(present) {
        text += &git(workspace, &["diff", "--stat=100", &base]).await?;
    }
    let new = git(workspace, &["ls-files", "--others", "--exclude-standard"]).await?;
    for file in new.lines().take(100) {
        text += &format!(" {file} (new)\n");
    }
    Ok(text)
}

/// Names of the workspace's files, one a line, at most 300.
///
/// # Errors
/// git fails.
pub async fn files(workspace: &Path) -> Result<String, GitError> {
    let all = git(workspace, &["ls-files", "--cached", "--others", "--exclude-standard"]).await?;
    Ok(all.lines().take(300).collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(id: &str) -> Step {
        Step { id: id.into(), title: "Make\nit".into(), ..Step::default() }
    }

    #[tokio::test]
    async fn a_checkpoint_is_made_once_and_keeps_nanobots_files_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        prepare(path).await.unwrap();
        prepare(path).await.unwrap();
        std::fs::create_dir(path.join(".nanobot")).unwrap();
        std::fs::write(path.join(".nanobot/state.json"), "{}").unwrap();
        std::fs::write(path.join("a b.txt"), "x").unwrap();
        assert_eq!(diff_stat(path, None).await.unwrap(), " a b.txt (new)\n");

        let first = commit(path, &step("s1"), None).await.unwrap();
        assert_eq!(commit(path, &step("s1"), None).await.unwrap(), first);
        let shown = git(path, &["show", "--stat", "--format=%B", "HEAD"]).await.unwrap();
        assert!(shown.starts_with("Step s1: Make it\n\nAutoCode-Step: s1\n"), "{shown}");
        assert!(shown.contains("a b.txt") && !shown.contains("state.json"));

        // An empty step has a commit of its own; the same id later than the base is another checkpoint.
        let second = commit(path, &step("s2"), Some(&first)).await.unwrap();
        assert_ne!(second, first);
        assert_eq!(commit(path, &step("s2"), Some(&first)).await.unwrap(), second);
        let again = commit(path, &step("s1"), Some(&second)).await.unwrap();
        assert!(again != first && again != second);
        assert_eq!(git(path, &["rev-list", "--count", "HEAD"]).await.unwrap().trim(), "3");
    }
}
