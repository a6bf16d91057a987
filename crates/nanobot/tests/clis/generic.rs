//! A program that nothing is known of but its screen: Claude Code, started as any command would be.
//!
//! Its path comes from `AUTOCODE_CLAUDE`; without it, it is the one that npm installed for this repository.

use std::time::Duration;

use crate::support::{
    Project, claude,
    milestones::{THREE_STEPS, milestones},
};
use autocode_nanobot::protocol::CliKind;

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_of_three_steps_is_finished_with_any_program() {
    let words = format!("'{}' --model builder --allowedTools Bash Read Write Edit", claude().display());
    let mut project =
        Project::with_cli(CliKind::Generic { command: words }, "demo/builder", Some(vec!["1", "2", "3"]))
            .await;
    // What its user would have answered once.
    project.write_home(
        ".claude.json",
        &serde_json::json!({
            "hasCompletedOnboarding": true,
            "projects": {project.workspace_path(): {"hasTrustDialogAccepted": true}},
        }),
    );
    project.start().await;
    let events = project.until_end(Duration::from_secs(300)).await;
    assert_eq!(milestones(&events), THREE_STEPS);
    for prompt in ["# Step 1", "# Step 2", "# Fix step 2", "# Step 3"] {
        assert_eq!(project.count_prompts(prompt), 1, "{prompt}: {:?}", project.prompts());
    }
    project.assert_no_secret_on_disk();
}
