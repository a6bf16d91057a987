//! Checkpoints with real git.

mod adopt;
mod changes;
mod undo;

use std::{collections::BTreeMap, os::unix::fs::PermissionsExt as _, path::PathBuf};

use super::*;

/// A workspace with a repository, and what a person does in it.
struct Folder {
    dir: tempfile::TempDir,
}

impl Folder {
    async fn new() -> Self {
        let folder = Self { dir: tempfile::tempdir().unwrap() };
        prepare(folder.path()).await.unwrap();
        std::fs::create_dir(folder.path().join(".nanobot")).unwrap();
        folder.git(&["config", "user.name", "Eva"]).await;
        folder.git(&["config", "user.email", "eva@localhost"]).await;
        folder
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    fn write(&self, name: &str, content: &str) {
        std::fs::create_dir_all(self.file(name).parent().unwrap()).unwrap();
        std::fs::write(self.file(name), content).unwrap();
    }

    async fn git(&self, args: &[&str]) -> String {
        git(self.path(), args).await.unwrap()
    }

    /// Every file with mode and content, what git says of it, and where the branch is.
    async fn picture(&self) -> (BTreeMap<String, (u32, String)>, String, Option<String>) {
        let mut files = BTreeMap::new();
        let mut folders = vec![self.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path.strip_prefix(self.path()).unwrap().to_str().unwrap().to_owned();
                let meta = std::fs::symlink_metadata(&path).unwrap();
                if meta.is_symlink() {
                    files.insert(name, (0, std::fs::read_link(&path).unwrap().display().to_string()));
                } else if meta.is_file() {
                    let content = std::fs::read_to_string(&path).unwrap();
                    files.insert(name, (meta.permissions().mode() & 0o111, content));
                } else if name != ".git" && name != ".nanobot" {
                    folders.push(path);
                }
            }
        }
        let status = self.git(&["status", "--porcelain", "--untracked-files=all"]).await;
        (files, status, head(self.path()).await.unwrap())
    }
}

/// Output of a git command that must succeed.
pub(super) async fn git(folder: &Path, args: &[&str]) -> Result<String, GitError> {
    Git::new(folder).text(args).await
}

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
