//! What was saved comes back whole, and a failed write harms nothing.

use super::*;
use crate::coding::FailureKind;

#[test]
fn a_saved_state_comes_back_whole_and_leaves_no_other_file() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join(".nanobot")).unwrap();
    let store = StateStore::new(folder.path());
    assert_eq!(store.load().unwrap(), None);
    let mut step = StepState::new("s1", Some("abc".to_owned()));
    step.phase = StepPhase::Waiting(Box::new(Help {
        question: "?".to_owned(),
        suggestions: vec![],
        then: AfterAnswer::Retry { resume: Box::new(StepPhase::Ready) },
        asked: true,
        failure: Some(FailureKind::Billing),
        resumes_at: Some(7),
    }));
    let state = LoopState { instance_id: 3, step: Some(step), ..LoopState::default() };
    store.save(&state).unwrap();
    assert_eq!(store.load().unwrap(), Some(state));
    assert_eq!(fs::read_dir(folder.path().join(".nanobot")).unwrap().count(), 1);
}

#[test]
fn a_write_that_fails_keeps_the_former_state() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.json");
    write_atomically(&file, b"one").unwrap();
    // The temporary file cannot be created where a folder has its name.
    fs::create_dir(folder.path().join(format!("state.json.{}.tmp", std::process::id()))).unwrap();
    assert!(write_atomically(&file, b"two").is_err());
    assert_eq!(fs::read(&file).unwrap(), b"one");
}
