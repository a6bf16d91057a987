//! A server that is killed in the middle of a step: the step goes on, the next server shows it and nothing is doubled.

use std::time::Duration;

use crate::job::Job;
use app::model::{ProjectStatus, StepStatus};
use sqlx::{Connection as _, SqliteConnection};

#[tokio::test]
async fn a_killed_server_disturbs_no_agent() {
    let mut job = Job::new("demo/slow").await;
    job.start().await;
    job.wait_until("step 1 under way", |p| p.implementation_plan.steps[0].status == StepStatus::Running)
        .await;
    // Into the conversation of the step: the first prompt has reached the model.
    while job.prompts().is_empty() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let before = job.logs().await;
    job.kill_server();
    tokio::time::sleep(Duration::from_secs(4)).await;
    job.start_server().await;

    let seen = job.now().await;
    assert!(seen.running, "the new server does not know the running agent: {seen:#?}");
    assert_eq!(job.logs().await[..before.len()], before[..], "the log from before the kill changed");
    let project = job.wait_until("the end", |p| p.status == ProjectStatus::Completed).await;
    let attempts: Vec<_> = project.implementation_plan.steps.iter().map(|s| (s.status, s.attempts)).collect();
    let done = StepStatus::Completed;
    assert_eq!(attempts, [(done, 1), (done, 2), (done, 1), (done, 1)]);

    let prompts = job.prompts();
    assert!(prompts.iter().all(|(_, times)| *times == 1), "sent more than once: {prompts:?}");
    let headers: Vec<&str> = prompts.iter().map(|(header, _)| header.as_str()).collect();
    assert_eq!(
        headers,
        [
            "# Step 1: Set up the program",
            "# Step 2: Count the words",
            "# Fix step 2: Count the words",
            "# Step 3: Show only the top words",
            "# Step 4: Write CSV",
        ]
    );

    // Every number the runner gave was stored in order: no gap, and none twice (which the database refuses).
    assert!(!job.server_log().contains("the runner lost events"), "{}", job.server_log());
    let url = format!("sqlite:{}", job.folder().join("data/autocode.db").display());
    let mut db = SqliteConnection::connect(&url).await.unwrap();
    let cursor: i64 = sqlx::query_scalar("select seq from runner_cursors").fetch_one(&mut db).await.unwrap();
    let (lines, last): (i64, i64) =
        sqlx::query_as("select count(*), max(seq) from logs where seq is not null")
            .fetch_one(&mut db)
            .await
            .unwrap();
    assert!(lines > 0 && last <= cursor, "{lines} lines up to {last}, cursor {cursor}");
    assert_eq!(i64::try_from(job.logs().await.len()).unwrap(), lines);
}
