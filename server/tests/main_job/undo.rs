//! A finished project goes back to a step and forth again: through the API, with real git in the real cell.

use app::model::{Project, ProjectStatus, StepStatus, Undo};
use serde_json::{Value, json};

use crate::job::Job;

/// Takes the files and the plan of a finished demonstration back to step 2, and brings them forward again.
pub async fn back_and_forth(job: &Job) {
    let path = format!("/projects/{}", job.project.id);
    let _: Value = job.post(&format!("{path}/stop"), json!({})).await;
    let (finished, commits) = (job.now().await, job.commits());
    let later = job.workspace().join("tests/csv_test.sh");
    let content = std::fs::read_to_string(&later).unwrap();

    let undone: Project = job.post(&format!("{path}/undo"), json!({"to_step": "2"})).await;
    let states: Vec<_> = undone.implementation_plan.steps.iter().map(|step| step.status).collect();
    let (done, open) = (StepStatus::Completed, StepStatus::Pending);
    assert_eq!((states, undone.status), (vec![done, done, open, open], ProjectStatus::Paused));
    assert!(!later.exists(), "a file of a later step is still there");
    assert!(job.workspace().join("tests/count_test.sh").exists(), "a file of an earlier step is gone");

    let undos: Vec<Undo> = job.get(&format!("{path}/undos")).await;
    let redone: Project = job.post(&format!("{path}/redo"), json!({"undo_id": undos[0].id})).await;
    assert_eq!(redone.implementation_plan, finished.implementation_plan);
    assert_eq!((redone.status, job.commits()), (ProjectStatus::Completed, commits));
    assert_eq!(std::fs::read_to_string(&later).unwrap(), content);
}
