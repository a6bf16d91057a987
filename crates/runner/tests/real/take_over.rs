//! A person takes over a terminal from the nanobot: the command goes through the runner, and all viewers are told.

use autocode_nanobot::protocol::Hands;
use autocode_runner::protocol::{Answer, Request, TakenBy, TerminalNotice, TerminalRequest};

use crate::{
    client::Wire,
    common::World,
    viewer::{noticed, opened, request},
};

async fn told(wire: &mut Wire, hands: Option<Hands>, taken: TakenBy) {
    let wanted = TerminalNotice::Agent { hands, taken };
    noticed(wire, |notice| *notice == wanted).await;
}

#[tokio::test]
async fn taking_over_is_confirmed_by_the_nanobot_survives_its_crash_and_ends_by_hand() {
    let mut world = World::new();
    world.spawn("serve");
    let mut client = world.client(0).await;
    world.session("tom-shop", "exec cat").await;
    let mut early = opened(&world, "tom-shop").await;
    told(&mut early, None, TakenBy::Nobody).await;
    // Without a nanobot there is nothing to take over.
    request(&mut early, TerminalRequest::TakeOver).await;
    client.start(world.start(1, "shop")).await;
    client.expect_log("run 1").await;
    told(&mut early, Some(Hands::Near), TakenBy::Nobody).await;

    let mut late = opened(&world, "tom-shop").await;
    told(&mut late, Some(Hands::Near), TakenBy::Nobody).await;
    request(&mut early, TerminalRequest::TakeOver).await;
    client.expect_log("taken over").await;
    told(&mut early, Some(Hands::Off), TakenBy::You).await;
    told(&mut late, Some(Hands::Off), TakenBy::Another).await;

    client.say(1, "crash").await;
    client.event().await;
    client.expect_log("run 2").await;
    client.expect_log("taken over").await;
    told(&mut early, Some(Hands::Off), TakenBy::You).await;

    // Whoever looks may give it back.
    request(&mut late, TerminalRequest::GiveBack).await;
    client.expect_log("given back").await;
    told(&mut early, Some(Hands::Near), TakenBy::Nobody).await;
    told(&mut late, Some(Hands::Near), TakenBy::Nobody).await;

    request(&mut late, TerminalRequest::TakeOver).await;
    client.expect_log("taken over").await;
    let stop = Request::StopInstance { instance_id: 1, end_session: None };
    assert_eq!(client.ask(stop).await, Answer::Done);
    told(&mut early, None, TakenBy::Nobody).await;
}
