//! The real opencode in real tmux, driven through a plan against the scripted model.
//!
//! The CLI's path comes from `AUTOCODE_OPENCODE`; without it, it is the one that npm installed for this repository.

use std::time::Duration;

use crate::dialogs::{bash, coding, decisions, says, scenario};
use crate::support::{
    Project,
    milestones::{THREE_STEPS, milestones},
};
use autocode_nanobot::protocol::{ApprovalPolicy, CliKind, Event};

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_of_three_steps_is_finished_with_opencode() {
    let mut project = Project::with_cli(CliKind::Opencode, "demo/builder", Some(vec!["1", "2", "3"])).await;
    project.start().await;
    let events = project.until_end(Duration::from_secs(300)).await;
    assert_eq!(milestones(&events), THREE_STEPS);
    for prompt in ["# Step 1", "# Step 2", "# Fix step 2", "# Step 3"] {
        assert_eq!(project.count_prompts(prompt), 1, "{prompt}: {:?}", project.prompts());
    }
    assert_eq!(project.git(&["rev-list", "--count", "HEAD"]).trim(), "3");
    assert!(project.session_lives().await, "the terminal stays for the user to look at");
    project.assert_no_secret_on_disk();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_opencode_goes_on_with_its_conversation() {
    let mut project = Project::with_cli(CliKind::Opencode, "demo/slow", Some(vec!["1"])).await;
    project.start().await;
    project.until(Duration::from_secs(120), |event| matches!(event, Event::TurnStarted { .. })).await;
    // In the middle of the turn: before the first answer, opencode would send the task and what follows it as one message.
    let second = || project.demo_turns("# Step 1") > 1;
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    while !second() && tokio::time::Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    project.kill_cli().await;
    project.until_log(Duration::from_secs(30), "with its conversation").await;
    let events = project.until_end(Duration::from_secs(180)).await;
    assert_eq!(milestones(&events).last().unwrap(), "Completed");
    assert_eq!((project.count_prompts("# Step 1"), project.count_prompts("# Continue step 1")), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_token_pauses_opencode_and_an_answer_goes_on() {
    let mut project = Project::with_cli(CliKind::Opencode, "demo/builder", Some(vec!["1"])).await;
    project.refuse(true);
    project.start().await;
    let events =
        project.until(Duration::from_secs(150), |event| matches!(event, Event::HelpRequested { .. })).await;
    let Some(Event::HelpRequested { question, .. }) = events.last() else { panic!("{events:?}") };
    assert!(question.contains("Settings"), "{question}");
    project.refuse(false);
    project.answer("The key is in place: go on").await;
    let events = project.until_end(Duration::from_secs(120)).await;
    assert_eq!(milestones(&events).last().unwrap(), "Completed");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_opencode_may_do_is_decided_by_the_policy() {
    let calls = [bash("touch made"), bash("cat /etc/hostname > copied")];
    let calls: Vec<_> = calls.iter().map(|(tool, input)| (*tool, input.as_str())).collect();
    let rules = coding(&calls)
        + &says("approval", "touch made", r#"{"decision": "allow", "reason": "The step needs it."}"#);
    let mut project =
        Project::scripted_for(CliKind::Opencode, &scenario(&rules), ApprovalPolicy::AskModel).await;
    project.start().await;
    let events = project.until_end(Duration::from_secs(180)).await;
    assert_eq!(
        decisions(&events, "(policy ask model)"),
        [
            "Allowed Bash touch made: the model says: The step needs it (policy ask model).",
            "Denied external_directory /etc/*: /etc/* lies outside the workspace (policy ask model).",
        ]
    );
    assert_eq!((project.exists("made"), project.exists("copied")), (true, false));
}
