//! Going back to a checkpoint and taking that back.

use super::*;
use crate::{
    protocol::StepStatus,
    state::{LoopState, StateStore, StepState},
};

fn steps(ids: &[&str]) -> Vec<Step> {
    ids.iter().map(|id| Step { title: format!("Make {id}"), ..step(id) }).collect()
}

impl Folder {
    /// Commits what is there as a step of the plan, as the loop does.
    async fn finish(&self, plan: &mut [Step], id: &str) {
        let step = plan.iter_mut().find(|step| step.id == id).unwrap();
        let base = head(self.path()).await.unwrap();
        step.commit = Some(commit(self.path(), step, base.as_deref()).await.unwrap());
        step.status = StepStatus::Completed;
        (step.attempts, step.started_at, step.finished_at) = (2, Some(1), Some(2));
        step.verify_output = Some("fine".to_owned());
    }

    fn save(&self, plan: &[Step], step: Option<StepState>) -> LoopState {
        let cli = serde_json::json!({"conversation": "c"});
        let state = LoopState { instance_id: 7, plan: plan.to_vec(), step, cli, ..LoopState::default() };
        StateStore::new(self.path()).save(&state).unwrap();
        state
    }

    fn state(&self) -> LoopState {
        StateStore::new(self.path()).load().unwrap().unwrap()
    }

    fn executable(&self, name: &str) {
        std::fs::set_permissions(self.file(name), std::fs::Permissions::from_mode(0o755)).unwrap();
    }
}

#[tokio::test]
async fn files_and_plan_go_back_and_come_back_exactly() {
    let folder = Folder::new().await;
    folder.write("own", "Eva's");
    baseline(folder.path(), 1).await.unwrap().unwrap();
    let mut plan = steps(&["s1", "s2", "s3", "s4"]);
    plan[3].status = StepStatus::Skipped;

    folder.write("main.py", "one\n");
    folder.write("run.sh", "#!/bin/sh\n");
    folder.write("deep/er/kept", "k");
    folder.write("gone", "still here");
    folder.write("folder-or-file", "a file");
    folder.write(".gitignore", "*.cache\n");
    folder.finish(&mut plan, "s1").await;
    let at_one = folder.picture().await;
    folder.write("main.py", "two\n");
    folder.executable("run.sh");
    std::fs::remove_file(folder.file("gone")).unwrap();
    std::fs::remove_dir_all(folder.file("deep")).unwrap();
    std::os::unix::fs::symlink("main.py", folder.file("deep")).unwrap();
    std::fs::remove_file(folder.file("folder-or-file")).unwrap();
    folder.write("folder-or-file/inner", "now a folder");
    folder.finish(&mut plan, "s2").await;

    // Step 3 is half done: changed, staged, new and ignored files.
    plan[2].status = StepStatus::Running;
    folder.write("main.py", "three\n");
    folder.write("staged", "s");
    folder.git(&["add", "staged"]).await;
    folder.write("staged", "s, and more");
    folder.write("gone", "another file in the way");
    folder.write("new/č ž.txt", "untracked");
    folder.write("x.cache", "ignored");
    let base = head(folder.path()).await.unwrap();
    let state = folder.save(&plan, Some(StepState::new("s3", base)));
    let before = folder.picture().await;

    let done = undo(folder.path(), &plan, "s1").await.unwrap();
    let mut expected = at_one.clone();
    expected.0.insert("x.cache".to_owned(), (0, "ignored".to_owned()));
    assert_eq!(folder.picture().await, expected);
    let reopened: Vec<Step> =
        [&plan[0]].into_iter().cloned().chain(steps(&["s2", "s3"])).chain([plan[3].clone()]).collect();
    assert_eq!(done.plan, reopened);
    let forgotten = LoopState { instance_id: 7, plan: reopened.clone(), ..LoopState::default() };
    assert_eq!(folder.state(), forgotten);
    let history = std::fs::read_to_string(folder.file(".nanobot/HISTORY.md")).unwrap();
    assert!(
        history.contains("Undone by going back to step s1: Make s1\n- kept before: refs/autocode/undo/"),
        "{history}"
    );
    let label = "Before going back to step s1: Make s1".to_owned();
    let first = UndoEntry { at: done.undo_id.parse().unwrap(), id: done.undo_id.clone(), label };
    assert_eq!(undos(folder.path()).await.unwrap(), std::slice::from_ref(&first));

    // Work that was done since then is kept, too.
    folder.write("since", "then");
    let back = redo(folder.path(), &done.plan, &done.undo_id).await.unwrap();
    assert_eq!(folder.picture().await, before);
    assert_eq!((&back.plan, folder.state()), (&plan, state));
    let again = redo(folder.path(), &back.plan, &back.undo_id).await.unwrap();
    expected.0.insert("since".to_owned(), (0, "then".to_owned()));
    expected.1 = "?? since".to_owned();
    assert_eq!(folder.picture().await, expected);
    assert_eq!((again.plan, folder.state()), (reopened, forgotten));
    assert_eq!(undos(folder.path()).await.unwrap().len(), 3);
    assert_eq!(undos(folder.path()).await.unwrap()[2], first);
}

