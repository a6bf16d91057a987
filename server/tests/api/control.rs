//! What the control loop is told and what it tells, from the API to the runner's socket and back.

use autocode_nanobot::protocol::{
    ApprovalPolicy, CliKind, Command, Diagnosis, Event, Limits, Phase, Step, StepStatus,
};
use autocode_runner::protocol::{Request, StartInstance};
use serde_json::{Value, json};
use tokio::time::{Duration, Instant, sleep};

use crate::{
    common::{Client, TestServer, not_found, problem},
    fake_runner::FakeRunner,
};

/// Asks until the answer is as wanted; the last answer.
pub async fn until(client: &Client, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let (_, answer) = client.get(path).await;
        if wanted(&answer) {
            return answer;
        }
        assert!(Instant::now() < deadline, "{path} stays {answer}");
        sleep(Duration::from_millis(20)).await;
    }
}

/// A server with a project that a pretended runner works on.
pub struct Running {
    pub server: TestServer,
    pub tom: Client,
    pub runner: FakeRunner,
    order: StartInstance,
}

pub async fn running(agent: Value, project: Value) -> Running {
    let server = TestServer::start().await;
    let tom = server.new_user("tom").await;
    let mut runner = FakeRunner::listen(&server, "tom");
    assert_eq!(tom.post("/api/v1/agents", agent).await.0, 201);
    let (status, made) = tom.post("/api/v1/agents/1/projects", project).await;
    assert_eq!(status, 201, "{made}");
    let (status, answer) = tom.post("/api/v1/projects/1/start", json!({})).await;
    assert_eq!(status, 202, "{answer}");
    let Request::StartInstance(order) = runner.next().await else { panic!("not a start") };
    Running { server, tom, runner, order: *order }
}

pub fn three_steps() -> Value {
    let step = |id: &str| json!({"id": id, "title": format!("Step {id}")});
    json!({"name": "Shop", "implementation_plan": {"steps": [step("a"), step("b"), step("c")]}})
}

pub fn agent() -> Value {
    json!({"name": "Builder", "model": "demo/builder"})
}

pub async fn set_running(run: &Running, id: &str, status: StepStatus) {
    let commit = (status == StepStatus::Completed).then(|| "abc".to_owned());
    let title = format!("Step {id}");
    let step = Step { id: id.to_owned(), title, status, attempts: 1, commit, ..Step::default() };
    run.runner.tell(1, Event::StepUpdated { step }).await;
}

fn step_states(project: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let steps = project["implementation_plan"]["steps"].as_array().unwrap();
    steps.iter().map(|step| (text(&step["id"]), text(&step["status"]))).collect()
}

fn states(wanted: &[(&str, &str)]) -> Vec<(String, String)> {
    wanted.iter().map(|(id, status)| ((*id).to_owned(), (*status).to_owned())).collect()
}

#[tokio::test]
async fn an_instance_is_told_what_agent_and_project_say() {
    let mut made = agent();
    made["coding_cli"] = json!({"kind": "generic", "command": " aider --yes "});
    made["approval_policy"] = "ask_model".into();
    let project = json!({
        "name": "Shop", "approval_policy": "ask_me", "approve_plan": true,
        "clone_url": " https://example.org/shop.git ",
    });
    let run = running(made, project).await;
    let StartInstance { config, clone_url, .. } = &run.order;
    let seen = (&config.agent.coding_cli, config.approval, config.project.approve_plan, clone_url.as_deref());
    let command = "aider --yes".to_owned();
    let url = Some("https://example.org/shop.git");
    assert_eq!(seen, (&CliKind::Generic { command }, ApprovalPolicy::AskMe, true, url));
    // The server's own setting, and nothing else of the limits.
    assert_eq!(config.limits, Limits { stall_secs: 240, ..Limits::default() });

    // The repository is fixed now; the rest may change.
    let other = json!({"name": "Shop", "clone_url": "https://example.org/other.git"});
    let (status, answer) = run.tom.put("/api/v1/projects/1", other).await;
    assert_eq!((status, &answer["errors"][0]["field"]), (422, &json!("clone_url")));
    let (status, changed) = run.tom.put("/api/v1/projects/1", json!({"name": "Shop"})).await;
    let kept = (&changed["clone_url"], &changed["approval_policy"], &changed["approve_plan"]);
    assert_eq!((status, kept), (200, (&json!(url), &Value::Null, &json!(false))));
}

#[tokio::test]
async fn a_project_without_a_policy_follows_its_agent() {
    let mut made = agent();
    made["approval_policy"] = "ask_model".into();
    let run = running(made, json!({"name": "Shop"})).await;
    let config = &run.order.config;
    let seen = (&config.agent.coding_cli, config.approval, config.project.approve_plan);
    assert_eq!(seen, (&CliKind::Claude, ApprovalPolicy::AskModel, false));
    assert_eq!(run.order.clone_url, None);
}

