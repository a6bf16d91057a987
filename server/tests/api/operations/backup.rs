//! The drill: back up while the server runs and writes, destroy everything, bring it back, and all of it is there.

use std::{
    ffi::OsStr,
    fs,
    os::unix::{ffi::OsStrExt as _, fs::PermissionsExt as _, fs::symlink, net::UnixListener},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{KEY, autocode, done, enter_again, user_with_key};
use crate::common::{ADMIN, Client, TestServer};

/// What an agent may have left in a workspace, strange names included.
fn fill_workspace(project: &Path) -> PathBuf {
    let odd = project.join(OsStr::from_bytes(b"odd \xff\n name"));
    fs::create_dir_all(odd.join("deep").join("x".repeat(200)).join("y".repeat(200))).unwrap();
    fs::write(odd.join("deep").join("x".repeat(200)).join("y".repeat(200)).join("file"), "deep").unwrap();
    fs::write(project.join("run.sh"), "#!/bin/sh\n").unwrap();
    fs::set_permissions(project.join("run.sh"), fs::Permissions::from_mode(0o750)).unwrap();
    symlink("/etc/passwd", project.join("outside")).unwrap();
    symlink("run.sh", project.join("link")).unwrap();
    fs::create_dir(project.join("locked")).unwrap();
    fs::write(project.join("locked/inside"), "x").unwrap();
    fs::set_permissions(project.join("locked"), fs::Permissions::from_mode(0o500)).unwrap();
    fs::create_dir_all(project.join(".git/objects/ab")).unwrap();
    fs::write(project.join(".git/objects/ab/cd"), vec![7; 300_000]).unwrap();
    // These are left out: whoever needs them makes them.
    UnixListener::bind(project.join("sock")).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, project.join("pipe"), rustix::fs::FileType::Fifo, 0o600.into(), 0)
        .unwrap();
    odd
}

/// Everything below a folder: path, mode, and content or target.
fn listing(root: &Path) -> Vec<(PathBuf, u32, Vec<u8>)> {
    let mut found = Vec::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let meta = path.symlink_metadata().unwrap();
            let content = if meta.is_symlink() {
                fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes()
            } else if meta.is_file() {
                fs::read(&path).unwrap()
            } else if meta.is_dir() {
                open.push(path.clone());
                Vec::new()
            } else {
                continue;
            };
            let mode = if meta.is_symlink() { 0 } else { meta.permissions().mode() & 0o777 };
            found.push((path.strip_prefix(root).unwrap().to_owned(), mode, content));
        }
    }
    found.sort();
    found
}

async fn names(client: &Client) -> Vec<String> {
    let (status, agents) = client.get("/api/v1/agents").await;
    assert_eq!(status, 200);
    agents.as_array().unwrap().iter().map(|agent| agent["name"].as_str().unwrap().to_owned()).collect()
}

/// Creates agents without pause until cancelled; the number is how many were acknowledged.
fn keep_writing(client: Client, tracker: &TaskTracker) -> (CancellationToken, Arc<AtomicUsize>) {
    let (stop, count) = (CancellationToken::new(), Arc::new(AtomicUsize::new(0)));
    let (until, written) = (stop.clone(), count.clone());
    tracker.spawn(async move {
        while !until.is_cancelled() {
            client.new_agent(&format!("agent {:05}", written.load(Ordering::SeqCst))).await;
            written.fetch_add(1, Ordering::SeqCst);
        }
    });
    (stop, count)
}

