//! Going back to a checkpoint, and taking that back: files, branch, plan and the loop's own notes together.
//!
//! Must only run while nobody works in the workspace; the caller sees to that. Whatever is there is kept first, under
//! `refs/autocode/undo/ID`, so nothing is ever lost by it. What git ignores stays where it is.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{
    baseline::START,
    git::{Git, GitError},
    ignored, repository,
    snapshot::{self, Snapshot, empty_tree, tree_of},
};
use crate::{
    memory::{MemoryStore, one_line},
    outbox::now,
    protocol::{NanobotConfig, Step, StepStatus},
    state::{LoopState, StateStore},
};

/// Where kept states are; the id follows.
const UNDO: &str = "refs/autocode/undo/";

/// What going back came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UndoDone {
    /// The plan as it is now.
    pub plan: Vec<Step>,
    /// What takes it back: the argument of [`redo`].
    pub undo_id: String,
}

/// A kept state that can be brought back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UndoEntry {
    /// The argument of [`redo`].
    pub id: String,
    /// When it was kept, in milliseconds since the Unix epoch.
    pub at: i64,
    /// What was about to happen then, in a phrase.
    pub label: String,
}

/// What a kept state's commit says besides its files.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Record {
    branch: String,
    head: Option<String>,
    tree: String,
    index: String,
    /// The repository's own list of ignored files.
    exclude: String,
    plan: Vec<Step>,
    state: Option<LoopState>,
}

/// Goes back to the checkpoint of a finished step, or with an empty id to before the first one. Steps whose checkpoint
/// is not part of that one are open again.
///
/// # Errors
/// There is no such checkpoint, the repository may not be touched, or git fails. What was there is kept in any case.
pub async fn undo(workspace: &Path, plan: &[Step], to_step: &str) -> Result<UndoDone, GitError> {
    repository::check(workspace).await?;
    let (target, label) = target(workspace, plan, to_step).await?;
    let tree = match &target {
        Some(commit) => tree_of(workspace, commit).await?,
        None => empty_tree(workspace).await?,
    };
    let mut reopened = plan.to_vec();
    for step in &mut reopened {
        if !stays(workspace, step, target.as_deref().filter(|_| !to_step.is_empty())).await? {
            *step = Step {
                status: StepStatus::Pending,
                attempts: 0,
                commit: None,
                verify_output: None,
                started_at: None,
                finished_at: None,
                ..step.clone()
            };
        }
    }
    let former = StateStore::new(workspace).load().ok().flatten();
    let (undo_id, present) = keep(workspace, plan, former.clone(), &tree, &format!("Before {label}")).await?;
    let unseen = ignored::present(workspace).await?;
    restore(workspace, &present, &Snapshot { index: tree.clone(), tree, head: target }).await?;
    ignored::keep(workspace, &unseen).await?;
    // A conversation that remembers what is undone would build on it: the next start begins a new one.
    let instance_id = former.map_or(0, |state| state.instance_id);
    let state = LoopState { instance_id, plan: reopened.clone(), ..LoopState::default() };
    remember(workspace, state, &format!("Undone by {label}"), &undo_id)?;
    Ok(UndoDone { plan: reopened, undo_id })
}

/// Brings a kept state back exactly: files, what was staged, the branch, the plan.
///
/// # Errors
/// There is no such state, another branch is checked out, the repository may not be touched, or git fails.
pub async fn redo(workspace: &Path, plan: &[Step], undo_id: &str) -> Result<UndoDone, GitError> {
    repository::check(workspace).await?;
    let (record, subject) = read(workspace, undo_id).await?;
    if repository::branch(workspace).await? != record.branch {
        let branch = record.branch.trim_start_matches("refs/heads/");
        let text =
            format!("This was undone on the branch {branch}: check it out first (git switch {branch}).");
        return Err(GitError::Unsuitable(text));
    }
    let former = StateStore::new(workspace).load().ok().flatten();
    let label = format!("Before taking back: {subject}");
    let (again, present) = keep(workspace, plan, former, &record.tree, &label).await?;
    restore(workspace, &present, &Snapshot { tree: record.tree, index: record.index, head: record.head })
        .await?;
    ignored::write_list(workspace, &record.exclude).await?;
    let state =
        record.state.unwrap_or_else(|| LoopState { plan: record.plan.clone(), ..LoopState::default() });
    remember(workspace, state, &format!("Brought back: {subject}"), &again)?;
    Ok(UndoDone { plan: record.plan, undo_id: again })
}

/// What can be brought back, newest first.
///
/// # Errors
/// git fails.
pub async fn undos(workspace: &Path) -> Result<Vec<UndoEntry>, GitError> {
    if !workspace.join(".git").exists() {
        return Ok(Vec::new());
    }
    let format = "--format=%(refname:lstrip=3)%00%(contents:subject)";
    let list = Git::new(workspace).text(&["for-each-ref", "--sort=-refname", format, UNDO]).await?;
    let entry = |line: &str| {
        let (id, label) = line.split_once('\0')?;
        Some(UndoEntry { id: id.to_owned(), at: id.parse().ok()?, label: label.to_owned() })
    };
    Ok(list.lines().filter_map(entry).collect())
}

