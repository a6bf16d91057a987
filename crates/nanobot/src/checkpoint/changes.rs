//! What a step changed: its files and their diffs, for a person to read.
//!
//! Must not change a branch, an index or a file. A repository is hostile here: no program that it configures is run on
//! its files' content, names are taken as bytes, and every answer is bounded.

use std::{collections::HashMap, ffi::OsStr, os::unix::ffi::OsStrExt as _, path::Path};

use serde::{Deserialize, Serialize};

use super::{
    TRAILER,
    git::{Git, GitError},
    head, snapshot,
};

/// Most files of one answer.
pub const MAX_FILES: usize = 200;
/// Most files whose diff is in the answer.
const MAX_DIFFS: usize = 60;
/// Longest diff of one file, in bytes.
const MAX_DIFF: usize = 32 * 1024;
/// Longest diffs of one answer together, in bytes: with every character escaped it still fits into a frame.
const MAX_ALL: usize = 160 * 1024;
/// Longest path, in characters.
const MAX_PATH: usize = 300;

/// What happened to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileStatus {
    /// It is new.
    Added,
    /// Its content, kind or mode is another.
    Modified,
    /// It is gone.
    Deleted,
}

/// One changed file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedFile {
    /// Path in the workspace; what is no text in it is replaced.
    pub path: String,
    /// What happened.
    pub status: FileStatus,
    /// Lines that came; none for a binary file.
    pub added: Option<u64>,
    /// Lines that went; none for a binary file.
    pub removed: Option<u64>,
    /// Hunks of a unified diff, without file headers.
    pub diff: String,
    /// Whether the diff is longer.
    pub cut: bool,
}

/// All that changed between two states.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangeList {
    /// The first files by path, at most [`MAX_FILES`].
    pub files: Vec<ChangedFile>,
    /// How many more there are.
    pub more_files: u64,
}

/// What the step that ended with `commit` changed since the step before it; without a commit, what is not committed yet.
///
/// # Errors
/// git fails, takes too long, or the commit is not there.
pub async fn changes(workspace: &Path, commit: Option<&str>) -> Result<ChangeList, GitError> {
    let (base, target) = match commit {
        Some(commit) => {
            let name = format!("{commit}^{{commit}}");
            let args = ["rev-parse", "--verify", "--quiet", "--end-of-options", name.as_str()];
            let found = Git::new(workspace).maybe(&args).await?;
            let target = found.ok_or_else(|| {
                GitError::Unsuitable("The step's commit is no longer in the repository.".to_owned())
            })?;
            (before(workspace, &target).await?, target)
        }
        None => (head(workspace).await?, snapshot::take(workspace, None).await?.tree),
    };
    let base = match base {
        Some(base) => base,
        None => Git::new(workspace).text(&["hash-object", "-t", "tree", "--stdin"]).await?,
    };
    list(workspace, &base, &target).await
}

/// Where the step of a commit began: at the checkpoint before it, or else at the commit's parent.
async fn before(workspace: &Path, commit: &str) -> Result<Option<String>, GitError> {
    let parent = format!("{commit}^");
    let args = ["rev-parse", "--verify", "--quiet", parent.as_str()];
    let Some(parent) = Git::new(workspace).maybe(&args).await? else { return Ok(None) };
    let format = format!("--format=%H %(trailers:key={TRAILER},valueonly,separator=%x2C)");
    let log = Git::new(workspace)
        .text(&["log", "--first-parent", "--max-count=1000", format.as_str(), parent.as_str()])
        .await?;
    let checkpoint = log.lines().find_map(|line| {
        line.split_once(' ').filter(|(_, step)| !step.trim().is_empty()).map(|(hash, _)| hash.to_owned())
    });
    Ok(Some(checkpoint.unwrap_or(parent)))
}

