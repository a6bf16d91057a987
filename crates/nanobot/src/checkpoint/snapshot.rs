//! Keeps everything that is in a workspace, committed or not, as one commit beside the branch.
//!
//! Must not touch the branch, the index or a file. What git ignores stays out, with one exception that a caller names.

use std::{
    collections::BTreeSet,
    ffi::OsStr,
    io,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use super::git::{AUTHOR, Git, GitError};

/// A kept state of a workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Snapshot {
    /// Tree of all files.
    pub(super) tree: String,
    /// Tree of the index.
    pub(super) index: String,
    /// The branch's tip; none in a repository without commits.
    pub(super) head: Option<String>,
}

static NUMBER: AtomicU64 = AtomicU64::new(0);

/// A copy of the index that is gone when this is.
struct Draft(PathBuf);

impl Draft {
    async fn new(workspace: &Path) -> Result<Self, GitError> {
        let own = Git::new(workspace).text(&["rev-parse", "--git-path", "index"]).await?;
        let own = workspace.join(own);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let draft = own.with_file_name(format!("autocode-index-{}-{number}", std::process::id()));
        match std::fs::copy(&own, &draft) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(Self(draft)),
        }
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        for path in [self.0.clone(), self.0.with_extension("lock")] {
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    tracing::warn!(%error, "a temporary index could not be removed");
                }
                _ => {}
            }
        }
    }
}

/// Writes trees of all files and of the index; `target` is a commit whose files are about to replace them, so that also
/// an ignored file that stands in its way is kept.
pub(super) async fn take(workspace: &Path, target: Option<&str>) -> Result<Snapshot, GitError> {
    let draft = Draft::new(workspace).await?;
    let git = || Git::new(workspace).index(&draft.0);
    let index = git().text(&["write-tree"]).await?;
    git().text(&["add", "--all"]).await?;
    if let Some(target) = target {
        let kept = names(&git().bytes(&["ls-files", "-z"]).await?);
        let wanted =
            names(&Git::new(workspace).bytes(&["ls-tree", "-r", "-z", "--name-only", target]).await?);
        let in_the_way = in_the_way(workspace, &wanted, &kept);
        if !in_the_way.is_empty() {
            let list = in_the_way.join(&0);
            git()
                .input(list)
                .text(&["add", "--force", "--pathspec-from-file=-", "--pathspec-file-nul"])
                .await?;
        }
    }
    let tree = git().text(&["write-tree"]).await?;
    Ok(Snapshot { tree, index, head: super::head(workspace).await? })
}

fn names(list: &[u8]) -> BTreeSet<Vec<u8>> {
    list.split(|b| *b == 0).filter(|name| !name.is_empty()).map(<[u8]>::to_vec).collect()
}

/// What is on the disk where wanted files will be, and is not kept yet.
fn in_the_way(workspace: &Path, wanted: &BTreeSet<Vec<u8>>, kept: &BTreeSet<Vec<u8>>) -> Vec<Vec<u8>> {
    let mut found = BTreeSet::new();
    for name in wanted.difference(kept) {
        let ends = name.iter().enumerate().filter(|(_, b)| **b == b'/').map(|(at, _)| at).chain([name.len()]);
        for part in ends.map(|end| &name[..end]) {
            let Ok(meta) = std::fs::symlink_metadata(workspace.join(OsStr::from_bytes(part))) else { break };
            if (!meta.is_dir() || part == name) && !kept.contains(part) {
                found.insert(part.to_vec());
            }
        }
    }
    found.into_iter().collect()
}

impl Snapshot {
    /// Makes the snapshot a commit with the branch's tip as its first parent, and as its second what was staged, if
    /// that is neither committed nor in the files.
    pub(super) async fn commit(&self, workspace: &Path, message: &str) -> Result<String, GitError> {
        let staged = match self.staged(workspace).await? {
            true => Some(self.write(workspace, &self.index, "What was staged\n", None).await?),
            false => None,
        };
        self.write(workspace, &self.tree, message, staged.as_deref()).await
    }

    async fn staged(&self, workspace: &Path) -> Result<bool, GitError> {
        if self.index == self.tree {
            return Ok(false);
        }
        let committed = match &self.head {
            Some(head) => tree_of(workspace, head).await?,
            None => empty_tree(workspace).await?,
        };
        Ok(committed != self.index)
    }

    async fn write(
        &self,
        workspace: &Path,
        tree: &str,
        message: &str,
        staged: Option<&str>,
    ) -> Result<String, GitError> {
        let mut args: Vec<&str> = AUTHOR.to_vec();
        args.extend(["commit-tree", tree]);
        for parent in [self.head.as_deref(), staged].into_iter().flatten() {
            args.extend(["-p", parent]);
        }
        args.extend(["-F", "-"]);
        Git::new(workspace).input(message).text(&args).await
    }
}

/// The tree of a commit.
pub(super) async fn tree_of(workspace: &Path, commit: &str) -> Result<String, GitError> {
    Git::new(workspace).text(&["rev-parse", "--verify", &format!("{commit}^{{tree}}")]).await
}

/// The tree without files.
pub(super) async fn empty_tree(workspace: &Path) -> Result<String, GitError> {
    Git::new(workspace).text(&["mktree"]).await
}
