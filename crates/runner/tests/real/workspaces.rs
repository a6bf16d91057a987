//! Workspaces that exist already, and ones that are cloned.

use std::{fs, path::PathBuf, process::Command, time::Duration};

use autocode_runner::protocol::{Answer, Request, StartInstance};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    time::Instant,
};

use crate::{
    client::Client,
    common::{World, git},
};

/// Serves files as any web server would; without a folder it accepts and never answers.
async fn web_server(root: Option<PathBuf>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut held = Vec::new();
    let serve = async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = vec![0u8; 16 * 1024];
            let count = stream.read(&mut head).await.unwrap();
            let Some(root) = &root else {
                held.push(stream);
                continue;
            };
            let head = String::from_utf8_lossy(&head[..count]).into_owned();
            let path = head.split(' ').nth(1).unwrap().split('?').next().unwrap().trim_start_matches('/');
            let (status, body) = match fs::read(root.join(path)) {
                Ok(body) => ("200 OK", body),
                Err(_) => ("404 Not Found", vec![]),
            };
            let head = format!(
                "HTTP/1.1 {status}\r\ncontent-type: text/plain\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            stream.write_all(head.as_bytes()).await.unwrap();
            stream.write_all(&body).await.unwrap();
            stream.shutdown().await.ok();
        }
    };
    tokio::task::spawn(serve);
    format!("http://{address}")
}

async fn refused(client: &mut Client, start: StartInstance) -> String {
    match client.ask(Request::StartInstance(Box::new(start))).await {
        Answer::Failed { message } => message,
        other => panic!("{other:?}"),
    }
}

