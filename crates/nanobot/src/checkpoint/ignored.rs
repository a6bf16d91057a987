//! Keeps files ignored that git ignored before their `.gitignore` went back in time.
//!
//! Without it, secrets and build folders would suddenly be new files: committed with the next step, or swept away when
//! the undo is taken back. They are listed in `.git/info/exclude`, which is no part of any commit.

use std::{collections::BTreeSet, fs, path::Path};

use super::git::{Git, GitError};

const HEADING: &str = "# Ignored before AutoCode went back to an earlier checkpoint";

/// The repository's own list of what is ignored.
pub(super) async fn read_list(workspace: &Path) -> Result<String, GitError> {
    Ok(crate::memory::read(&list_file(workspace).await?)?)
}

/// Replaces that list.
pub(super) async fn write_list(workspace: &Path, list: &str) -> Result<(), GitError> {
    let file = list_file(workspace).await?;
    if crate::memory::read(&file)? != list {
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(file, list)?;
    }
    Ok(())
}

async fn list_file(workspace: &Path) -> Result<std::path::PathBuf, GitError> {
    let path = Git::new(workspace).text(&["rev-parse", "--git-path", "info/exclude"]).await?;
    Ok(workspace.join(path))
}

/// What is there and ignored, folders as a whole.
pub(super) async fn present(workspace: &Path) -> Result<BTreeSet<Vec<u8>>, GitError> {
    let args = ["ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z"];
    let list = Git::new(workspace).bytes(&args).await?;
    Ok(list.split(|b| *b == 0).filter(|name| !name.is_empty()).map(<[u8]>::to_vec).collect())
}

/// Adds to the list what was ignored and would not be any more.
pub(super) async fn keep(workspace: &Path, before: &BTreeSet<Vec<u8>>) -> Result<(), GitError> {
    let now = present(workspace).await?;
    let lost: Vec<&Vec<u8>> = before.difference(&now).filter(|name| is_there(workspace, name)).collect();
    if lost.is_empty() {
        return Ok(());
    }
    let mut list = read_list(workspace).await?;
    if !list.is_empty() && !list.ends_with('\n') {
        list.push('\n');
    }
    list += HEADING;
    list.push('\n');
    for name in lost {
        if let Some(pattern) = pattern(name) {
            list += &pattern;
            list.push('\n');
        }
    }
    write_list(workspace, &list).await
}

/// Whether it is still there, and still a folder if it was one.
fn is_there(workspace: &Path, name: &[u8]) -> bool {
    use std::os::unix::ffi::OsStrExt as _;

    let meta = fs::symlink_metadata(workspace.join(std::ffi::OsStr::from_bytes(name)));
    meta.is_ok_and(|meta| meta.is_dir() == name.ends_with(b"/"))
}

/// A line that means exactly this path; none for names that no line can hold.
fn pattern(name: &[u8]) -> Option<String> {
    let name = std::str::from_utf8(name).ok().filter(|name| !name.contains('\n'))?;
    let mut line = "/".to_owned();
    for c in name.chars() {
        if "\\*?[]#! ".contains(c) {
            line.push('\\');
        }
        line.push(c);
    }
    Some(line)
}