/// Arguments of every diff: nothing that the repository configures is run, and no name is guessed to be another's.
fn diff<'a>(base: &'a str, target: &'a str, form: &[&'a str]) -> Vec<&'a OsStr> {
    // A larger file is not worth the memory: its diff is not shown.
    let mut args =
        vec!["-c", "core.bigFileThreshold=1m", "diff-tree", "-r", "--no-ext-diff", "--no-textconv"];
    args.extend(["--no-color", "--no-renames"]);
    args.extend(form);
    args.extend([base, target, "--"]);
    args.into_iter().map(OsStr::new).collect()
}

async fn list(workspace: &Path, base: &str, target: &str) -> Result<ChangeList, GitError> {
    let names = Git::new(workspace).bytes(&diff(base, target, &["--name-status", "-z"])).await?;
    let counts = Git::new(workspace).bytes(&diff(base, target, &["--numstat", "-z"])).await?;
    let counts = counts_of(&counts);
    let mut names = names.split(|byte| *byte == 0);
    let mut changes = ChangeList::default();
    let mut room = MAX_ALL;
    while let (Some([letter, ..]), Some(path)) = (names.next(), names.next()) {
        if changes.files.len() == MAX_FILES {
            changes.more_files += 1;
            continue;
        }
        let status = match letter {
            b'A' => FileStatus::Added,
            b'D' => FileStatus::Deleted,
            _ => FileStatus::Modified,
        };
        let (added, removed) = counts.get(path).copied().unwrap_or_default();
        let binary = added.is_none();
        let (text, cut) = match changes.files.len() < MAX_DIFFS && !binary && room > 0 {
            true => hunks(workspace, base, target, path, room.min(MAX_DIFF)).await?,
            false => (String::new(), !binary),
        };
        room = room.saturating_sub(text.len());
        let path = String::from_utf8_lossy(path).chars().map(printable).take(MAX_PATH).collect();
        changes.files.push(ChangedFile { path, status, added, removed, diff: text, cut });
    }
    Ok(changes)
}

type Counts<'a> = HashMap<&'a [u8], (Option<u64>, Option<u64>)>;

/// Lines that came and went, by path; a dash stands for a binary file.
fn counts_of(output: &[u8]) -> Counts<'_> {
    let number = |bytes: &[u8]| std::str::from_utf8(bytes).ok().and_then(|text| text.parse().ok());
    let record = |record: &'_ [u8]| -> Option<(Option<u64>, Option<u64>, usize)> {
        let mut tabs = record.iter().enumerate().filter(|(_, byte)| **byte == b'\t').map(|(at, _)| at);
        let (first, second) = (tabs.next()?, tabs.next()?);
        Some((number(&record[..first]), number(&record[first + 1..second]), second + 1))
    };
    output
        .split(|byte| *byte == 0)
        .filter_map(|line| record(line).map(|(added, removed, at)| (&line[at..], (added, removed))))
        .collect()
}

/// A file's hunks, at most `max` bytes up to the end of a line, and whether there is more.
async fn hunks(
    workspace: &Path,
    base: &str,
    target: &str,
    path: &[u8],
    max: usize,
) -> Result<(String, bool), GitError> {
    let mut args = diff(base, target, &["-p", "--unified=3"]);
    args.push(OsStr::from_bytes(path));
    let (output, mut cut) = Git::new(workspace).start_of(&args, max).await?;
    let text: String = String::from_utf8_lossy(&output).chars().map(printable).collect();
    let begin = text.find("\n@@").map_or(text.len(), |at| at + 1);
    let mut hunks = &text[begin..];
    if hunks.len() > max {
        hunks = &hunks[..hunks.floor_char_boundary(max)];
        cut = true;
    }
    if cut {
        hunks = hunks.rfind('\n').map_or("", |at| &hunks[..=at]);
    }
    Ok((hunks.to_owned(), cut))
}

/// Control characters are of no use to a reader, and six times as long in an answer.
fn printable(c: char) -> char {
    if c.is_control() && c != '\n' && c != '\t' { char::REPLACEMENT_CHARACTER } else { c }
}