/// Names in the projects folder.
fn projects(world: &World) -> Vec<String> {
    let entries = fs::read_dir(world.path("tom/projects")).unwrap();
    let mut names: Vec<_> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Processes of git that have this text in their arguments.
fn gits(text: &str) -> usize {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let lines = processes.filter_map(|entry| fs::read_to_string(entry.path().join("cmdline")).ok());
    lines.filter(|line| line.starts_with("git") && line.contains(text)).count()
}

#[tokio::test]
async fn an_existing_repository_is_adopted_as_it_is() {
    let mut world = World::new();
    world.spawn("serve");
    let mut client = world.client(0).await;
    let folder = world.path("tom/projects/old");
    fs::create_dir_all(folder.join(".claude")).unwrap();
    fs::write(folder.join(".claude/CLAUDE.md"), "mine").unwrap();
    git(&folder, &["init", "-q", "-b", "trunk"]);
    git(&folder, &["add", "."]);
    git(&folder, &["commit", "-q", "-m", "first"]);
    fs::write(folder.join("draft"), "unsaved").unwrap();
    client.start(world.start(1, "old")).await;
    client.expect_log("run 1").await;
    assert_eq!(git(&folder, &["symbolic-ref", "HEAD"]), "refs/heads/trunk");
    assert_eq!(fs::read_to_string(folder.join(".claude/CLAUDE.md")).unwrap(), "mine");
    assert_eq!(git(&folder, &["status", "--porcelain"]), "?? draft\n?? runs\n?? start.json");

    let detached = world.path("tom/projects/detached");
    git(&folder, &["clone", "-q", ".", detached.to_str().unwrap()]);
    git(&detached, &["checkout", "-q", "--detach"]);
    let config = fs::read(detached.join(".git/config")).unwrap();
    let message = refused(&mut client, world.start(2, "detached")).await;
    assert!(message.contains("Check out a branch first"), "{message}");
    assert_eq!(fs::read(detached.join(".git/config")).unwrap(), config);
    assert!(!detached.join(".nanobot").exists());

    let mut start = world.start(4, "x");
    start.config.project.workspace = world.path("elsewhere");
    let message = refused(&mut client, start).await;
    assert!(message.contains("not in the projects folder"), "{message}");
}

#[tokio::test]
async fn a_repository_is_cloned_whole_or_not_at_all() {
    let mut world = World::new();
    world.spawn("serve");
    let mut client = world.client(0).await;
    let source = world.path("source");
    fs::create_dir(&source).unwrap();
    git(&source, &["init", "-q", "-b", "trunk"]);
    fs::write(source.join("a"), "x").unwrap();
    git(&source, &["add", "."]);
    git(&source, &["commit", "-q", "-m", "first"]);
    git(&source, &["update-server-info"]);
    let url = web_server(Some(source.clone())).await;

    let mut start = world.start(2, "new");
    start.clone_url = Some(format!("{url}/.git"));
    client.start(start.clone()).await;
    client.expect_log("run 1").await;
    let folder = world.path("tom/projects/new");
    assert_eq!(git(&folder, &["log", "--format=%s"]), "first");
    assert_eq!(fs::read_to_string(folder.join("a")).unwrap(), "x");
    assert_eq!(projects(&world), ["new"]);

    // What is there is not cloned over.
    let stop = Request::StopInstance { instance_id: 2, end_session: None };
    assert_eq!(client.ask(stop).await, Answer::Done);
    fs::write(folder.join("a"), "mine").unwrap();
    start.clone_url = Some("https://tom:secret-token@127.0.0.1:1/x.git".into());
    client.start(start.clone()).await;
    assert_eq!(fs::read_to_string(folder.join("a")).unwrap(), "mine");

    start.config.instance_id = 3;
    start.config.project.workspace = world.path("tom/projects/none");
    let message = refused(&mut client, start.clone()).await;
    assert!(message.contains("git clone") && !message.contains("secret-token"), "{message}");
    for url in ["ext::touch it", "--upload-pack=touch it", "/etc", &format!("file://{}", source.display())] {
        start.clone_url = Some(url.to_owned());
        let message = refused(&mut client, start.clone()).await;
        assert!(message.contains("cannot be cloned from"), "{message}");
    }
    let mut broken = start.clone();
    fs::remove_dir_all(source.join(".git/objects")).unwrap();
    broken.clone_url = Some(format!("{url}/.git"));
    let message = refused(&mut client, broken).await;
    assert!(message.contains("git clone"), "{message}");
    assert_eq!(projects(&world), ["new", "none"]);
    assert_eq!(fs::read_dir(world.path("tom/projects/none")).unwrap().count(), 0);
}

#[tokio::test]
async fn a_stop_ends_a_clone_at_once() {
    let mut world = World::new();
    let runner = world.spawn("serve");
    let url = web_server(None).await;
    for (id, request) in [
        (1, Request::StopInstance { instance_id: 1, end_session: Some("tom-shop".into()) }),
        (2, Request::RemoveProject { folder: "shop".into(), session: "tom-shop".into() }),
    ] {
        let mut first = world.client(0).await;
        let mut start = world.start(id, "shop");
        start.clone_url = Some(url.clone());
        first.tell(Request::StartInstance(Box::new(start))).await;
        let deadline = Instant::now() + crate::common::LIMIT;
        while gits(&url) == 0 {
            assert!(Instant::now() < deadline);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let mut second = world.client(0).await;
        let begun = Instant::now();
        assert_eq!(second.ask(request).await, Answer::Done);
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
        assert_eq!(gits(&url), 0);
        assert_eq!(second.ask(Request::ListInstances).await, Answer::Instances { instance_ids: vec![] });
        let left = projects(&world);
        assert!(left.iter().all(|name| !name.starts_with('.')), "{left:?}");
    }
    // The runner itself ends in the middle of one.
    let mut first = world.client(0).await;
    let mut start = world.start(3, "shop");
    start.clone_url = Some(url.clone());
    first.tell(Request::StartInstance(Box::new(start))).await;
    while gits(&url) == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(Command::new("kill").arg(world.pid(runner).to_string()).status().unwrap().success());
    let begun = Instant::now();
    world.wait_exit(runner).await;
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert_eq!(gits(&url), 0);
}