#[tokio::test]
async fn a_question_comes_with_all_that_helps_and_goes_with_it() {
    let mut run = running(agent(), three_steps()).await;
    run.runner.tell(1, Event::PhaseChanged { phase: Phase::Paused, reason: Some("It asks.".into()) }).await;
    let help = Event::HelpRequested {
        question: "Which currency?".to_owned(),
        screen: "> which?\n".to_owned(),
        suggestions: vec!["Euro".to_owned(), " ".to_owned(), "x".repeat(2_000), "Yen".to_owned()],
        resumes_at: Some(1_800_000_000_000),
    };
    run.runner.tell(1, help).await;
    let asked = until(&run.tom, "/api/v1/projects/1", |p| p["question"] != Value::Null).await;
    let seen = json!([
        asked["status"],
        asked["question"],
        asked["suggestions"],
        asked["help_screen"],
        asked["resumes_at"]
    ]);
    let wanted = json!(["paused", "Which currency?", ["Euro", "Yen"], "> which?\n", "2027-01-15T08:00:00Z"]);
    assert_eq!(seen, wanted);
    assert_eq!(run.tom.get("/api/v1/projects/1/logs").await.1, json!([]), "the screen is not logged too");

    assert_eq!(run.tom.post("/api/v1/projects/1/answer", json!({"text": "Yen"})).await.0, 204);
    let answered = run.runner.next().await;
    assert!(
        matches!(&answered, Request::Command { instance_id: 1, command: Command::Answer { text } } if text == "Yen"),
        "{answered:?}"
    );
    run.runner.tell(1, Event::PhaseChanged { phase: Phase::Running, reason: None }).await;
    let on = until(&run.tom, "/api/v1/projects/1", |p| p["status"] == "running").await;
    let seen = json!([on["question"], on["suggestions"], on["help_screen"], on["resumes_at"]]);
    assert_eq!(seen, json!([null, [], null, null]));
}

#[tokio::test]
async fn the_last_diagnosis_is_kept_and_changes_nothing_else() {
    let run = running(agent(), three_steps()).await;
    let before = run.tom.get("/api/v1/projects/1").await;
    assert_eq!(run.tom.get("/api/v1/projects/1/diagnosis").await, (200, Value::Null));
    let seen = |decision: &str| Diagnosis {
        cli: "Claude Code".to_owned(),
        process: "alive".to_owned(),
        activity: "busy".to_owned(),
        activity_since: 1_000,
        screen: Some("busy".to_owned()),
        phase: "prompt sent".to_owned(),
        decision: decision.to_owned(),
        decided_at: 2_000,
        ..Diagnosis::default()
    };
    for decision in ["first", "last"] {
        run.runner.tell(1, Event::Diagnosed(Box::new(seen(decision)))).await;
    }
    let stored = until(&run.tom, "/api/v1/projects/1/diagnosis", |d| d["decision"] == "last").await;
    let wanted = json!({
        "cli": "Claude Code", "process": "alive", "activity": "busy", "activity_since": "1970-01-01T00:00:01Z",
        "signal": null, "signal_at": null, "screen": "busy", "screen_evidence": null, "phase": "prompt sent",
        "decision": "last", "decided_at": "1970-01-01T00:00:02Z",
    });
    assert_eq!(stored, wanted);
    assert_eq!(run.tom.get("/api/v1/projects/1").await, before);
    assert_eq!(run.tom.get("/api/v1/projects/1/logs").await.1, json!([]));
}

#[tokio::test]
async fn a_plan_changed_while_it_runs_reaches_the_nanobot() {
    let mut run = running(agent(), three_steps()).await;
    set_running(&run, "a", StepStatus::Completed).await;
    until(&run.tom, "/api/v1/projects/1", |p| step_states(p)[0].1 == "completed").await;
    let steps = json!([
        {"id": "c", "title": "Last first"}, {"id": "b", "title": "Step b", "status": "skipped"},
        {"title": "New", "depends_on": ["c"]},
    ]);
    let draft = json!({"name": "Shop", "implementation_plan": {"steps": steps}});
    let (status, changed) = run.tom.put("/api/v1/projects/1", draft).await;
    let wanted = states(&[("a", "completed"), ("c", "pending"), ("b", "skipped"), ("4", "pending")]);
    assert_eq!((status, step_states(&changed)), (200, wanted));
    assert_eq!(changed["current_step"], 1);
    let Request::Command { instance_id: 1, command: Command::UpdatePlan { steps } } = run.runner.next().await
    else {
        panic!("the nanobot was not told")
    };
    let told: Vec<_> = steps.iter().map(|s| (s.id.as_str(), s.title.as_str(), s.status)).collect();
    let wanted = [
        ("a", "Step a", StepStatus::Completed),
        ("c", "Last first", StepStatus::Pending),
        ("b", "Step b", StepStatus::Skipped),
        ("4", "New", StepStatus::Pending),
    ];
    assert_eq!(told, wanted);
    let Request::Command { instance_id: 1, command: Command::UpdateContext(texts) } = run.runner.next().await
    else {
        panic!("the nanobot was not told of the texts")
    };
    assert_eq!((texts.project_name.as_str(), texts.agent_name.as_str()), ("Shop", "Builder"));
}

