//! An agent that wants the whole disk: stopped soon after its user's limit, with the reason, while the server and the others
//! go on.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use app::model::{Agent, Project, ProjectStatus, User};
use serde_json::{Value, json};

use crate::job::Job;

/// The user's limit, as it is configured.
const LIMIT_MIB: &str = "64";
/// What the agent may have written when it is stopped: it writes 13 MiB a second, and a stop takes seconds.
const STOPPED_BY_MIB: u64 = 180;
/// How long the agent may take for all that it tries.
const PATIENCE: Duration = Duration::from_secs(60);

fn lines(results: &Path) -> Vec<String> {
    fs::read_to_string(results).unwrap_or_default().lines().map(str::to_owned).collect()
}

/// How much was written in many files, in MiB.
fn written(lines: &[String]) -> u64 {
    let sizes = lines.iter().filter_map(|line| line.strip_suffix(" MiB")?.parse().ok());
    sizes.max().unwrap_or(0)
}

#[tokio::test]
async fn an_agent_that_fills_the_disk_is_stopped_and_nobody_else() {
    let job = Job::with("demo/builder", &[("AUTOCODE_USER_DISK_MIB", LIMIT_MIB)]).await;
    let script = include_str!("fill.sh");

    // Outside a cell all of it succeeds, so each try could fail a cell.
    let control = job.folder().join("control");
    fs::create_dir(&control).unwrap();
    fs::write(control.join("fill.sh"), script).unwrap();
    let results = control.join("results");
    let mut fill = Command::new("sh");
    fill.arg(control.join("fill.sh")).env("OUT", &results).env("FILL", &control).stdin(Stdio::null());
    // Beside this thread, which meanwhile has to notice that the server closes an idle connection.
    let ran = tokio::task::spawn_blocking(move || fill.status()).await.unwrap();
    assert!(ran.unwrap().success());
    let outside = lines(&results);
    let said: Vec<_> = outside.iter().map(String::as_str).filter(|line| !line.ends_with(" MiB")).collect();
    let leaks =
        ["LEAK full-disk-by-one-file", "LEAK full-disk-by-a-hole", "LEAK full-disk-by-many-files", "done"];
    assert_eq!((said, written(&outside)), (leaks.to_vec(), 200));
    fs::remove_dir_all(&control).unwrap();

    // The same by an agent.
    let home = job.folder().join("data/users/tom");
    fs::write(home.join("fill.sh"), script).unwrap();
    fs::set_permissions(home.join("fill.sh"), fs::Permissions::from_mode(0o644)).unwrap();
    let (fill, results) = (home.join("projects"), home.join("projects/results"));
    let command =
        format!("env STAY=1 OUT={} FILL={} sh {}/fill.sh", results.display(), fill.display(), home.display());
    let agent = json!({"name": "Hoarder", "model": "demo/builder", "coding_cli": {"kind": "generic", "command": command}});
    let agent: Agent = job.post("/agents", agent).await;
    let step = json!({"id": "1", "title": "Hoard", "instructions": "Hoard."});
    let draft = json!({"name": "Hoard", "implementation_plan": {"steps": [step]}});
    let project: Project = job.post(&format!("/agents/{}/projects", agent.id), draft).await;
    let path = format!("/projects/{}", project.id);
    let _: Value = job.post(&format!("{path}/start"), json!({})).await;
    let deadline = Instant::now() + PATIENCE;
    let mut slowest = Duration::ZERO;
    let stopped = loop {
        let asked = Instant::now();
        let now: Project = job.get(&path).await;
        slowest = slowest.max(asked.elapsed());
        // The reason is stored once the agent has ended.
        if !now.running && now.status_reason.is_some() {
            break now;
        }
        let tried = lines(&results);
        assert!(Instant::now() < deadline, "nobody stops it: {tried:?}\n{}", job.server_log());
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let inside = lines(&results);
    println!(
        "inside, at level {:?}: {inside:?}\nslowest answer meanwhile: {slowest:?}",
        stopped.isolation.as_ref().map(|measured| measured.level)
    );
    let closed = ["closed full-disk-by-one-file", "closed full-disk-by-a-hole"];
    assert_eq!(inside.iter().take(2).collect::<Vec<_>>(), closed, "{}", job.server_log());
    println!("closed full-disk-by-many-files: stopped at {} MiB of {LIMIT_MIB}", written(&inside));
    assert!(written(&inside) <= STOPPED_BY_MIB, "{inside:?}");
    assert!(!inside.contains(&"done".to_owned()), "{inside:?}");
    let reason = stopped.status_reason.clone().unwrap_or_default();
    assert_eq!(stopped.status, ProjectStatus::Paused, "{stopped:?}");
    assert!(reason.contains(&format!("the limit is {LIMIT_MIB} MiB")), "{stopped:?}");

    // What it wrote after it was stopped would be an agent that goes on.
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(lines(&results), inside);
    assert!(slowest < Duration::from_secs(3), "the server suffered: {slowest:?}");
    assert!(job.answers().await);
    let eva: User = job.post("/users", json!({"username": "eva", "password": "correct horse battery"})).await;
    assert_eq!(eva.username.as_str(), "eva");
}
