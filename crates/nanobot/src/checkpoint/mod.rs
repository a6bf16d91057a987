//! Checkpoints: each finished step is one git commit that names the step in a trailer.
//!
//! Must not change what a person committed. What a person had not committed is committed apart before the first step.
//! Going back to a checkpoint keeps what was there, so that it can be taken back.

mod baseline;
mod changes;
mod git;
mod ignored;
mod repository;
mod snapshot;
mod undo;

use std::path::Path;

use git::Git;

use crate::protocol::Step;

pub use baseline::{Baseline, baseline};
pub use changes::{ChangeList, ChangedFile, FileStatus, MAX_FILES, changes};
pub use git::GitError;
pub use repository::check;
pub use undo::{UndoDone, UndoEntry, redo, undo, undos};

/// Trailer that names the step.
const TRAILER: &str = "AutoCode-Step";

/// Makes sure that the workspace is a repository of its own and that `.nanobot/` stays out of it.
///
/// # Errors
/// git fails or the exclude file cannot be written.
pub async fn prepare(workspace: &Path) -> Result<(), GitError> {
    if !workspace.join(".git").exists() {
        Git::new(workspace).text(&["init", "--quiet", "--initial-branch=main"]).await?;
    }
    let path = Git::new(workspace).text(&["rev-parse", "--git-path", "info/exclude"]).await?;
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
    match Git::new(workspace).text(&["rev-parse", "--verify", "--quiet", "HEAD"]).await {
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
    Git::new(workspace).text(&["add", "--all"]).await?;
    let dirty = !Git::new(workspace).text(&["status", "--porcelain"]).await?.trim().is_empty();
    if !dirty && let Some(hash) = existing(workspace, &step.id, base).await? {
        return Ok(hash);
    }
    let title: String = step.title.split_whitespace().collect::<Vec<_>>().join(" ");
    let message = format!("Step {}: {title}\n\n{TRAILER}: {}\n", step.id, step.id);
    let mut args = git::author(workspace).await?;
    args.extend(
        ["commit", "--quiet", "--no-verify", "--allow-empty", "--cleanup=verbatim", "-m"].map(str::to_owned),
    );
    args.push(message);
    Git::new(workspace).text(&args).await?;
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
    let log = Git::new(workspace).text(&["log", "--max-count=200", &format, &range]).await?;
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
        text += &Git::new(workspace).text(&["diff", "--stat=100", &base]).await?;
        if !text.is_empty() {
            text.push('\n');
        }
    }
    let new = Git::new(workspace).text(&["ls-files", "--others", "--exclude-standard"]).await?;
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
    let all = Git::new(workspace).text(&["ls-files", "--cached", "--others", "--exclude-standard"]).await?;
    Ok(all.lines().take(300).collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests;
