//! Reading what a step changed, through the runner, while an instance works there and after it.

use std::fs;

use autocode_runner::protocol::{Answer, Request};

use crate::common::{World, git};

#[tokio::test]
async fn changes_are_read_while_an_instance_works_and_after_it() {
    let mut world = World::new();
    world.spawn("serve");
    let mut client = world.client(0).await;
    client.start(world.start(1, "shop")).await;
    client.expect_log("run 1").await;
    let folder = world.path("tom/projects/shop");
    fs::write(folder.join("work"), "1\n").unwrap();
    git(&folder, &["add", "work"]);
    git(&folder, &["commit", "-qm", "One"]);
    let commit = git(&folder, &["rev-parse", "HEAD"]);
    fs::write(folder.join("work"), "2\n").unwrap();

    let ask = |commit: Option<String>| Request::Changes { folder: "shop".into(), commit };
    let Answer::Changes { files, more_files: 0 } = client.ask(ask(None)).await else { panic!() };
    let work = files.iter().find(|file| file.path == "work").unwrap();
    assert_eq!(work.diff, "@@ -1 +1 @@\n-1\n+2\n");
    let stop = Request::StopInstance { instance_id: 1, end_session: None };
    assert_eq!(client.ask(stop).await, Answer::Done);
    let Answer::Changes { files, .. } = client.ask(ask(Some(commit))).await else { panic!() };
    let work = files.iter().find(|file| file.path == "work").unwrap();
    assert_eq!(work.diff, "@@ -0,0 +1 @@\n+1\n");
    let Answer::Failed { message } = client.ask(ask(Some("0".repeat(40)))).await else { panic!() };
    assert!(message.contains("no longer in the repository"), "{message}");
    let outside = Request::Changes { folder: "../eve".into(), commit: None };
    assert!(matches!(client.ask(outside).await, Answer::Failed { .. }));
}
