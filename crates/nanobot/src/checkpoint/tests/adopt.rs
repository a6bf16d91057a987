//! What was there before the first step, and repositories that must not be touched.

use super::*;

#[tokio::test]
async fn work_that_was_not_committed_is_committed_apart_and_kept() {
    let folder = Folder::new().await;
    folder.write("changed", "old");
    folder.write("deleted", "x");
    folder.write("mixed", "one");
    folder.write(".gitignore", "*.secret\n");
    folder.git(&["add", "."]).await;
    folder.git(&["commit", "-qm", "Eva's own"]).await;
    folder.write("changed", "new");
    std::fs::remove_file(folder.file("deleted")).unwrap();
    folder.write("mixed", "two");
    folder.git(&["add", "mixed"]).await;
    folder.write("mixed", "three");
    folder.write("deep/er/new file", "n");
    folder.write("a.secret", "key");
    let (files, ..) = folder.picture().await;

    let baseline = baseline(folder.path(), 1_700_000_000_000).await.unwrap().unwrap();
    let (after, status, head) = folder.picture().await;
    assert_eq!((after, status.as_str(), head.as_deref()), (files, "", Some(baseline.commit.as_str())));
    assert_eq!(
        folder.git(&["log", "--format=%an: %B", "HEAD"]).await,
        "Eva: Work found before AutoCode began\n\nAutoCode-Step: baseline\n\nEva: Eva's own"
    );
    assert_eq!(baseline.reference, "refs/autocode/baseline/1700000000000");
    assert!(baseline.notice().contains(&baseline.reference), "{}", baseline.notice());
    assert_eq!(folder.git(&["diff", &baseline.reference, "HEAD"]).await, "");
    // What was staged is neither in the files nor committed: it is kept behind the reference.
    assert_eq!(folder.git(&["show", &format!("{}^2:mixed", baseline.reference)]).await, "two");
    assert!(!folder.git(&["ls-tree", "-r", "--name-only", "HEAD"]).await.contains("a.secret"));
    assert_eq!(folder.git(&["rev-parse", "refs/autocode/start"]).await, baseline.commit);

    assert_eq!(super::baseline(folder.path(), 1_700_000_000_001).await.unwrap(), None);
    assert_eq!(folder.git(&["rev-list", "--count", "HEAD"]).await, "2");
    let refs = folder.git(&["for-each-ref", "--format=%(refname)", "refs/autocode"]).await;
    assert_eq!(refs, "refs/autocode/baseline/1700000000000\nrefs/autocode/start");
}

#[tokio::test]
async fn a_new_repository_begins_with_what_is_in_the_folder() {
    let empty = Folder::new().await;
    assert_eq!(baseline(empty.path(), 1).await.unwrap(), None);
    assert_eq!(head(empty.path()).await.unwrap(), None);

    let fresh = Folder::new().await;
    fresh.write(".claude/CLAUDE.md", "rules");
    assert_eq!(baseline(fresh.path(), 1).await.unwrap(), None);
    assert_eq!(fresh.git(&["log", "--format=%s"]).await, "Rules of the project");

    let folder = Folder::new().await;
    folder.write("idea.txt", "x");
    let found = baseline(folder.path(), 1).await.unwrap().unwrap();
    assert_eq!(head(folder.path()).await.unwrap(), Some(found.commit));
    assert_eq!(folder.git(&["ls-tree", "-r", "--name-only", "HEAD"]).await, "idea.txt");
}

/// What `check` says, after making sure that neither it nor `baseline` touched anything.
async fn refusal(folder: &Folder) -> String {
    let before = folder.picture().await;
    let text = check(folder.path()).await.unwrap_err().to_string();
    assert_eq!(baseline(folder.path(), 1).await.unwrap_err().to_string(), text);
    assert_eq!(folder.picture().await, before);
    assert_eq!(folder.git(&["for-each-ref", "refs/autocode"]).await, "");
    text
}

async fn with_commit() -> Folder {
    let folder = Folder::new().await;
    folder.write("a", "1");
    folder.git(&["add", "."]).await;
    folder.git(&["commit", "-qm", "one"]).await;
    check(folder.path()).await.unwrap();
    folder
}

#[tokio::test]
async fn half_done_work_and_detached_heads_are_left_alone_with_a_word_of_help() {
    let folder = with_commit().await;
    folder.git(&["checkout", "-q", "-b", "side"]).await;
    folder.write("a", "side");
    folder.git(&["commit", "-qam", "side"]).await;
    folder.git(&["checkout", "-q", "main"]).await;
    folder.write("a", "main");
    folder.git(&["commit", "-qam", "main"]).await;
    assert!(git(folder.path(), &["merge", "-q", "side"]).await.is_err());
    folder.write("b", "untracked");
    assert!(refusal(&folder).await.contains("a merge is half done"));
    folder.git(&["merge", "--abort"]).await;
    assert!(git(folder.path(), &["rebase", "-q", "side"]).await.is_err());
    assert!(refusal(&folder).await.contains("a rebase is half done"));
    folder.git(&["rebase", "--abort"]).await;
    assert!(git(folder.path(), &["cherry-pick", "side"]).await.is_err());
    assert!(refusal(&folder).await.contains("a cherry-pick is half done"));
    folder.git(&["cherry-pick", "--abort"]).await;
    check(folder.path()).await.unwrap();
    folder.git(&["checkout", "-q", "--detach"]).await;
    assert!(refusal(&folder).await.contains("not on a branch"));
}

#[tokio::test]
async fn repositories_whose_files_or_history_lie_elsewhere_are_refused() {
    let folder = with_commit().await;
    let elsewhere = tempfile::tempdir().unwrap();
    let at = |name: &str| elsewhere.path().join(name).display().to_string();
    folder.git(&["worktree", "add", "-q", &at("tree")]).await;
    folder.git(&["clone", "-q", "--bare", ".", &at("bare")]).await;
    folder.git(&["clone", "-q", ".", &at("super")]).await;
    let parent = elsewhere.path().join("super");
    let source = folder.path().display().to_string();
    let add = ["-c", "protocol.file.allow=always", "submodule", "add", "-q", &source, "sub"];
    git(&parent, &add).await.unwrap();
    for (path, word) in [("tree", "linked worktree"), ("bare", "bare"), ("super/sub", "submodule")] {
        let said = check(&elsewhere.path().join(path)).await.unwrap_err().to_string();
        assert!(said.contains(word), "{path}: {said}");
    }
    // A repository that contains a submodule is an ordinary one.
    check(&parent).await.unwrap();
    let none = tempfile::tempdir().unwrap();
    check(none.path()).await.unwrap();
}
