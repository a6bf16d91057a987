//! The classifier against real screens: each must get the word that says how the screen was made.

use std::path::Path;

use autocode_nanobot::coding::claude::screen::classify;

/// Screens that the CLI left when it was killed: only the pane knows that nothing runs there any more.
const PANE_IS_DEAD: [&str; 1] = ["94-killed-remain-on-exit"];

/// Captured as the last screen of a series of dialogs, but the dialogs were over: it is the empty input box that every
/// later start shows as well, and prompts must be sent on it.
const IN_FACT_IDLE: [&str; 1] = ["00f-onboarding-5"];

#[test]
fn every_saved_screen_is_recognised_with_and_without_colours() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/screens");
    let index = std::fs::read_to_string(folder.join("index.tsv")).unwrap();
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in index.lines().skip(1) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [cli, name, state, ..] = fields[..] else { panic!("bad line: {line}") };
        if cli != "claude" {
            continue;
        }
        let state = if IN_FACT_IDLE.contains(&name) { "idle" } else { state };
        for suffix in ["txt", "ansi.txt"] {
            let capture = std::fs::read_to_string(folder.join(cli).join(format!("{name}.{suffix}"))).unwrap();
            let reading = classify(&capture, PANE_IS_DEAD.contains(&name));
            count += 1;
            if reading.status.word() != state {
                wrong.push(format!(
                    "{name}.{suffix}: {state} expected, {} seen by {:?}",
                    reading.status, reading.evidence
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 80, "only {count} screens");
}

#[test]
fn drafts_are_seen_and_placeholders_are_not() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/screens/claude");
    let draft = |name: &str| classify(&std::fs::read_to_string(folder.join(name)).unwrap(), false).draft;
    assert_eq!(draft("28-pasted-placeholder.ansi.txt").as_deref(), Some("[Pasted text #25 +101 lines]"));
    assert_eq!(draft("50-esc-busy.txt").as_deref(), Some("[[slow]] esc"));
    assert_eq!(draft("33-idle-bgshell.txt").as_deref(), Some("1"));
    for name in ["26-queued.txt", "26-queued.ansi.txt", "11-idle-preconfigured.ansi.txt", "30-finished.txt"] {
        assert_eq!(draft(name), None, "{name}");
    }
}

#[test]
fn words_in_an_answer_are_not_believed() {
    let quoted = "● The screen says: esc to interrupt. Do you want to proceed?\n  1. Yes\n  API Error: 500 is what you saw\n\n\
        ✻ Worked for 3s\n\n────────────────────────────\n❯ \n────────────────────────────\n  ? for shortcuts\n";
    assert_eq!(classify(quoted, false).status.word(), "idle");
}