/// The commit to go to (none: a repository without commits) and what going there is called.
async fn target(
    workspace: &Path,
    plan: &[Step],
    to_step: &str,
) -> Result<(Option<String>, String), GitError> {
    let refused = |text: String| Err(GitError::Unsuitable(text));
    if to_step.is_empty() {
        let start = Git::new(workspace).maybe(&["rev-parse", "--verify", "--quiet", START]).await?;
        let Some(start) = start else {
            return refused(
                "It is not known where the work began: there is no checkpoint before the first step."
                    .to_owned(),
            );
        };
        let kind = Git::new(workspace).text(&["cat-file", "-t", &start]).await?;
        return Ok(((kind == "commit").then_some(start), "going back to before the first step".to_owned()));
    }
    let Some(step) = plan.iter().find(|step| step.id == to_step) else {
        return refused(format!("There is no step {to_step} in the plan."));
    };
    let Some(commit) = step.commit.as_deref().filter(|_| step.status == StepStatus::Completed) else {
        return refused(format!(
            "Step {to_step} has no checkpoint: only a finished step can be gone back to."
        ));
    };
    if !is_commit(workspace, commit).await? {
        return refused(format!("The checkpoint of step {to_step} is not in the repository any more."));
    }
    Ok((Some(commit.to_owned()), format!("going back to step {to_step}: {}", one_line(&step.title))))
}

async fn is_commit(workspace: &Path, hash: &str) -> Result<bool, GitError> {
    if hash.len() < 40 || !hash.chars().all(|c| c.is_ascii_hexdigit()) {
        return Ok(false);
    }
    let found = Git::new(workspace).maybe(&["cat-file", "-e", &format!("{hash}^{{commit}}")]).await?;
    Ok(found.is_some())
}

/// Whether a step stays as it is when the branch goes back to a commit (none: to the beginning).
async fn stays(workspace: &Path, step: &Step, target: Option<&str>) -> Result<bool, GitError> {
    match (step.status, &step.commit, target) {
        (StepStatus::Skipped, ..) => Ok(true),
        (StepStatus::Completed, Some(commit), Some(target)) if is_commit(workspace, commit).await? => {
            let part = Git::new(workspace).maybe(&["merge-base", "--is-ancestor", commit, target]).await?;
            Ok(part.is_some())
        }
        _ => Ok(false),
    }
}

/// Keeps all that is there, as a commit of its own.
async fn keep(
    workspace: &Path,
    plan: &[Step],
    state: Option<LoopState>,
    target: &str,
    label: &str,
) -> Result<(String, Snapshot), GitError> {
    let present = snapshot::take(workspace, Some(target)).await?;
    let record = Record {
        branch: repository::branch(workspace).await?,
        head: present.head.clone(),
        tree: present.tree.clone(),
        index: present.index.clone(),
        exclude: ignored::read_list(workspace).await?,
        plan: plan.to_vec(),
        state,
    };
    let json = serde_json::to_string(&record).map_err(std::io::Error::from)?;
    let commit = present.commit(workspace, &format!("{label}\n\n{json}\n")).await?;
    let id = now().to_string();
    // `create`: two states never share an id.
    let create = format!("create {UNDO}{id} {commit}\n");
    Git::new(workspace).input(create).text(&["update-ref", "--stdin"]).await?;
    Ok((id, present))
}

async fn read(workspace: &Path, id: &str) -> Result<(Record, String), GitError> {
    let unknown = || GitError::Unsuitable("There is no such undo in this project.".to_owned());
    if id.is_empty() || !id.chars().all(|c| c.is_ascii_digit()) {
        return Err(unknown());
    }
    let commit = Git::new(workspace).maybe(&["cat-file", "commit", &format!("{UNDO}{id}")]).await?;
    let commit = commit.ok_or_else(unknown)?;
    let message = commit.split_once("\n\n").map(|(_, message)| message).unwrap_or_default();
    let (subject, json) = message.split_once("\n\n").ok_or_else(unknown)?;
    let record = serde_json::from_str(json).map_err(|_| unknown())?;
    Ok((record, subject.to_owned()))
}

/// Puts files, index and branch into a kept state; `present` is what is there and kept already.
async fn restore(workspace: &Path, present: &Snapshot, wanted: &Snapshot) -> Result<(), GitError> {
    let git = || Git::new(workspace);
    // With everything in the index, exactly what is kept is replaced, and what git ignores is left alone.
    git().text(&["read-tree", &present.tree]).await?;
    git().maybe(&["update-index", "-q", "--refresh"]).await?;
    git().text(&["read-tree", "--reset", "-u", &wanted.tree]).await?;
    match (&wanted.head, &present.head) {
        (Some(head), _) => {
            git().text(&["update-ref", "-m", "autocode: undo", "HEAD", head]).await.map(drop)?
        }
        (None, Some(_)) => git().text(&["update-ref", "-d", "HEAD"]).await.map(drop)?,
        (None, None) => {}
    }
    if wanted.index != wanted.tree {
        git().text(&["read-tree", &wanted.index]).await?;
    }
    git().maybe(&["update-index", "-q", "--refresh"]).await?;
    Ok(())
}

/// Writes the loop's notes of the new state, and what happened into the history.
fn remember(workspace: &Path, state: LoopState, what: &str, undo_id: &str) -> Result<(), GitError> {
    std::fs::create_dir_all(workspace.join(".nanobot"))?;
    let memory = MemoryStore::new(workspace);
    memory.append_note(now(), what, &format!("{UNDO}{undo_id}"))?;
    let config = std::fs::read(workspace.join(".nanobot/config.json")).unwrap_or_default();
    if let Ok(config) = serde_json::from_slice::<NanobotConfig>(&config) {
        memory.write_memory(&config.project.name, &state.plan)?;
    }
    Ok(StateStore::new(workspace).save(&state)?)
}
