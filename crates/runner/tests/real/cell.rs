//! The runner inside a real sandbox.

use autocode_runner::protocol::{Answer, Request};
use autocode_sandbox::{CellSpec, SandboxMode, launch};
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
    let spec = CellSpec {
        home: world.path("tom"),
        run_dir: world.path("run"),
        autocode: world.path("bin/autocode"),
        programs: vec!["/usr/bin/true".into()],
        read_only: vec![exe.parent().unwrap().to_owned(), world.path("bin")],
        mode: SandboxMode::Required,
    };
    let mut cell = launch(&spec, &["runner".into()]).await.unwrap();
    let mut client = world.client(0).await;
    assert!(client.sandboxed);
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
