//! Whether a workspace's repository may be worked in: looked at before anything in it is touched.
//!
//! Must not change anything.

use std::{io, path::Path};

use super::git::{Git, GitError};

/// What git leaves in its folder while something is half done, and what a person calls it.
const HALF_DONE: [(&str, &str, &str); 6] = [
    ("MERGE_HEAD", "a merge", "git merge --continue or --abort"),
    ("rebase-merge", "a rebase", "git rebase --continue or --abort"),
    ("rebase-apply", "a rebase", "git rebase --continue or --abort"),
    ("CHERRY_PICK_HEAD", "a cherry-pick", "git cherry-pick --continue or --abort"),
    ("REVERT_HEAD", "a revert", "git revert --continue or --abort"),
    ("BISECT_LOG", "a bisect", "git bisect reset"),
];

/// Makes sure that a workspace can be worked in as it is: no repository yet, or an ordinary one on a branch with
/// nothing half done. Touches nothing.
///
/// # Errors
/// [`GitError::Unsuitable`] says in plain words what is in the way and what to do about it.
pub async fn check(workspace: &Path) -> Result<(), GitError> {
    let unsuitable = |text: String| Err(GitError::Unsuitable(text));
    let folder = workspace.join(".git");
    match std::fs::symlink_metadata(&folder) {
        Ok(meta) if meta.is_dir() => {}
        Ok(_) => {
            return unsuitable(
                "This folder is a linked worktree or a submodule of another repository, so its history lies \
                 elsewhere. Use a clone of its own instead."
                    .to_owned(),
            );
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if workspace.join("HEAD").is_file() && workspace.join("objects").is_dir() {
                return unsuitable(
                    "This folder is a bare repository without files to work on. Use a clone of it instead."
                        .to_owned(),
                );
            }
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    }
    if Git::new(workspace).text(&["rev-parse", "--is-bare-repository"]).await? == "true" {
        return unsuitable(
            "This repository is bare: it has no files to work on. Use a clone of it instead.".to_owned(),
        );
    }
    for (file, what, how) in HALF_DONE {
        if folder.join(file).exists() {
            return unsuitable(format!(
                "{what} is half done in this repository; nothing was touched. Finish it first ({how})."
            ));
        }
    }
    if Git::new(workspace).maybe(&["symbolic-ref", "--quiet", "HEAD"]).await?.is_none() {
        return unsuitable(
            "This repository is not on a branch (detached HEAD), so commits could get lost; nothing was touched. \
             Check out a branch first (git switch -c NAME)."
                .to_owned(),
        );
    }
    if !Git::new(workspace).text(&["ls-files", "--unmerged"]).await?.is_empty() {
        return unsuitable(
            "This repository has conflicts that are not resolved; nothing was touched. Resolve them first."
                .to_owned(),
        );
    }
    Ok(())
}

/// The full name of the branch that is checked out.
pub(super) async fn branch(workspace: &Path) -> Result<String, GitError> {
    Git::new(workspace).text(&["symbolic-ref", "HEAD"]).await
}
