//! The real coding CLIs in real tmux, driven through plans against the scripted model: Claude Code, with faults; the others in
//! `clis/`, in one program with it because they share their support.
//!
//! The CLI's path comes from `AUTOCODE_CLAUDE`; without it, it is the one that npm installed for this repository.

#[cfg(test)]
#[path = "clis/codex.rs"]
mod codex;
#[cfg(test)]
mod dialogs;
#[cfg(test)]
#[path = "clis/generic.rs"]
mod generic;
#[cfg(test)]
#[path = "claude/idle.rs"]
mod idle;
#[cfg(test)]
#[path = "clis/opencode.rs"]
mod opencode;
#[cfg(test)]
mod support;

use std::time::Duration;

use autocode_nanobot::protocol::{Event, Hands, LogLevel, Phase, StepStatus};
use support::{Project, milestones::milestones};

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_plan_is_finished_with_each_prompt_sent_once() {
    let mut project = Project::new("demo/builder", None).await;
    project.start().await;
    let events = project.until_end(Duration::from_secs(120)).await;
    assert_eq!(
        milestones(&events),
        [
            "Running",
            "turn 1.1",
            "end 1",
            "done 1",
            "turn 2.1",
            "end 2",
            "turn 2.2",
            "end 2",
            "done 2",
            "turn 3.1",
            "end 3",
            "done 3",
            "turn 4.1",
            "end 4",
            "done 4",
            "Completed"
        ]
    );
    let titles = ["Set up the program", "Count the words", "Show only the top words", "Write CSV"];
    let prompts = ["# Step 1", "# Step 2", "# Fix step 2", "# Step 3", "# Step 4"];
    let heads: Vec<String> =
        project.prompts().iter().map(|p| p.split(':').next().unwrap().to_owned()).collect();
    assert_eq!(heads, prompts);
    let subjects = project.git(&["log", "--reverse", "--format=%s"]);
    let expected: Vec<String> =
        titles.iter().enumerate().map(|(i, t)| format!("Step {}: {t}", i + 1)).collect();
    assert_eq!(subjects.lines().collect::<Vec<_>>(), expected);
    assert!(!project.git(&["ls-files"]).contains(".nanobot"));
    let history = project.file(".nanobot/HISTORY.md");
    assert_eq!(history.matches("\n## ").count(), 4);
    assert!(history.contains("Step 2: Count the words\n- attempts: 2\n"));
    assert!(project.file(".nanobot/MEMORY.md").contains("4 of 4 steps are done."));
    // One judgement for each turn, and none besides.
    assert_eq!(project.judgements(), 5);
    assert!(project.session_lives().await, "the terminal stays for the user to look at");
    project.assert_no_secret_on_disk();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_without_a_plan_gets_one() {
    let mut project = Project::new("demo/builder", Some(vec![])).await;
    project.start().await;
    let events = project.until_end(Duration::from_secs(120)).await;
    assert_eq!(milestones(&events)[..3], ["Planning", "plan of 4", "Running"]);
    assert_eq!(milestones(&events).last().unwrap(), "Completed");
}

/// Returns when the model has got the task, so that what is killed then was at work on it.
async fn until_asked(project: &Project) {
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    while project.count_prompts("# Step 1") == 0 {
        assert!(std::time::Instant::now() < deadline, "the CLI did not ask its model");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_cli_goes_on_without_a_second_copy_of_the_task() {
    let mut project = Project::new("demo/slow", Some(vec!["1"])).await;
    project.start().await;
    project.until(Duration::from_secs(40), |event| matches!(event, Event::TurnStarted { .. })).await;
    until_asked(&project).await;
    project.kill_cli().await;
    let killed = std::time::Instant::now();
    project.until_log(Duration::from_secs(5), "starting it again").await;
    assert!(killed.elapsed() < Duration::from_millis(2_300), "{:?}", killed.elapsed());
    let events = project.until_end(Duration::from_secs(90)).await;
    assert_eq!(milestones(&events).last().unwrap(), "Completed");
    assert_eq!(project.count_prompts("# Step 1"), 1);
    assert_eq!(project.count_prompts("# Continue step 1"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vanished_tmux_server_is_made_again() {
    let mut project = Project::new("demo/slow", Some(vec!["1"])).await;
    project.start().await;
    project.until(Duration::from_secs(40), |event| matches!(event, Event::TurnStarted { .. })).await;
    until_asked(&project).await;
    project.kill_tmux().await;
    let events = project.until_end(Duration::from_secs(90)).await;
    assert_eq!(milestones(&events).last().unwrap(), "Completed");
    assert_eq!((project.count_prompts("# Step 1"), project.count_prompts("# Continue step 1")), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_nanobot_goes_on_where_it_was() {
    let mut project = Project::new("demo/slow", Some(vec!["1", "2"])).await;
    project.start().await;
    // In the middle of a turn, right after sending, and while judging.
    project.until(Duration::from_secs(40), |event| matches!(event, Event::TurnStarted { .. })).await;
    project.kill_nanobot().await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    project.start().await;
    project.until_log(Duration::from_secs(40), "Sending \u{201c}Step 2").await;
    project.kill_nanobot().await;
    project.start().await;
    project.until_log(Duration::from_secs(60), "Verifying").await;
    project.kill_nanobot().await;
    project.start().await;
    let events = project.until_end(Duration::from_secs(120)).await;
    assert_eq!(milestones(&events).last().unwrap(), "Completed");
    for prompt in ["# Step 1", "# Step 2", "# Fix step 2"] {
        assert_eq!(project.count_prompts(prompt), 1, "{prompt}: {:?}", project.prompts());
    }
    assert_eq!(project.count_prompts("# Continue"), 0);
    assert_eq!(project.git(&["rev-list", "--count", "HEAD"]).trim(), "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_takes_two_seconds_leaves_the_terminal_and_new_credentials_reach_the_cli() {
    let mut project = Project::new("demo/slow", Some(vec!["1", "2"])).await;
    project.start().await;
    project
        .until(
            Duration::from_secs(60),
            |event| matches!(event, Event::StepUpdated { step } if step.status == StepStatus::Completed),
        )
        .await;
    let begun = std::time::Instant::now();
    assert!(project.stop().await.success());
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    assert!(project.session_lives().await);
    project.token = "another-made-up-token".to_owned();
    project.start().await;
    let events = project.until_end(Duration::from_secs(90)).await;
    assert_eq!(milestones(&events).last().unwrap(), "Completed");
    assert!(project.tokens_of_coding_requests().last().unwrap().contains("another-made-up-token"));
    assert_eq!(project.count_prompts("# Step 1"), 1);
    assert_eq!(project.count_prompts("# Step 2") + project.count_prompts("# Continue step 2"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn text_that_a_person_types_keeps_prompts_away_until_it_is_gone() {
    let mut project = Project::new("demo/slow", Some(vec!["1", "2"])).await;
    project.start().await;
    project.until(Duration::from_secs(40), |event| matches!(event, Event::TurnEnded { .. })).await;
    project.type_text("do not press").await;
    project.until_log(Duration::from_secs(30), "Somebody has typed text").await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(project.count_prompts("# Step 2"), 0);
    project.clear_line().await;
    let events = project.until_end(Duration::from_secs(90)).await;
    assert_eq!(milestones(&events).last().unwrap(), "Completed");
    assert_eq!(project.count_prompts("# Step 2"), 1);
    assert!(project.prompts().iter().all(|p| !p.contains("do not press")));
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_person_has_taken_over_nothing_is_sent_and_then_the_work_goes_on() {
    let mut project = Project::new("demo/slow", Some(vec!["1", "2"])).await;
    project.start().await;
    project.until(Duration::from_secs(40), |event| matches!(event, Event::TurnStarted { .. })).await;
    project.take_over().await;
    project.until_log(Duration::from_secs(5), "A person has taken over").await;
    let off = Event::Hands { hands: Hands::Off };
    project.until(Duration::from_secs(5), |event| *event == off).await;
    // The turn under way comes to its end meanwhile; the person clears up and types.
    tokio::time::sleep(Duration::from_secs(10)).await;
    project.type_text("mine").await;
    assert_eq!((project.count_prompts("# Step 1"), project.count_prompts("# Step 2")), (1, 0));
    assert_eq!(project.judgements(), 0, "nothing is judged either");
    project.clear_line().await;
    project.give_back().await;
    project.until_log(Duration::from_secs(5), "The terminal was given back").await;
    let events = project.until_end(Duration::from_secs(90)).await;
    assert_eq!(milestones(&events).last().unwrap(), "Completed");
    for prompt in ["# Step 1", "# Step 2"] {
        assert_eq!(project.count_prompts(prompt), 1, "{prompt}: {:?}", project.prompts());
    }
    let typing = Event::Hands { hands: Hands::Typing };
    assert!(events.iter().filter(|event| **event == typing).count() >= 2, "{events:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_token_pauses_with_what_to_do_and_an_answer_goes_on() {
    let mut project = Project::new("demo/builder", Some(vec!["1"])).await;
    project.refuse(true);
    project.start().await;
    let events =
        project.until(Duration::from_secs(60), |event| matches!(event, Event::HelpRequested { .. })).await;
    let Some(Event::HelpRequested { question, .. }) = events.last() else { panic!("{events:?}") };
    assert!(question.contains("Settings"), "{question}");
    assert!(events.iter().any(|e| matches!(e, Event::PhaseChanged { phase: Phase::Paused, .. })));
    project.refuse(false);
    project.answer("The key is in place: go on").await;
    let events = project.until_end(Duration::from_secs(90)).await;
    assert_eq!(milestones(&events).last().unwrap(), "Completed");
    let errors = events.iter().filter(|e| matches!(e, Event::Log { level: LogLevel::Error, .. })).count();
    assert_eq!(errors, 0, "{events:?}");
}
