//! Sizes and taking over, without terminals.

use tokio::time::timeout;

use super::*;
use autocode_nanobot::protocol::Command;

fn session(name: &str) -> SessionName {
    name.parse().unwrap()
}

fn size(viewer: &Viewer) -> (Option<Size>, bool) {
    let scene = *viewer.scene.borrow();
    (scene.size, scene.leader == Some(viewer.number))
}

#[test]
fn who_acted_last_leads_looking_is_no_act_and_each_session_has_its_own() {
    let all = Viewers::default();
    let one = all.open(session("tom-shop"), (80, 24));
    let two = all.open(session("tom-shop"), (40, 12));
    let other = all.open(session("tom-site"), (90, 30));
    assert_eq!([size(&one), size(&two)], [(Some((80, 24)), true), (Some((80, 24)), false)]);
    assert_eq!(size(&other), (Some((90, 30)), true));
    // Who does not lead changes nothing by a new window size.
    two.resized((41, 13));
    assert_eq!(size(&one), (Some((80, 24)), true));
    two.acted();
    assert_eq!([size(&one), size(&two)], [(Some((41, 13)), false), (Some((41, 13)), true)]);
    one.resized((81, 25));
    drop(two);
    assert_eq!(size(&one), (Some((81, 25)), true));
    drop((one, other));
    assert!(all.all().sessions.is_empty());
}

fn taken(viewer: &Viewer) -> TakenBy {
    let scene = *viewer.scene.borrow();
    match viewer.notices(&scene) {
        [_, Some(TerminalNotice::Agent { taken, .. })] => taken,
        other => panic!("{other:?}"),
    }
}

async fn command(seat: &mut Seat) -> Option<Command> {
    timeout(Duration::from_millis(30), seat.next_command()).await.ok()
}

#[tokio::test]
async fn taking_over_reaches_the_nanobot_and_all_viewers_and_ends_with_the_viewer() {
    let all = Viewers { grace: Duration::from_millis(400), ..Viewers::default() };
    let one = all.open(session("tom-shop"), (80, 24));
    one.take_over();
    assert_eq!(taken(&one), TakenBy::Nobody, "there is no nanobot");
    let mut seat = all.seat(session("tom-shop"));
    let two = all.open(session("tom-shop"), (80, 24));
    assert!(command(&mut seat).await.is_none());
    one.take_over();
    assert_eq!([taken(&one), taken(&two)], [TakenBy::You, TakenBy::Another]);
    assert!(matches!(command(&mut seat).await, Some(Command::TakeOver)));
    // From one viewer to the other: for the nanobot nothing changes.
    two.take_over();
    assert_eq!([taken(&one), taken(&two)], [TakenBy::Another, TakenBy::You]);
    assert!(command(&mut seat).await.is_none());
    // A process that was started again is told again.
    seat.begin_anew();
    assert!(matches!(command(&mut seat).await, Some(Command::TakeOver)));
    one.give_back();
    assert!(matches!(command(&mut seat).await, Some(Command::GiveBack { by_itself: false })));

    // Gone and back within the time, then gone for good.
    two.take_over();
    assert!(matches!(command(&mut seat).await, Some(Command::TakeOver)));
    drop(two);
    assert_eq!(taken(&one), TakenBy::Another);
    let three = all.open(session("tom-shop"), (80, 24));
    three.take_over();
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(command(&mut seat).await.is_none());
    drop(three);
    assert!(command(&mut seat).await.is_none());
    let back = timeout(Duration::from_secs(5), seat.next_command()).await.unwrap();
    assert!(matches!(back, Command::GiveBack { by_itself: true }));
    assert_eq!(taken(&one), TakenBy::Nobody);
    drop((seat, one));
    assert!(all.all().sessions.is_empty());
}
