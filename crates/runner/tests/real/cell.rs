//! The runner inside a real sandbox.

use autocode_runner::protocol::{Answer, Request};
use autocode_sandbox::{Canaries, CellSpec, Network, SandboxMode, launch};
use futures::SinkExt;
use tokio::time::timeout;

use crate::{
    client::json,
    common::{LIMIT, World},
};

#[tokio::test]
async fn a_sandboxed_runner_starts_nanobots_and_tmux_and_shows_terminals() {
    let world = World::new();
    let exe = std::env::current_exe().unwrap();
    let doors = world.path("doors");
    std::fs::create_dir(&doors).unwrap();
    std::fs::create_dir(world.path("bait")).unwrap();
    std::fs::create_dir_all(world.path("users/eva")).unwrap();
    let canaries = Canaries::lay(&world.path("bait"), &world.path("users"), &[]).unwrap();
    canaries.challenge().write(&doors).unwrap();
    let spec = CellSpec {
        doors: Some(doors),
        programs: vec!["/usr/bin/true".into()],
        read_only: vec![exe.parent().unwrap().to_owned(), world.path("bin")],
        mode: SandboxMode::Required,
        network: Network::Private,
        ..CellSpec::new(world.path("tom"), world.path("run"), world.path("bin/autocode"))
    };
    let mut cell = launch(&spec, &["runner".into()]).await.unwrap();
    let mut client = world.client(0).await;
    // What the machine does not give this test (root, an account a user, control groups) is tested elsewhere.
    let holds = client.facts.named().map(|(name, fact)| (name, fact.holds));
    let walls = ["Bubblewrap", "Own files", "Own processes", "Private network"].map(|name| (name, true));
    assert_eq!(holds[..4], walls, "{:#?}", client.facts);
    assert_eq!(client.facts.level(), 2);
    client.start(world.start(1, "shop")).await;
    client.expect_log("run 1").await;
    client.say(1, "tmux").await;
    client.expect_log("tmux 0").await;
    let mut terminal = world.terminal("tom-shop").await;
    assert_eq!(json(&mut terminal).await.unwrap()["type"], "opened");
    terminal.close().await.unwrap();
    assert_eq!(client.ask(Request::Shutdown).await, Answer::Done);
    let status = timeout(LIMIT, cell.child.wait()).await.unwrap().unwrap();
    assert!(status.success(), "{status}");
}
