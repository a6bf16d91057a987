//! A question to the owner while something else happens: a person in the terminal, a nanobot that is gone.

use std::time::Duration;

use autocode_nanobot::protocol::{ApprovalPolicy, Event, Phase, StepStatus};
use autocode_tmux::Key;

use super::{LIMIT, asked, commands, decisions, is_help, is_running, phases, scenario};
use crate::support::Project;

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_withdrawn_when_a_person_settles_it_in_the_terminal() {
    let rules = commands(&["touch made", "touch other"]);
    let mut project = Project::scripted(&scenario(&rules), ApprovalPolicy::AskMe).await;
    project.start().await;
    project.until(LIMIT, is_help).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    // Accepts the first; the second is asked about at once.
    project.press(Key::Enter).await;
    project
        .until(LIMIT, |event| matches!(event, Event::Log { message, .. } if message.contains("touch other")))
        .await;
    assert!(project.exists("made"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_in_the_terminal_ends_the_pause() {
    // Long enough to be seen at work before the tool has run.
    let rules = commands(&["timeout 8 tail -f /dev/null; touch made"]);
    let mut project = Project::scripted(&scenario(&rules), ApprovalPolicy::AskMe).await;
    project.start().await;
    project.until(LIMIT, is_help).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    project.press(Key::Enter).await;
    let events = project.until_end(LIMIT).await;
    assert_eq!(phases(&events), [Phase::Running, Phase::Paused, Phase::Running, Phase::Completed]);
    assert_eq!(decisions(&events, "answered in the terminal").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_turn_withdraws_its_question() {
    let rules = commands(&["touch made"]);
    let mut project = Project::scripted(&scenario(&rules), ApprovalPolicy::AskMe).await;
    project.start().await;
    project.until(LIMIT, is_help).await;
    project.press(Key::Escape).await;
    project.until(LIMIT, is_running).await;
    let events = project.until(LIMIT, is_help).await;
    let (question, _) = asked(&events).pop().unwrap();
    assert!(question.contains("interrupted"), "{question}");
    assert!(!project.exists("made"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_nanobot_denies_nothing_and_asks_again() {
    let rules = commands(&["touch made"]);
    let mut project = Project::scripted(&scenario(&rules), ApprovalPolicy::AskMe).await;
    project.start().await;
    project.until(LIMIT, is_help).await;
    project.kill_nanobot().await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    project.start().await;
    project.until(LIMIT, is_help).await;
    // And once more, in order this time.
    assert!(project.stop().await.success());
    project.start().await;
    project.until(LIMIT, is_help).await;
    assert!(!project.exists("made"));
    project.answer("allow").await;
    let events = project.until_end(LIMIT).await;
    assert_eq!(asked(&events).len(), 3);
    assert_eq!(decisions(&events, "Denied"), Vec::<String>::new());
    assert_eq!(decisions(&events, "Allowed Bash touch made").len(), 1);
    assert_eq!((project.count_prompts("# Step 1"), project.count_prompts("# Continue step 1")), (1, 0));
    let done =
        |event: &Event| matches!(event, Event::StepUpdated { step } if step.status == StepStatus::Completed);
    assert_eq!(events.iter().filter(|event| done(event)).count(), 1);
}
