//! Pausing a project: its instance ends, its terminal session stays, and a start goes on.

use app::model::InstanceStatus;
use autocode_runner::protocol::Request;
use serde_json::{Value, json};

use crate::{
    common::problem,
    control::{agent, running, three_steps},
};

#[tokio::test]
async fn a_pause_leaves_the_terminal_and_a_start_goes_on() {
    let mut run = running(agent(), three_steps()).await;
    let post = async |what: &str| run.tom.post(&format!("/api/v1/projects/1/{what}"), json!({})).await;
    let (status, answer) = post("pause").await;
    assert_eq!((status, &answer["status"]), (202, &json!("paused")), "{answer}");
    let Request::StopInstance { instance_id, end_session } = run.runner.next().await else {
        panic!("the runner was not told to stop");
    };
    assert_eq!((instance_id, end_session), (1, None));
    let (_, project) = run.tom.get("/api/v1/projects/1").await;
    let seen = (&project["status"], &project["running"], &project["question"]);
    assert_eq!(seen, (&json!("paused"), &json!(false), &Value::Null));
    assert!(project["status_reason"].as_str().unwrap().starts_with("Paused."), "{project}");
    assert_eq!(post("pause").await, (409, problem(409, "Conflict", "The project does not run.")));

    let (_, instances) = run.tom.get("/api/v1/agents/1/instances").await;
    assert_eq!(instances[0]["status"], serde_json::to_value(InstanceStatus::Stopped).unwrap());
    assert_eq!(post("start").await.0, 202);
    assert!(
        matches!(run.runner.next().await, Request::StartInstance(start) if start.config.instance_id == 2)
    );

    // Stopping ends the session too, also that of a project that is paused.
    assert_eq!(post("pause").await.0, 202);
    assert!(matches!(run.runner.next().await, Request::StopInstance { end_session: None, .. }));
    assert_eq!(post("stop").await.0, 202);
    let Request::StopInstance { end_session, .. } = run.runner.next().await else { panic!("not stopped") };
    assert_eq!(end_session.as_deref(), Some("tom-shop"));
}
