//! The real Codex CLI in real tmux, driven through a plan against the scripted model.
//!
//! The CLI's path comes from `AUTOCODE_CODEX`; without it, it is the one that npm installed for this repository.

use std::time::Duration;

use autocode_demo_llm::Role;

use crate::dialogs::{bash, coding, decisions, is_help, says, scenario};
use crate::support::{
    Project,
    milestones::{THREE_STEPS, milestones},
};
use autocode_nanobot::protocol::{ApprovalPolicy, CliKind, Event};

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_of_three_steps_is_finished_with_codex() {
    let mut project = Project::with_cli(CliKind::Codex, "demo/builder", Some(vec!["1", "2", "3"])).await;
    project.start().await;
    let events = project.until_end(Duration::from_secs(240)).await;
    assert_eq!(milestones(&events), THREE_STEPS);
    for prompt in ["# Step 1", "# Step 2", "# Fix step 2", "# Step 3"] {
        assert_eq!(project.count_prompts(prompt), 1, "{prompt}: {:?}", project.prompts());
    }
    assert_eq!(project.git(&["rev-list", "--count", "HEAD"]).trim(), "3");
    assert!(project.session_lives().await, "the terminal stays for the user to look at");
    project.assert_no_secret_on_disk();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_codex_goes_on_with_its_conversation() {
    let mut project = Project::with_cli(CliKind::Codex, "demo/slow", Some(vec!["1"])).await;
    project.start().await;
    project.until(Duration::from_secs(60), |event| matches!(event, Event::TurnStarted { .. })).await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    project.kill_cli().await;
    project.until_log(Duration::from_secs(30), "with its conversation").await;
    let events = project.until_end(Duration::from_secs(180)).await;
    assert_eq!(milestones(&events).last().unwrap(), "Completed");
    assert_eq!((project.count_prompts("# Step 1"), project.count_prompts("# Continue step 1")), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_token_pauses_codex_and_an_answer_goes_on() {
    let mut project = Project::with_cli(CliKind::Codex, "demo/builder", Some(vec!["1"])).await;
    project.refuse(true);
    project.start().await;
    let events =
        project.until(Duration::from_secs(90), |event| matches!(event, Event::HelpRequested { .. })).await;
    let Some(Event::HelpRequested { question, .. }) = events.last() else { panic!("{events:?}") };
    assert!(question.contains("Settings"), "{question}");
    project.refuse(false);
    project.answer("The key is in place: go on").await;
    let events = project.until_end(Duration::from_secs(120)).await;
    assert_eq!(milestones(&events).last().unwrap(), "Completed");
}

/// A project in which Codex makes these tool calls, one after the other.
async fn calling(calls: &[(&str, String)], rules: &str, approval: ApprovalPolicy) -> Project {
    let calls: Vec<_> = calls.iter().map(|(tool, input)| (*tool, input.as_str())).collect();
    let scenario = scenario(&(coding(&calls) + rules));
    let mut project = Project::scripted_for(CliKind::Codex, &scenario, approval).await;
    project.start().await;
    project
}

#[tokio::test(flavor = "multi_thread")]
async fn what_codex_may_do_is_decided_by_rules_and_the_model() {
    let calls = [
        bash("touch forbidden"),
        bash("cat /etc/hostname > copied"),
        bash("touch nonsense"),
        ("exec_command", "{ cmd = \"sh\", tty = true, yield_time_ms = 500 }".to_owned()),
        bash("touch made"),
    ];
    let rules = says("approval", "touch made", r#"{"decision": "allow", "reason": "The step needs it."}"#)
        + &says("approval", "touch forbidden", r#"{"decision": "deny", "reason": "Nobody asked for it."}"#)
        + &says("approval", "touch nonsense", "Yes.")
        + &says("approval", "sh", r#"{"decision": "allow", "reason": "It is a shell."}"#);
    let mut project = calling(&calls, &rules, ApprovalPolicy::AskModel).await;
    let events = project.until_end(Duration::from_secs(120)).await;
    let lines = decisions(&events, "(policy ask model)");
    assert_eq!(lines.len(), 5, "{lines:?}");
    assert_eq!(
        lines[..2],
        [
            "Denied Bash touch forbidden: the model says: Nobody asked for it (policy ask model).",
            "Denied Bash cat /etc/hostname > copied: /etc/hostname lies outside the workspace (policy ask model).",
        ]
    );
    assert!(lines[2].starts_with("Denied Bash touch nonsense: the model could not decide it ("), "{lines:?}");
    assert!(lines[3].starts_with("Allowed Bash sh: "), "{lines:?}");
    assert_eq!(lines[4], "Allowed Bash touch made: the model says: The step needs it (policy ask model).");
    let files = ["made", "forbidden", "copied", "nonsense"].map(|file| project.exists(file));
    assert_eq!(files, [true, false, false, false]);
    let told = project.requests(Role::Coding).join("\n");
    assert!(told.contains("AutoCode does not allow this: the model says: Nobody asked for it."), "{told}");
    // A program that reads what is typed could be told anything without another question.
    assert!(told.contains("TTY execution is disabled"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ask_me_puts_each_tool_call_of_codex_to_the_owner() {
    let calls = [bash("touch made"), bash("touch unwanted")];
    let mut project = calling(&calls, "", ApprovalPolicy::AskMe).await;
    let limit = Duration::from_secs(90);
    let events = project.until(limit, is_help).await;
    let Some(Event::HelpRequested { question, suggestions, .. }) = events.last() else {
        panic!("{events:?}")
    };
    assert!(question.starts_with("May the coding CLI use Bash touch made?"), "{question}");
    assert_eq!(suggestions, &["Allow", "Deny"]);
    // Longer than an unknown dialog would be left alone: nothing goes on without the owner.
    tokio::time::sleep(Duration::from_secs(13)).await;
    assert!(!project.exists("made"));
    project.answer("Allow").await;
    project.until(limit, is_help).await;
    assert!(project.exists("made"));
    project.answer("Deny").await;
    let events = project.until_end(limit).await;
    assert!(!project.exists("unwanted"));
    assert_eq!(
        decisions(&events, "(policy ask me)"),
        [
            "Allowed Bash touch made: the project's owner allowed it (policy ask me).",
            "Denied Bash touch unwanted: the project's owner denied it (policy ask me).",
        ]
    );
    assert_eq!(project.requests(Role::Approval).len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_nanobot_lets_no_tool_call_of_codex_through() {
    let mut project = calling(&[bash("touch made")], "", ApprovalPolicy::AskMe).await;
    let limit = Duration::from_secs(90);
    project.until(limit, is_help).await;
    project.kill_nanobot().await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(!project.exists("made"));
    project.start().await;
    project.until(limit, is_help).await;
    assert!(!project.exists("made"));
    project.answer("Allow").await;
    let events = project.until_end(limit).await;
    assert_eq!(milestones(&events).last().unwrap(), "Completed");
    assert_eq!(project.count_prompts("# Step 1"), 1);
}
