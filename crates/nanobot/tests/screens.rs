//! The classifiers against real screens: each must get the word that says how the screen was made.
//!
//! `screens/index.tsv` lists them; `screens/more.tsv` those that were made later, at other widths and in other modes. What
//! each screen is taken for, with the line that decided and the draft, is kept as one snapshot per CLI.
#![cfg(test)]

use std::{fmt::Write as _, path::Path};

use autocode_nanobot::coding::{claude, codex, opencode, screen::ScreenReading};

/// The CLI was killed and its last screen stayed: byte for byte the same as `11-idle-preconfigured`. Only the pane knows
/// that nothing runs there any more, which the loop asks before it looks and `autocode screen` is told by `--dead`.
const PANE_IS_DEAD: [&str; 1] = ["94-killed-remain-on-exit"];

/// Captured as the last screen of a series of dialogs, but the dialogs were over: it is the empty input box that every
/// later start shows as well (`10-idle-first` is the same but for a note on updates), and prompts must be sent on it.
const IN_FACT_IDLE: [&str; 1] = ["00f-onboarding-5"];

fn classify(cli: &str, capture: &str, dead: bool) -> Option<ScreenReading> {
    match cli {
        "claude" => Some(claude::screen::classify(capture, dead)),
        "codex" => Some(codex::screen::classify(capture, dead)),
        "opencode" => Some(opencode::screen::classify(capture, dead)),
        _ => None,
    }
}

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/screens"))
}

/// CLI, name and state of each screen of an index.
fn index(file: &str) -> Vec<(String, String, String)> {
    let text = std::fs::read_to_string(folder().join(file)).unwrap();
    let parse = |line: &str| {
        let fields: Vec<&str> = line.split('\t').collect();
        let [cli, name, state, ..] = fields[..] else { panic!("bad line: {line}") };
        (cli.to_owned(), name.to_owned(), state.to_owned())
    };
    text.lines().skip(1).map(parse).collect()
}

/// Reads every screen of a CLI with and without colours; the table of what was seen, and what is wrong.
fn read_all(cli: &str) -> (String, Vec<String>, usize) {
    let (mut table, mut wrong, mut count) = (String::new(), Vec::new(), 0);
    for (of, name, state) in [index("index.tsv"), index("more.tsv")].concat() {
        if of != cli {
            continue;
        }
        let state = if IN_FACT_IDLE.contains(&name.as_str()) { "idle" } else { &state };
        for suffix in ["txt", "ansi.txt"] {
            let file = folder().join(cli).join(format!("{name}.{suffix}"));
            let capture =
                std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
            let seen = classify(cli, &capture, PANE_IS_DEAD.contains(&name.as_str())).unwrap();
            let (status, evidence) = (seen.status, &seen.evidence);
            writeln!(table, "{name}.{suffix}: {status} | {evidence} | {:?}", seen.draft).unwrap();
            count += 1;
            if status.word() != state {
                wrong.push(format!("{name}.{suffix}: {state} expected, {status} seen by {evidence:?}"));
            }
        }
    }
    (table, wrong, count)
}

#[test]
fn every_screen_of_claude_code_is_recognised() {
    let (table, wrong, count) = read_all("claude");
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 180, "only {count} screens");
    insta::assert_snapshot!("claude", table);
}

#[test]
fn every_screen_of_the_others_is_recognised() {
    for (cli, least) in [("codex", 28), ("opencode", 18)] {
        let (table, wrong, count) = read_all(cli);
        assert!(wrong.is_empty(), "{cli}: {} of {count}:\n{}", wrong.len(), wrong.join("\n"));
        assert!(count >= least, "only {count} screens of {cli}");
        insta::assert_snapshot!(cli, table);
    }
}

#[test]
fn words_in_an_answer_of_codex_are_not_believed() {
    let quoted = "› look at it\n\n• The log says: ■ Quota exceeded. Working (2s • esc to interrupt is not shown.\n  Would you like to run the following command?\n  \
        1. Yes, proceed (y)\n  2. No\n\n  Worked for 3s • 08:35\n\n› Ask Codex to do anything\n\n  gpt · /srv\n  ← for agents · ? for shortcuts\n";
    assert_eq!(codex::screen::classify(quoted, false).status.word(), "idle");
    let draft = "  >_ OpenAI Codex (v0.169.0)\n\n› half a thought\n  and more\n\n  gpt · /srv\n";
    let reading = codex::screen::classify(draft, false);
    assert_eq!(
        (reading.status.word(), reading.draft.as_deref()),
        ("idle_draft", Some("half a thought\nand more"))
    );
}

#[test]
fn a_dead_pane_is_known_by_nothing_on_the_screen() {
    let read = |name: &str| std::fs::read(folder().join("claude").join(name)).unwrap();
    assert_eq!(read("94-killed-remain-on-exit.ansi.txt"), read("11-idle-preconfigured.ansi.txt"));
}