#[tokio::test]
async fn everything_can_be_undone_down_to_what_was_there_before() {
    for unborn in [true, false] {
        let folder = Folder::new().await;
        if !unborn {
            folder.write("own", "Eva's");
        }
        baseline(folder.path(), 1).await.unwrap();
        let begun = folder.picture().await;
        let mut plan = steps(&["s1"]);
        folder.write("main.py", "one\n");
        folder.finish(&mut plan, "s1").await;
        folder.write("untracked", "u");
        let before = folder.picture().await;
        let done = undo(folder.path(), &plan, "").await.unwrap();
        assert_eq!((folder.picture().await, done.plan.clone()), (begun, steps(&["s1"])), "{unborn}");
        let back = redo(folder.path(), &done.plan, &done.undo_id).await.unwrap();
        assert_eq!((folder.picture().await, back.plan), (before, plan), "{unborn}");
    }
}

#[tokio::test]
async fn an_ignored_file_in_the_way_is_kept_and_comes_back() {
    let folder = Folder::new().await;
    let mut plan = steps(&["s1", "s2"]);
    folder.write("build/out", "one");
    folder.write("cache", "a file");
    folder.write("deep/config", "c");
    folder.finish(&mut plan, "s1").await;
    folder.git(&["rm", "-rq", "build", "cache", "deep"]).await;
    folder.write(".gitignore", "build\ncache\ndeep\n*.key\n");
    folder.finish(&mut plan, "s2").await;
    folder.write("build/out", "built later");
    folder.write("build/other", "not in the way");
    folder.write("cache/inner", "a folder now");
    folder.write("deep", "a file now");
    folder.write("odd [name]*.key", "secret");
    let before = folder.picture().await;
    let done = undo(folder.path(), &plan, "s1").await.unwrap();
    let (files, status, _) = folder.picture().await;
    let content: Vec<_> = files.iter().map(|(name, (_, text))| (name.as_str(), text.as_str())).collect();
    assert_eq!(
        content,
        [
            ("build/other", "not in the way"),
            ("build/out", "one"),
            ("cache", "a file"),
            ("deep/config", "c"),
            ("odd [name]*.key", "secret")
        ]
    );
    // The .gitignore is gone, but what it ignored must not be committed with the next step.
    assert_eq!(status, "");
    redo(folder.path(), &done.plan, &done.undo_id).await.unwrap();
    assert_eq!(folder.picture().await, before);
}

#[tokio::test]
async fn what_cannot_be_done_is_refused_before_anything_is_touched() {
    let folder = Folder::new().await;
    let mut plan = steps(&["s1", "s2"]);
    folder.write("a", "1");
    folder.finish(&mut plan, "s1").await;
    folder.write("a", "2");
    let before = folder.picture().await;
    let said = |result: Result<UndoDone, GitError>| result.unwrap_err().to_string();
    assert!(said(undo(folder.path(), &plan, "s2").await).contains("only a finished step"));
    assert!(said(undo(folder.path(), &plan, "s9").await).contains("no step s9"));
    assert!(said(undo(folder.path(), &plan, "").await).contains("not known where the work began"));
    let mut hostile = plan.clone();
    for hash in ["--help", "HEAD", "0123456789012345678901234567890123456789"] {
        hostile[0].commit = Some(hash.to_owned());
        assert!(said(undo(folder.path(), &hostile, "s1").await).contains("not in the repository"));
    }
    for id in ["", "1", "--help", "../../heads/main"] {
        assert!(said(redo(folder.path(), &plan, id).await).contains("no such undo"), "{id}");
    }
    assert_eq!(undos(folder.path()).await.unwrap(), []);
    assert_eq!(folder.picture().await, before);

    let done = undo(folder.path(), &plan, "s1").await.unwrap();
    folder.git(&["checkout", "-q", "-b", "other"]).await;
    assert!(said(redo(folder.path(), &plan, &done.undo_id).await).contains("git switch main"));
    folder.git(&["checkout", "-q", "--detach"]).await;
    assert!(said(undo(folder.path(), &plan, "s1").await).contains("not on a branch"));
}