#[tokio::test]
async fn a_project_goes_back_and_is_brought_forward_again() {
    let mut run = running(agent(), three_steps()).await;
    for id in ["a", "b"] {
        set_running(&run, id, StepStatus::Completed).await;
    }
    until(&run.tom, "/api/v1/projects/1", |p| step_states(p)[1].1 == "completed").await;
    let busy = problem(409, "Conflict", "The agent is working on these files: stop the project first.");
    let back = json!({"to_step": "a"});
    assert_eq!(run.tom.post("/api/v1/projects/1/undo", back.clone()).await, (409, busy.clone()));
    assert_eq!(run.tom.post("/api/v1/projects/1/redo", json!({"undo_id": 1})).await, (409, busy));

    assert_eq!(run.tom.post("/api/v1/projects/1/stop", json!({})).await.0, 202);
    assert!(matches!(run.runner.next().await, Request::StopInstance { .. }));
    for (body, field) in [(json!({}), "to_step"), (json!({"to_step": "c"}), "to_step")] {
        let (status, answer) = run.tom.post("/api/v1/projects/1/undo", body).await;
        assert_eq!((status, &answer["errors"][0]["field"]), (422, &json!(field)));
    }
    let (status, undone) = run.tom.post("/api/v1/projects/1/undo", back).await;
    assert_eq!(status, 200, "{undone}");
    assert_eq!(step_states(&undone), states(&[("a", "completed"), ("b", "pending"), ("c", "pending")]));
    let reason = "Went back to the end of \u{201c}Step a\u{201d}.";
    assert_eq!(json!([undone["status"], undone["status_reason"]]), json!(["paused", reason]));
    let Request::Undo { folder, session, plan, to_step } = run.runner.next().await else { panic!("no undo") };
    assert_eq!(
        (folder.as_str(), session.as_str(), plan.len(), to_step.as_str()),
        ("shop", "tom-shop", 3, "a")
    );

    let (_, undos) = run.tom.get("/api/v1/projects/1/undos").await;
    let entry = |undone_at: &Value| json!([{"id": 1, "label": "Step a", "created_at": undos[0]["created_at"], "undone_at": undone_at}]);
    assert_eq!(undos, entry(&Value::Null));
    assert_eq!(run.tom.post("/api/v1/projects/1/redo", json!({"undo_id": 2})).await, not_found());
    let (status, redone) = run.tom.post("/api/v1/projects/1/redo", json!({"undo_id": 1})).await;
    assert_eq!((status, &redone["status"]), (200, &json!("completed")), "{redone}");
    let (_, undos) = run.tom.get("/api/v1/projects/1/undos").await;
    assert_eq!(undos, entry(&undos[0]["undone_at"].clone()));
    assert_ne!(undos[0]["undone_at"], Value::Null);
    // Brought back once is enough.
    assert_eq!(run.tom.post("/api/v1/projects/1/redo", json!({"undo_id": 1})).await, not_found());
    drop(run.server);
}

#[tokio::test]
async fn what_the_runner_cannot_undo_is_said_and_changes_nothing() {
    let steps = json!({"steps": [{"id": "dirty", "title": "Step dirty"}]});
    let mut run = running(agent(), json!({"name": "Shop", "implementation_plan": steps})).await;
    set_running(&run, "dirty", StepStatus::Completed).await;
    until(&run.tom, "/api/v1/projects/1", |p| step_states(p)[0].1 == "completed").await;
    run.tom.post("/api/v1/projects/1/stop", json!({})).await;
    assert!(matches!(run.runner.next().await, Request::StopInstance { .. }));
    let before = run.tom.get("/api/v1/projects/1").await;
    let answer = run.tom.post("/api/v1/projects/1/undo", json!({"to_step": "dirty"})).await;
    assert_eq!(answer, (409, problem(409, "Conflict", "A merge is under way in the workspace.")));
    assert_eq!(run.tom.get("/api/v1/projects/1").await, before);
    assert_eq!(run.tom.get("/api/v1/projects/1/undos").await, (200, json!([])));
}
