//! Going back to a checkpoint through the runner.

use std::fs;

use autocode_nanobot::protocol::{Step, StepStatus};
use autocode_runner::protocol::{Answer, Request};

use crate::common::{World, git};

fn request(plan: &[Step], to_step: &str) -> Request {
    Request::Undo {
        folder: "shop".into(),
        session: "tom-shop".into(),
        plan: plan.to_vec(),
        to_step: to_step.into(),
    }
}

#[tokio::test]
async fn files_and_plan_go_back_and_forth_while_nobody_works() {
    let mut world = World::new();
    world.spawn("serve");
    let mut client = world.client(0).await;
    client.start(world.start(1, "shop")).await;
    client.expect_log("run 1").await;
    let folder = world.path("tom/projects/shop");
    let mut plan: Vec<Step> =
        ["s1", "s2"].map(|id| Step { id: id.into(), title: id.into(), ..Step::default() }).into();
    for step in &mut plan {
        fs::write(folder.join("work"), &step.id).unwrap();
        git(&folder, &["add", "."]);
        git(&folder, &["commit", "-qm", &step.id]);
        step.commit = Some(git(&folder, &["rev-parse", "HEAD"]));
        step.status = StepStatus::Completed;
    }
    let Answer::Failed { message } = client.ask(request(&plan, "s1")).await else { panic!() };
    assert!(message.contains("stop it first"), "{message}");
    world.session("tom-shop", "exec cat").await;
    let stop = Request::StopInstance { instance_id: 1, end_session: None };
    assert_eq!(client.ask(stop).await, Answer::Done);

    let list = Request::ListUndos { folder: "shop".into() };
    assert_eq!(client.ask(list.clone()).await, Answer::Undos { undos: vec![] });
    let Answer::Plan { steps, undo_id } = client.ask(request(&plan, "s1")).await else { panic!() };
    let reopened = Step { id: "s2".into(), title: "s2".into(), ..Step::default() };
    assert_eq!(steps, [plan[0].clone(), reopened]);
    assert_eq!(fs::read_to_string(folder.join("work")).unwrap(), "s1");
    assert!(world.tmux.sessions().await.unwrap().is_empty());
    let Answer::Undos { undos } = client.ask(list).await else { panic!() };
    assert_eq!((undos.len(), &undos[0].id), (1, &undo_id));
    assert_eq!(undos[0].label, "Before going back to step s1: s1");

    let redo = |undo_id: &str| Request::Redo {
        folder: "shop".into(),
        session: "tom-shop".into(),
        plan: steps.clone(),
        undo_id: undo_id.into(),
    };
    let Answer::Plan { steps: back, .. } = client.ask(redo(&undo_id)).await else { panic!() };
    assert_eq!(back, plan);
    assert_eq!(fs::read_to_string(folder.join("work")).unwrap(), "s2");
    assert!(matches!(client.ask(redo("7")).await, Answer::Failed { .. }));

    // Nothing outside the projects folder can be meant.
    for folder in ["..", "/etc", "", "../../x", "missing", "shop/../.."] {
        let (folder, session) = (folder.to_owned(), "tom-shop".to_owned());
        let undo =
            Request::Undo { folder: folder.clone(), session, plan: plan.clone(), to_step: "s1".into() };
        assert!(matches!(client.ask(undo).await, Answer::Failed { .. }), "{folder}");
        let list = Request::ListUndos { folder: folder.clone() };
        assert!(matches!(client.ask(list).await, Answer::Failed { .. }), "{folder}");
    }
}
