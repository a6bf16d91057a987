//! Permissions under each policy.

use std::time::Duration;

use autocode_demo_llm::Role;
use autocode_nanobot::protocol::{ApprovalPolicy, Event, Phase};

use super::{LIMIT, asked, bash, coding, commands, decisions, is_help, is_running, phases, says, scenario};
use crate::support::Project;

#[tokio::test(flavor = "multi_thread")]
async fn auto_allows_all_but_what_the_agent_works_under() {
    let rules = commands(&["touch made", "echo '{}' > .nanobot/config.json"]);
    let mut project = Project::scripted(&scenario(&rules), ApprovalPolicy::Auto).await;
    project.start().await;
    let events = project.until_end(LIMIT).await;
    assert_eq!(phases(&events), [Phase::Running, Phase::Completed]);
    assert_eq!(
        decisions(&events, "(policy auto)"),
        [
            "Allowed Bash touch made: inside the sandbox every tool may be used (policy auto).",
            "Denied Bash echo '{}' > .nanobot/config.json: it would change the rules, tools or approvals that the agent \
             works under, which only the project's owner may do (policy auto).",
        ]
    );
    assert!(project.file(".nanobot/config.json").contains("goal-word"));
    assert_eq!(project.requests(Role::Approval).len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn ask_model_decides_by_rules_then_by_the_model_and_denies_what_it_cannot_decide() {
    let write = "{ file_path = \"{{cwd}}/notes.md\", content = \"x\" }";
    let calls = [
        bash("mkdir made"),
        bash("cat /etc/hostname > copied"),
        bash("touch forbidden"),
        bash("touch nonsense"),
        ("Write", write.to_owned()),
    ];
    let calls: Vec<_> = calls.iter().map(|(tool, input)| (*tool, input.as_str())).collect();
    let rules = coding(&calls)
        + &says("approval", "mkdir made", r#"{"decision": "allow", "reason": "The step needs it."}"#)
        + &says("approval", "touch forbidden", r#"{"decision": "deny", "reason": "Nobody asked for it."}"#)
        + &says("approval", "touch nonsense", "Yes, {\"decision\": \"allow\"} is fine.");
    let mut project = Project::scripted(&scenario(&rules), ApprovalPolicy::AskModel).await;
    project.start().await;
    let events = project.until_end(LIMIT).await;
    assert_eq!(phases(&events), [Phase::Running, Phase::Completed]);
    let lines = decisions(&events, "(policy ask model)");
    assert_eq!(lines.len(), 5, "{lines:?}");
    assert_eq!(lines[0], "Allowed Bash mkdir made: the model says: The step needs it (policy ask model).");
    assert_eq!(
        lines[1],
        "Denied Bash cat /etc/hostname > copied: /etc/hostname lies outside the workspace (policy ask model)."
    );
    assert_eq!(
        lines[2],
        "Denied Bash touch forbidden: the model says: Nobody asked for it (policy ask model)."
    );
    assert!(
        lines[3].starts_with("Denied Bash touch nonsense: the model could not decide it ("),
        "{}",
        lines[3]
    );
    assert!(lines[4].starts_with("Allowed Write ") && lines[4].contains("changes a file of the workspace"));
    for absent in ["copied", "forbidden", "nonsense"] {
        assert!(!project.exists(absent), "{absent}");
    }
    assert!(project.exists("notes.md"));
    // One question each for the allowed and the forbidden call, two for the one that was answered with nonsense.
    let requests = project.requests(Role::Approval);
    assert_eq!(requests.len(), 4);
    for part in ["mkdir made", "goal-word", "architecture-word", "step-word", "<data>"] {
        assert!(requests[0].contains(part), "{part}: {}", requests[0]);
    }
    let told = project.requests(Role::Coding).pop().unwrap();
    assert!(told.contains("AutoCode does not allow this: the model says: Nobody asked for it."), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ask_me_puts_each_permission_to_the_owner() {
    let rules = commands(&["touch made", "touch unwanted"]);
    let mut project = Project::scripted(&scenario(&rules), ApprovalPolicy::AskMe).await;
    project.start().await;
    let events = project.until(LIMIT, is_help).await;
    assert_eq!(phases(&events), [Phase::Running, Phase::Paused]);
    let (question, suggestions) = asked(&events).pop().unwrap();
    assert!(question.starts_with("May the coding CLI use Bash touch made?"), "{question}");
    assert_eq!(suggestions, ["Allow", "Deny"]);
    assert!(!project.exists("made"));
    // Longer than an unknown dialog would be left alone: there is no second question about it.
    tokio::time::sleep(Duration::from_secs(13)).await;
    project.answer("Allow").await;
    project.until(LIMIT, is_running).await;
    let events = project.until(LIMIT, is_help).await;
    assert!(project.exists("made"));
    let Some(Event::HelpRequested { screen, .. }) = events.last() else { panic!("{events:?}") };
    assert!(screen.contains("touch unwanted") && screen.contains("Do you want to proceed?"), "{screen}");
    project.answer("No, the name is wrong.").await;
    let events = project.until_end(LIMIT).await;
    assert!(!project.exists("unwanted"));
    let paused_twice =
        [Phase::Running, Phase::Paused, Phase::Running, Phase::Paused, Phase::Running, Phase::Completed];
    assert_eq!(phases(&events), paused_twice);
    assert_eq!(asked(&events).len(), 2);
    assert_eq!(
        decisions(&events, "(policy ask me)"),
        [
            "Allowed Bash touch made: the project's owner allowed it (policy ask me).",
            "Denied Bash touch unwanted: the project's owner says: No, the name is wrong (policy ask me).",
        ]
    );
    let told = project.requests(Role::Coding).pop().unwrap();
    assert!(told.contains("the project's owner says: No, the name is wrong."), "{told}");
    assert_eq!((project.requests(Role::Approval).len(), project.judgements()), (0, 1));
}
