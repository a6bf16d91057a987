//! A tmux server that hangs, or that is none, at the user's own socket: the runner notices and goes on answering.

use std::{
    io::{Read as _, Write as _},
    os::unix::net::{UnixListener, UnixStream},
    time::{Duration, Instant},
};

use autocode_runner::protocol::{Answer, Request};
use autocode_tmux::TIME_LIMIT;

use crate::common::World;

/// Accepts every connection and does with it what `what` says, for as long as the test runs.
fn impostor(world: &World, what: fn(UnixStream)) {
    let listener = UnixListener::bind(world.path("run/tmux.sock")).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || what(stream));
        }
    });
}

fn needs_tmux() -> Request {
    Request::RemoveProject { folder: "shop".to_owned(), session: "tom-shop".to_owned() }
}

#[tokio::test]
async fn a_hanging_tmux_server_delays_only_what_needs_it_and_that_for_a_limited_time() {
    let mut world = World::new();
    world.spawn("serve");
    let mut client = world.client(0).await;
    impostor(&world, |mut stream| {
        // Reads what it is sent and never answers.
        std::io::copy(&mut stream, &mut std::io::sink()).ok();
    });
    let asked = Instant::now();
    let slow = client.tell(needs_tmux()).await;
    let mut slowest = Duration::ZERO;
    for _ in 0..10 {
        let quick = Instant::now();
        assert_eq!(client.ask(Request::ListInstances).await, Answer::Instances { instance_ids: Vec::new() });
        slowest = slowest.max(quick.elapsed());
    }
    assert!(slowest < Duration::from_secs(1), "a request without tmux waited {slowest:?}");
    let answer = client.answer(slow).await;
    let waited = asked.elapsed();
    println!("other requests waited at most {slowest:?}; the one for tmux got {answer:?} after {waited:?}");
    assert!(matches!(answer, Answer::Failed { .. }), "{answer:?}");
    assert!(waited < TIME_LIMIT * 2, "{waited:?}");
}

#[tokio::test]
async fn a_tmux_server_that_talks_nonsense_is_an_error_and_no_more() {
    let mut world = World::new();
    world.spawn("serve");
    let mut client = world.client(0).await;
    impostor(&world, |mut stream| {
        let mut head = [0; 64];
        let heard = stream.read(&mut head);
        assert!(heard.is_ok(), "{heard:?}");
        // A frame that claims to be endless, and far more than a client wants to read.
        for _ in 0..64 {
            if stream.write_all(&[0xff; 65_536]).is_err() {
                return;
            }
        }
    });
    let answer = client.ask(needs_tmux()).await;
    println!("the request for tmux got {answer:?}");
    // tmux's client takes such a server for one that ended, and then there is no session to end.
    assert!(matches!(answer, Answer::Failed { .. } | Answer::Done), "{answer:?}");
    assert_eq!(client.ask(Request::ListInstances).await, Answer::Instances { instance_ids: Vec::new() });
}
