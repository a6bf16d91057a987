//! Questions and plans of the coding CLI.

use autocode_demo_llm::Role;
use autocode_nanobot::protocol::{ApprovalPolicy, Event, Phase};

use super::{LIMIT, asked, coding, decisions, is_help, phases, says, scenario};
use crate::support::Project;

const QUESTIONS: &str = "{ questions = [
    { question = \"Which database?\", header = \"Database\", multiSelect = false, options = [
        { label = \"SQLite\", description = \"One file\" }, { label = \"Postgres\", description = \"A server\" } ] },
    { question = \"Which colour?\", header = \"Colour\", multiSelect = false, options = [
        { label = \"Red\", description = \"Warm\" }, { label = \"Blue\", description = \"Cold\" } ] } ] }";

/// TOML's inline tables stand on one line.
fn questions() -> String {
    QUESTIONS.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_answered_by_the_model_from_the_projects_context() {
    let rules =
        coding(&[
            ("AskUserQuestion", &questions()),
            ("Bash", "{ command = \"touch made\", description = \"x\" }"),
        ]) + &says("question", "Which database?", r#"{"answer": "sqlite", "reason": "One file is enough."}"#)
            + &says("question", "Which colour?", r#"{"answer": "Green", "reason": "It is neither."}"#);
    let mut project = Project::scripted(&scenario(&rules), ApprovalPolicy::Auto).await;
    project.start().await;
    let events = project.until_end(LIMIT).await;
    assert_eq!(phases(&events), [Phase::Running, Phase::Completed]);
    let question = "Answered the coding CLI\u{2019}s question";
    assert_eq!(
        decisions(&events, question),
        [
            format!(
                "{question} \u{201c}Which database?\u{201d} with \u{201c}SQLite\u{201d}: One file is enough."
            ),
            format!("{question} \u{201c}Which colour?\u{201d} with \u{201c}Green\u{201d}: It is neither."),
        ]
    );
    let told = project.requests(Role::Coding).pop().unwrap();
    for part in [r#"\"Which database?\"=\"SQLite\""#, r#"\"Which colour?\"=\"Green\""#] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let request = &project.requests(Role::Question)[0];
    for part in ["goal-word", "architecture-word", "step-word", "- SQLite: One file"] {
        assert!(request.contains(part), "{part}: {request}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_the_model_cannot_answer_goes_to_the_owner() {
    let rules = coding(&[
        ("AskUserQuestion", &questions()),
        ("Bash", "{ command = \"touch made\", description = \"x\" }"),
    ]) + &says("question", "Which database?", r#"{"answer": null, "reason": "It costs money."}"#)
        + &says("question", "Which colour?", "I like colours.");
    let mut project = Project::scripted(&scenario(&rules), ApprovalPolicy::Auto).await;
    project.start().await;
    let events = project.until(LIMIT, is_help).await;
    let question = "The coding CLI asks: Which database?\n- SQLite: One file\n- Postgres: A server";
    assert_eq!(asked(&events), [(question.to_owned(), vec!["SQLite".to_owned(), "Postgres".to_owned()])]);
    assert_eq!(decisions(&events, "It costs money.").len(), 1);
    project.answer("Postgres").await;
    project.until(LIMIT, is_help).await;
    project.answer("The colour of the sky").await;
    let events = project.until_end(LIMIT).await;
    use Phase::{Completed, Paused, Running};
    assert_eq!(phases(&events), [Running, Paused, Running, Paused, Running, Completed]);
    let told = project.requests(Role::Coding).pop().unwrap();
    assert!(told.contains("Postgres") && told.contains("The colour of the sky"), "{told}");
    assert_eq!(project.count_prompts("# Step 1"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_of_the_cli_is_judged_by_the_model() {
    let plan = |text: &str| format!("{{ plan = \"# Plan\\n\\n{text}\" }}");
    let (first, second) = (plan("Two files."), plan("One file."));
    let rules = coding(&[
        ("EnterPlanMode", "{}"),
        ("ExitPlanMode", &first),
        ("ExitPlanMode", &second),
        ("Bash", "{ command = \"touch made\", description = \"x\" }"),
    ]) + &says(
        "question",
        "Two files.",
        r#"{"answer": "One file is enough.", "reason": "The architecture says so."}"#,
    ) + &says("question", "One file.", r#"{"answer": "Approve the plan", "reason": "It fits."}"#)
        + &says("approval", "touch made", r#"{"decision": "allow", "reason": "It is agreed."}"#);
    let mut project = Project::scripted(&scenario(&rules), ApprovalPolicy::AskModel).await;
    project.start().await;
    let events = project.until_end(LIMIT).await;
    assert_eq!(phases(&events), [Phase::Running, Phase::Completed]);
    assert_eq!(
        decisions(&events, "the coding CLI\u{2019}s plan"),
        [
            "The model rejected the coding CLI\u{2019}s plan with these words: One file is enough. (The architecture says so.)",
            "The model approved the coding CLI\u{2019}s plan: It fits.",
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn ask_me_puts_plans_to_the_owner() {
    let rules = coding(&[("EnterPlanMode", "{}"), ("ExitPlanMode", "{ plan = \"# Plan\\n\\nOne file.\" }")])
        + "[[rules]]\nname = \"never\"\nrole = \"question\"\nturns = [{ text = '{\"answer\": \"Approve the plan\", \"reason\": \"x\"}' }]\n";
    let mut project = Project::scripted(&scenario(&rules), ApprovalPolicy::AskMe).await;
    project.start().await;
    let events = project.until(LIMIT, is_help).await;
    let (question, suggestions) = asked(&events).pop().unwrap();
    assert_eq!(question, "The coding CLI asks for approval of its plan:\n\n# Plan\n\nOne file.");
    assert_eq!(suggestions, ["Approve the plan", "Reject the plan"]);
    project.answer("Approve the plan").await;
    // Nothing was made, so the step is not done; what matters is that the turn went on.
    let events = project.until(LIMIT, |event| matches!(event, Event::TurnEnded { .. })).await;
    assert_eq!(decisions(&events, "owner approved").len(), 1);
    assert_eq!(project.requests(Role::Question).len(), 0);
}
