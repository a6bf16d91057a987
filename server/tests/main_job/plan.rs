//! The main job with nothing replaced but the model: the real Claude Code, in real tmux, in a real cell, finishes the
//! demonstration project through the gateway with a user's own key.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use crate::{job::Job, undo::back_and_forth};
use app::model::{LogLevel, ProjectStatus, StepStatus, TokenUsage, UsageSummary};
use autocode_demo_llm::Role;
use serde_json::json;

const KEY: &str = "sk-ant-api03-the-users-own-secret-key-0123456789";

#[tokio::test]
async fn claude_code_finishes_a_plan() {
    let job = Job::new("anthropic/builder").await;
    job.put("/api-keys/anthropic", json!({"key": KEY})).await;
    job.start().await;
    job.wait_until("step 3", |p| p.implementation_plan.steps[2].status == StepStatus::Running).await;
    assert_eq!(places_with(KEY, job.folder()), Vec::<String>::new(), "the user's key reached the cell");
    let project = job.wait_until("the end", |p| p.status == ProjectStatus::Completed).await;

    // Every step, with the mistake in step 2 caught and corrected.
    let steps = &project.implementation_plan.steps;
    let outcome: Vec<_> = steps.iter().map(|s| (s.id.as_str(), s.status, s.attempts)).collect();
    let done = StepStatus::Completed;
    assert_eq!(outcome, [("1", done, 1), ("2", done, 2), ("3", done, 1), ("4", done, 1)]);
    assert_eq!((project.current_step, project.question), (4, None));

    // One commit a step, and the plan knows them.
    let commits = job.commits();
    let subjects: Vec<&str> =
        commits.iter().map(|(_, s)| s.as_str()).filter(|s| s.starts_with("Step ")).collect();
    assert_eq!(
        subjects,
        [
            "Step 1: Set up the program",
            "Step 2: Count the words",
            "Step 3: Show only the top words",
            "Step 4: Write CSV"
        ]
    );
    for step in steps {
        let subject = format!("Step {}: {}", step.id, step.title);
        let commit = commits.iter().find(|(_, s)| *s == subject).map(|(hash, _)| hash.clone());
        assert_eq!(step.commit, commit);
    }

    // The program is there, its own tests pass, and nothing else was left in the repository.
    let tests = Command::new("sh").arg("tests/run.sh").current_dir(job.workspace()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&tests.stdout).lines().last(), Some("12 passed, 0 failed"));
    let tracked = Command::new("git")
        .args(["-c", "safe.directory=*", "ls-files"])
        .current_dir(job.workspace())
        .output()
        .unwrap();
    let tracked = String::from_utf8(tracked.stdout).unwrap();
    assert_eq!(
        tracked.lines().filter(|f| !f.starts_with(".claude/")).collect::<Vec<_>>(),
        [
            "README.md",
            "tests/cli_test.sh",
            "tests/count_test.sh",
            "tests/csv_test.sh",
            "tests/run.sh",
            "tests/top_test.sh",
            "wordfreq.sh"
        ]
    );

    // The record for people.
    let history = fs::read_to_string(job.workspace().join(".nanobot/HISTORY.md")).unwrap();
    let places: Vec<_> = steps.iter().map(|s| history.find(&s.title)).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{history}");
    for (hash, subject) in commits.iter().filter(|(_, s)| s.starts_with("Step ")) {
        assert!(history.contains(&hash[..7]), "{subject} ({hash}) is not in the history:\n{history}");
    }

    // Each prompt arrived, and exactly once.
    let prompts = [
        "# Step 1: Set up the program",
        "# Step 2: Count the words",
        "# Fix step 2: Count the words",
        "# Step 3: Show only the top words",
        "# Step 4: Write CSV",
    ];
    assert_eq!(job.prompts(), prompts.map(|p| (p.to_owned(), 1)));

    // The gateway swapped the instance's token for the key, and counted what the model said it used.
    let journal = job.journal();
    let keys: BTreeSet<_> = journal.iter().map(|e| e.authorization.clone()).collect();
    assert_eq!(keys, BTreeSet::from([Some(KEY.to_owned())]));
    let judged = journal.iter().filter(|e| e.role == Role::Judge).count();
    assert_eq!(judged, 5, "one evaluation an attempt");
    let requests = i64::try_from(journal.len()).unwrap();
    let expected = UsageSummary {
        requests,
        tokens: TokenUsage {
            input_tokens: 1200 * requests,
            output_tokens: 150 * requests,
            cache_creation_tokens: 0,
            cache_read_tokens: 800 * requests,
        },
        cost_micro_usd: 0,
    };
    assert_eq!(job.usage().await, expected);

    // The log tells it all: delivered prompts, the verdicts with their reasons, no error.
    let logs = job.logs().await;
    let errors: Vec<_> = logs.iter().filter(|l| l.level == LogLevel::Error).map(|l| &l.message).collect();
    assert_eq!(errors, Vec::<&String>::new());
    let decisions: Vec<_> = logs.iter().filter(|l| l.level == LogLevel::AgentDecision).collect();
    assert!(
        decisions.iter().any(|l| l.message.contains("The, the and THE are counted as three words")),
        "{logs:#?}"
    );
    assert!(logs.is_sorted_by_key(|l| l.id) && logs.is_sorted_by_key(|l| l.timestamp));

    back_and_forth(&job).await;
}

/// Where a secret can be found in the user's files and in the environment and arguments of any process with a file there.
fn places_with(secret: &str, folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for below in ["data/users", "run"] {
        search(&folder.join(below), secret, &mut found);
    }
    let mut cell_processes = 0;
    for process in fs::read_dir("/proc").unwrap().flatten() {
        let Ok(command) = fs::read(process.path().join("cmdline")) else { continue };
        let environ = fs::read(process.path().join("environ")).unwrap_or_default();
        let of_cell =
            contains(&environ, folder.to_str().unwrap()) || contains(&command, folder.to_str().unwrap());
        cell_processes += usize::from(of_cell);
        if contains(&command, secret) || contains(&environ, secret) {
            found.push(process.path().display().to_string());
        }
    }
    assert!(cell_processes >= 3, "the search does not see the cell's processes");
    found
}

fn search(folder: &Path, secret: &str, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            search(&entry.path(), secret, found);
        } else if kind.is_file() && fs::read(entry.path()).is_ok_and(|bytes| contains(&bytes, secret)) {
            found.push(entry.path().display().to_string());
        }
    }
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}