#[tokio::test]
async fn everything_is_there_after_backup_destruction_and_restore() {
    let mut server = TestServer::start().await;
    let tom = user_with_key(&server, "tom").await;
    let workspace = server.data().join("users/tom/projects/shop");
    fs::create_dir_all(&workspace).unwrap();
    fill_workspace(&workspace);
    let before = listing(&server.data().join("users"));

    // While the server writes.
    let tracker = TaskTracker::new();
    let (stop, count) = keep_writing(tom.clone(), &tracker);
    while count.load(Ordering::SeqCst) < 5 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let at_least = count.load(Ordering::SeqCst);
    let safe = tempfile::tempdir().unwrap();
    let (data, to) = (server.data(), safe.path().to_owned());
    let said = tokio::task::spawn_blocking(move || {
        done(&mut autocode(&data, &["backup", to.to_str().unwrap(), "--with-master-key"]))
    })
    .await
    .unwrap();
    assert!(said.contains("whoever has this file can read the API keys"), "{said}");
    let at_most = count.load(Ordering::SeqCst) + 1;
    stop.cancel();
    tracker.close();
    tracker.wait().await;

    let archives: Vec<_> = fs::read_dir(safe.path()).unwrap().map(|e| e.unwrap().path()).collect();
    let [archive] = archives.as_slice() else { panic!("{archives:?}") };
    assert_eq!(archive.metadata().unwrap().permissions().mode() & 0o777, 0o600);

    // Everything is lost; another machine has neither data nor key.
    server.stop().await;
    fs::set_permissions(workspace.join("locked"), fs::Permissions::from_mode(0o700)).unwrap();
    fs::remove_dir_all(server.data()).unwrap();
    let said = done(&mut autocode(&server.data(), &["restore", archive.to_str().unwrap()]));
    assert!(said.contains("2 user(s)") && !said.contains("cannot be read"), "{said}");

    let server = server.restart().await;
    let tom = server.sign_in("tom").await;
    let mut restored = names(&tom).await;
    restored.sort();
    assert!((at_least..=at_most).contains(&restored.len()), "{at_least} {} {at_most}", restored.len());
    // Those that were acknowledged first, without a gap.
    let expected: Vec<_> = (0..restored.len()).map(|n| format!("agent {n:05}")).collect();
    assert_eq!(restored, expected);
    assert_eq!(enter_again(&tom).await, json!(false));
    assert_eq!(listing(&server.data().join("users")), before);
    assert_eq!(server.sign_in(ADMIN).await.get("/api/v1/users").await.1.as_array().unwrap().len(), 2);
    fs::set_permissions(workspace.join("locked"), fs::Permissions::from_mode(0o700)).unwrap();
}

#[tokio::test]
async fn without_the_master_key_sign_in_works_and_keys_are_entered_again() {
    let mut server = TestServer::start().await;
    let tom = user_with_key(&server, "tom").await;
    assert_eq!(enter_again(&tom).await, json!(false));
    let safe = tempfile::tempdir().unwrap();
    let archive = safe.path().join("backup.tar.gz");
    let archive = archive.to_str().unwrap();
    let said = done(&mut autocode(&server.data(), &["backup", archive, "--without-master-key"]));
    assert!(said.contains("The master key is not in it"), "{said}");
    let key = fs::read(server.data().join("master.key")).unwrap();

    server.stop().await;
    fs::remove_dir_all(server.data()).unwrap();
    let said = done(&mut autocode(&server.data(), &["restore", archive]));
    assert!(said.contains("1 API key(s) cannot be read") && said.contains("master.key"), "{said}");

    let mut server = server.restart().await;
    let tom = server.sign_in("tom").await;
    assert_eq!(enter_again(&tom).await, json!(true));
    let (status, verdict) = tom.post("/api/v1/api-keys/anthropic/test", Value::Null).await;
    assert_eq!((status, &verdict["outcome"]), (200, &json!("unreachable")));
    assert!(verdict["detail"].as_str().unwrap().contains("enter it again"), "{verdict}");

    // The copy of the key that was kept elsewhere brings them back.
    server.stop().await;
    let path = server.data().join("master.key");
    let other = fs::read(&path).unwrap();
    fs::write(&path, &key).unwrap();
    let mut server = server.restart().await;
    assert_eq!(enter_again(&server.sign_in("tom").await).await, json!(false));

    // Without it, entering the key again does.
    server.stop().await;
    fs::write(&path, &other).unwrap();
    let server = server.restart().await;
    let tom = server.sign_in("tom").await;
    assert_eq!(enter_again(&tom).await, json!(true));
    assert_eq!(tom.put("/api/v1/api-keys/anthropic", json!({"key": KEY})).await.0, 200);
    assert_eq!(enter_again(&tom).await, json!(false));
}
