//! Questions and plans that no hook tells of: the user's own settings switch all hooks off, so that only the screen shows them.

use autocode_demo_llm::Role;
use autocode_nanobot::protocol::{ApprovalPolicy, Event, Phase};
use autocode_tmux::Key;

use super::{LIMIT, asked, bash, coding, decisions, is_help, is_running, phases, says, scenario};
use crate::support::Project;

const QUESTION: &str = "{ questions = [ { question = \"Which database?\", header = \"Database\", multiSelect = false, options = [ { label = \"SQLite\", description = \"One file\" }, { label = \"Postgres\", description = \"A server\" } ] } ] }";

/// What the coding model does when it is told to go on.
const GOES_ON: &str = r##"
[[rules]]
name = "goes-on"
role = "coding"
contains = ["# Continue step"]
turns = [
    { text = "Next.", tools = [{ name = "Bash", input = { command = "touch made", description = "x" } }] },
    { text = "I am through." },
]
"##;

/// How often the coding model was told the task, and to go on. What follows a closed dialog comes in one message with the
/// notice about the closed one, so that the journal does not list it as a prompt.
fn told(project: &Project) -> (usize, usize) {
    let last = project.requests(Role::Coding).pop().unwrap();
    (last.matches("# Step 1: ").count(), last.matches("# Continue step 1: ").count())
}

/// A project whose Claude Code calls no hook and may run `touch`.
async fn without_hooks(rules: &str, approval: ApprovalPolicy) -> Project {
    let mut project = Project::scripted(&scenario(rules), approval).await;
    project.write_home(
        "config/claude/settings.json",
        &serde_json::json!({"disableAllHooks": true, "permissions": {"allow": ["Bash(touch:*)"]}}),
    );
    project.start().await;
    project
}

fn asks_a_question(answer: &str) -> String {
    let (tool, touch) = bash("touch made");
    GOES_ON.to_owned()
        + &coding(&[("AskUserQuestion", QUESTION), (tool, &touch)])
        + &says("question", "Which database?", answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_on_the_screen_is_decided_closed_and_answered_by_a_prompt() {
    let rules = asks_a_question(r#"{"answer": "SQLite", "reason": "One file is enough."}"#);
    let mut project = without_hooks(&rules, ApprovalPolicy::Auto).await;
    let events = project.until_end(LIMIT).await;
    // The closed dialog leaves "Interrupted" on the screen and in the record; no person did that.
    assert_eq!(phases(&events), [Phase::Running, Phase::Completed]);
    assert_eq!(asked(&events), []);
    assert_eq!(decisions(&events, "with \u{201c}SQLite\u{201d}: One file is enough.").len(), 1);
    assert_eq!(decisions(&events, "only its screen shows").len(), 1);
    assert_eq!(told(&project), (1, 1));
    let told = project.requests(Role::Coding).pop().unwrap();
    assert!(told.contains("The answer is: SQLite"), "{told}");
    let request = &project.requests(Role::Question)[0];
    for part in ["Which database?", "Postgres", "goal-word"] {
        assert!(request.contains(part), "{part}: {request}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_on_the_screen_is_rejected_with_words_and_no_line_of_its_menu_is_chosen() {
    let plan = "{ plan = \"# Plan\\n\\nTwo files.\" }";
    let rules = GOES_ON.to_owned()
        + &coding(&[("EnterPlanMode", "{}"), ("ExitPlanMode", plan)])
        + &says(
            "question",
            "wants to exit plan mode",
            r#"{"answer": "One file is enough.", "reason": "The architecture says so."}"#,
        );
    let mut project = without_hooks(&rules, ApprovalPolicy::AskModel).await;
    let events = project.until_end(LIMIT).await;
    assert_eq!(phases(&events), [Phase::Running, Phase::Completed]);
    assert_eq!(decisions(&events, "The model rejected the coding CLI\u{2019}s plan").len(), 1);
    assert_eq!(told(&project), (1, 1));
    let told = project.requests(Role::Coding).pop().unwrap();
    assert!(told.contains("The plan is not approved. The model says: One file is enough."), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_nanobot_asks_again_and_sends_nothing_twice() {
    let rules = asks_a_question(r#"{"answer": null, "reason": "It costs money."}"#);
    let mut project = without_hooks(&rules, ApprovalPolicy::Auto).await;
    project.until(LIMIT, is_help).await;
    project.kill_nanobot().await;
    project.start().await;
    project.until(LIMIT, is_help).await;
    project.answer("Postgres").await;
    // The dialog is closed, and what is to be said is only on the disk.
    project.until_log(LIMIT, "telling the coding CLI the answer").await;
    project.kill_nanobot().await;
    project.start().await;
    let events = project.until_end(LIMIT).await;
    assert_eq!(phases(&events).last(), Some(&Phase::Completed));
    assert_eq!(asked(&events).len(), 2);
    assert_eq!(told(&project), (1, 1));
    let told = project.requests(Role::Coding).pop().unwrap();
    assert!(told.contains("The answer is: Postgres"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_is_answered_in_the_terminal_is_withdrawn() {
    let rules = asks_a_question(r#"{"answer": null, "reason": "It costs money."}"#);
    let mut project = without_hooks(&rules, ApprovalPolicy::Auto).await;
    let events = project.until(LIMIT, is_help).await;
    let Some(Event::HelpRequested { question, screen, .. }) = events.last() else { panic!("{events:?}") };
    assert!(question.contains("Which database?") && screen.contains("Which database?"), "{question}");
    project.press(Key::Enter).await;
    project.until(LIMIT, is_running).await;
    let events = project.until_end(LIMIT).await;
    assert_eq!(phases(&events), [Phase::Running, Phase::Paused, Phase::Running, Phase::Completed]);
    assert_eq!(told(&project), (1, 0));
}
