//! What a step changed, in repositories that mean no good.

use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _};

use super::*;
use crate::checkpoint::changes::{ChangeList, ChangedFile, FileStatus, MAX_FILES, changes};

fn step(id: &str) -> Step {
    Step { id: id.into(), title: id.into(), ..Step::default() }
}

fn named<'a>(list: &'a ChangeList, path: &str) -> &'a ChangedFile {
    list.files.iter().find(|file| file.path == path).unwrap_or_else(|| panic!("no {path} in {list:?}"))
}

#[tokio::test]
async fn a_step_is_compared_with_the_step_before_it() {
    let folder = Folder::new().await;
    folder.write("a", "one\ntwo\n");
    let first = commit(folder.path(), &step("1"), None).await.unwrap();
    // The coding CLI commits something itself in the middle of the step.
    folder.write("b", "b\n");
    folder.git(&["add", "b"]).await;
    folder.git(&["commit", "-qm", "Own"]).await;
    folder.write("a", "one\n2\n");
    let second = commit(folder.path(), &step("2"), None).await.unwrap();
    std::fs::remove_file(folder.file("b")).unwrap();
    folder.write("new", "x\n");

    let file = |path: &str, status, counts: (u64, u64), diff: &str| ChangedFile {
        path: path.into(),
        status,
        added: Some(counts.0),
        removed: Some(counts.1),
        diff: diff.into(),
        cut: false,
    };
    let one = changes(folder.path(), Some(&first)).await.unwrap();
    assert_eq!(one.files, [file("a", FileStatus::Added, (2, 0), "@@ -0,0 +1,2 @@\n+one\n+two\n")]);
    let two = changes(folder.path(), Some(&second)).await.unwrap();
    let a = file("a", FileStatus::Modified, (1, 1), "@@ -1,2 +1,2 @@\n one\n-two\n+2\n");
    assert_eq!(two.files, [a, file("b", FileStatus::Added, (1, 0), "@@ -0,0 +1 @@\n+b\n")]);

    let before = folder.picture().await;
    let now = changes(folder.path(), None).await.unwrap();
    let gone = file("b", FileStatus::Deleted, (0, 1), "@@ -1 +0,0 @@\n-b\n");
    assert_eq!(now.files, [gone, file("new", FileStatus::Added, (1, 0), "@@ -0,0 +1 @@\n+x\n")]);
    assert_eq!(folder.picture().await, before, "looking changed something");
    for bad in ["0123456789012345678901234567890123456789", "--output=x", "HEAD --", ""] {
        assert!(changes(folder.path(), Some(bad)).await.is_err(), "{bad}");
    }
}

#[tokio::test]
async fn hostile_names_content_and_settings_are_only_read() {
    let folder = Folder::new().await;
    let trap = folder.file(".nanobot/trap");
    let run = format!("touch {}; cat", trap.display());
    folder.git(&["config", "diff.evil.textconv", &run]).await;
    folder.git(&["config", "diff.evil.command", &run]).await;
    folder.git(&["config", "diff.external", &run]).await;
    folder.git(&["config", "core.pager", &run]).await;
    folder.write(".gitattributes", "* diff=evil\n");
    for name in ["-p", ":(top)x", "a\nb", "t\tab", "\u{1b}[2Jx", "<img src=x>"] {
        folder.write(name, "x\u{1b}]52;c;eA==\u{7}\n");
    }
    std::fs::write(folder.path().join(OsStr::from_bytes(b"\xff")), "y\n").unwrap();
    std::fs::write(folder.file("binary"), [0, 1, 2, 0]).unwrap();
    let hash = commit(folder.path(), &step("1"), None).await.unwrap();
    let list = changes(folder.path(), Some(&hash)).await.unwrap();
    assert!(!trap.exists(), "a program of the repository's choice was run");
    let names = ["-p", ":(top)x", "a\nb", "t\tab", "\u{fffd}[2Jx", "<img src=x>"];
    for name in names {
        let file = named(&list, name);
        assert_eq!(file.diff, "@@ -0,0 +1 @@\n+x\u{fffd}]52;c;eA==\u{fffd}\n", "{name}");
    }
    assert_eq!(named(&list, "\u{fffd}").diff, "@@ -0,0 +1 @@\n+y\n");
    let binary = named(&list, "binary");
    assert_eq!((binary.added, binary.removed, binary.diff.as_str(), binary.cut), (None, None, "", false));
}

#[tokio::test]
async fn what_is_too_much_is_cut_and_says_so() {
    let folder = Folder::new().await;
    folder.write("0-long", &"line\n".repeat(100_000));
    folder.write("1-wide", &"\u{1}".repeat(900_000));
    for n in 0..MAX_FILES + 5 {
        folder.write(&format!("many/{n:04}"), "x\n");
    }
    let hash = commit(folder.path(), &step("1"), None).await.unwrap();
    let list = changes(folder.path(), Some(&hash)).await.unwrap();
    assert_eq!((list.files.len(), list.more_files), (MAX_FILES, 7));
    let long = named(&list, "0-long");
    assert!(long.cut && long.diff.ends_with("+line\n"), "{} bytes", long.diff.len());
    assert_eq!((long.added, long.removed), (Some(100_000), Some(0)));
    assert!(named(&list, "1-wide").cut);
    let last = list.files.last().unwrap();
    assert_eq!((last.cut, last.diff.as_str()), (true, ""));
    assert!(serde_json::to_vec(&list.files).unwrap().len() < 800 * 1024, "too long for a frame");
}