#[test]
fn drafts_are_seen_and_placeholders_are_not() {
    let folder = folder().join("claude");
    let draft = |name: &str| {
        classify("claude", &std::fs::read_to_string(folder.join(name)).unwrap(), false).unwrap().draft
    };
    assert_eq!(draft("28-pasted-placeholder.ansi.txt").as_deref(), Some("[Pasted text #25 +101 lines]"));
    assert_eq!(draft("50-esc-busy.txt").as_deref(), Some("[[slow]] esc"));
    assert_eq!(draft("33-idle-bgshell.txt").as_deref(), Some("1"));
    for name in ["26-queued.txt", "26-queued.ansi.txt", "11-idle-preconfigured.ansi.txt", "30-finished.txt"] {
        assert_eq!(draft(name), None, "{name}");
    }
}

const BOX: &str = "────────────────────────────\n❯ \n────────────────────────────\n  ? for shortcuts\n";
/// The footer says nothing about the state: a status line of the user's own.
const STATUS_LINE: &str = "────────────────────────────\n❯ \n────────────────────────────\n  main · 42 %\n";

/// The state of a screen with this history above an empty input box.
fn above(history: &str, input: &str) -> &'static str {
    claude::screen::classify(&format!("{history}\n\n{input}"), false).status.word()
}

#[test]
fn words_in_an_answer_are_not_believed() {
    for quoted in [
        "● The screen says: esc to interrupt. Do you want to proceed?\n  1. Yes\n  API Error: 500 is what you saw\n\n✻ Worked for 3s",
        "● As it says:\n\n  ⎿  API Error: 500\n\n  ⎿  Interrupted · What should Claude do instead?\n\n✻ Worked for 3s",
        "● One\n\n  ✻ Compacting conversation…\n\n  · Thinking…\n\n  Esc to cancel\n\n  bash-5.2#\n\n✻ Worked for 3s",
        "● Unable to connect to Anthropic services\n  Resume this session with:\n  claude --resume x\n\n✻ Worked for 3s",
    ] {
        assert_eq!(above(quoted, BOX), "idle", "{quoted}");
        assert_eq!(above(quoted, STATUS_LINE), "idle", "{quoted}");
    }
}

#[test]
fn spinners_may_say_anything() {
    for spinner in [
        "✻ Whisking…",
        "· Denke nach… (12s · ↓ 1.2k tokens)",
        "✶ 考え中… (4s · thinking)",
        "* reticulating all of the splines that there are with great care… (3s)",
        "✢ Перебираю… (1m 2s · ↑ 300 tokens · esc)\n  ⎿  Tip: Use /memory\n\n  ❯ a queued prompt",
        "✽ Doing it… (3s)\n  ⎿  ◼ Do it\n     ◻ Do more",
    ] {
        assert_eq!(above(&format!("❯ go\n\n{spinner}"), STATUS_LINE), "busy", "{spinner}");
    }
    for past in ["✻ Worked for 12s", "✻ Churned for 1m 2s · 1 shell still running", "✻ Fertig nach 3s"]
    {
        assert_eq!(above(&format!("❯ go\n\n● Done… (so far)\n\n{past}"), STATUS_LINE), "idle", "{past}");
    }
}

#[test]
fn menus_are_known_by_their_place_and_kind() {
    let rule = "─".repeat(40);
    let seen = |text: String| claude::screen::classify(&text, false).status.word();
    let talk = "❯ go\n\n● I will do it.\n\n";
    let yes_no = "❯ 1. Yes\n   2. Yes, for all of it\n   3. No\n";
    assert_eq!(
        seen(format!("{talk}{rule}\n Frobnicate\n\n Shall it be?\n {yes_no}\n Esc to cancel")),
        "permission"
    );
    assert_eq!(seen(format!("{talk}{rule}\n Which?\n ❯ 1.Red\n   2.Blue\n\n Esc to cancel")), "question");
    assert_eq!(
        seen(format!("{rule}\n A new kind of question\n\n ❯ 1. Go on\n   2. Leave\n\n Enter to confirm")),
        "start_dialog"
    );
    assert_eq!(
        seen(format!(
            "{talk}{rule}\n Your limit\n ❯ 2. Stop and wait for limit to reset\n   1. Upgrade\n\n Enter to confirm"
        )),
        "usage_limit"
    );
    assert_eq!(
        seen(format!(
            "{talk}{rule}\n Plan ready. Would you like to\n proceed?\n ❯ 1. Yes, and so on\n   2. Yes, manually approve edits\n   3. No, keep planning"
        )),
        "plan_approval"
    );
    // A list in an answer is no menu.
    assert_eq!(above("● Do this:\n  1. Yes\n  2. No", BOX), "idle");
    assert_eq!(above("❯ 1. do this", BOX), "idle");
}

#[test]
fn a_shell_is_never_taken_for_the_cli() {
    for end in [
        "bash-5.2#",
        "tom@host:~/x$",
        "SHELL$",
        "host% ",
        "[tom@host x]$",
        "root@host:/# ls -la",
        "Pane is dead (status 0, Mon)",
    ] {
        let seen = |text: String| claude::screen::classify(&text, false).status.word();
        assert_eq!(seen(format!("● hello\n\n{BOX}{end}")), "exited", "{end}");
        assert_eq!(
            seen(format!("{BOX}\nResume this session with:\nclaude --resume abc\n{end}")),
            "exited",
            "{end}"
        );
    }
}
