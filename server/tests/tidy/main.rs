//! Keeps the layout's promises: who may depend on whom, who owns what, and how files look.
//!
//! Must not know what the code does: it reads `cargo metadata` and text. ARCHITECTURE.md says why each rule exists.

#![cfg(test)]

mod graph;
mod security;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use graph::Graph;

/// Longest source file, in lines.
const MAX_LINES: usize = 300;

/// Our crates and those of ours that each may use; tests may use more.
const DIRECTION: [(&str, &[&str]); 8] = [
    ("frontend", &["app"]),
    ("app", &[]),
    ("server", &["app", "autocode-runner", "autocode-nanobot", "autocode-sandbox", "autocode-demo-llm"]),
    ("autocode-runner", &["autocode-nanobot", "autocode-tmux", "autocode-sandbox"]),
    ("autocode-nanobot", &["autocode-tmux"]),
    ("autocode-tmux", &[]),
    ("autocode-demo-llm", &[]),
    ("autocode-sandbox", &[]),
];

/// A text and the only places where it may stand: files, or folders with a slash at the end.
const OWNED: [(&str, &[&str]); 6] = [
    ("sqlx::query", &["server/src/db/"]),
    ("query_as!(", &["server/src/db/"]),
    ("query_scalar!(", &["server/src/db/"]),
    ("tmux_interface::", &["crates/tmux/"]),
    ("aes_gcm::", &["server/src/crypto.rs"]),
    ("tokio::spawn(", &[]),
];

/// Folders that know no HTTP.
const WITHOUT_HTTP: [&str; 3] = ["server/src/services/", "server/src/orchestrator/", "server/src/db/"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Every Rust source file of ours: path from the root with slashes, and text.
fn sources() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders: Vec<_> = ["app", "frontend", "server", "crates"].map(|f| root().join(f)).into();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && path.file_name().is_some_and(|n| n != "target") {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let name = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(found.len() > 30, "the walk found only {} files", found.len());
    found
}

/// What is wrong with how a file looks.
fn style_problems(name: &str, text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    if !text.starts_with("//!") {
        problems.push(format!("{name} does not open with //!"));
    }
    let lines = text.lines().count();
    if lines > MAX_LINES {
        problems.push(format!("{name} has {lines} lines, more than {MAX_LINES}"));
    }
    for forbidden in [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("allow(", "clippy")] {
        if text.contains(forbidden) {
            problems.push(format!("{name} contains {forbidden}"));
        }
    }
    problems
}

/// Which texts a file uses that belong to others; tests may look anywhere.
fn ownership_problems(name: &str, text: &str) -> Vec<String> {
    if name.contains("/tests/") {
        return Vec::new();
    }
    let text = text.split("#[cfg(test)]").next().unwrap_or(text);
    let mut problems = Vec::new();
    for (owned, places) in OWNED {
        let at_home = places.iter().any(|p| if p.ends_with('/') { name.starts_with(p) } else { name == *p });
        if !at_home && text.contains(owned) {
            problems.push(format!("{name} contains {owned}, which belongs to {places:?}"));
        }
    }
    if WITHOUT_HTTP.iter().any(|folder| name.starts_with(folder)) && text.contains("axum::") {
        problems.push(format!("{name} knows axum; services and below know no HTTP"));
    }
    problems
}

#[test]
fn files_look_alike() {
    let problems: Vec<_> = sources().iter().flat_map(|(name, text)| style_problems(name, text)).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn each_thing_has_one_owner() {
    let problems: Vec<_> = sources().iter().flat_map(|(name, text)| ownership_problems(name, text)).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn the_checks_can_fail() {
    assert_eq!(style_problems("a.rs", "//! Fine.\n"), Vec::<String>::new());
    let long = format!("fn f() {{}} // {}\n{}", concat!("TO", "DO"), "\n".repeat(MAX_LINES));
    assert_eq!(style_problems("a.rs", &long).len(), 3);
    assert_eq!(ownership_problems("server/src/db/users.rs", "sqlx::query!(…)"), Vec::<String>::new());
    assert_eq!(ownership_problems("server/src/rest/users.rs", "sqlx::query!(…)").len(), 1);
    assert_eq!(ownership_problems("server/src/services/users.rs", "use axum::Json;").len(), 1);
    assert_eq!(ownership_problems("server/src/crypto.rs", "use aes_gcm::Key;"), Vec::<String>::new());
}

#[test]
fn dependencies_point_downward() {
    let graph = Graph::load(&root());
    let ours: BTreeSet<_> = DIRECTION.iter().map(|(name, _)| *name).collect();
    assert_eq!(graph.members(), ours, "a crate without a rule about its dependencies");
    for (name, allowed) in DIRECTION {
        let used: BTreeSet<_> = graph.direct(graph.id(name)).intersection(&ours).copied().collect();
        let allowed = allowed.iter().copied().collect();
        assert!(used.is_subset(&allowed), "{name} depends on {:?}", used.difference(&allowed));
    }
}

#[test]
fn a_nanobot_carries_no_server() {
    let graph = Graph::load(&root());
    let tree = graph.tree(graph.id("autocode-nanobot"));
    assert!(tree.contains("tokio"), "the walk found too little: {tree:?}");
    let heavy: Vec<_> =
        tree.iter().filter(|n| ["sqlx", "axum", "leptos"].iter().any(|heavy| n.starts_with(heavy))).collect();
    assert!(heavy.is_empty(), "autocode-nanobot pulls in {heavy:?}");
}

#[test]
fn owned_crates_have_one_user() {
    let graph = Graph::load(&root());
    for (dependency, owner) in
        [("tmux_interface", "autocode-tmux"), ("aes-gcm", "server"), ("sqlx", "server")]
    {
        for (name, _) in DIRECTION {
            let uses = graph.direct(graph.id(name)).contains(dependency);
            assert_eq!(uses, name == owner, "{name} and {dependency}");
        }
    }
}

#[test]
fn leptos_options_are_the_same_for_build_and_deployment() {
    let section = |file: &str| {
        let text = fs::read_to_string(root().join(file)).unwrap();
        let parsed: toml::Table = toml::from_str(&text).unwrap();
        parsed["workspace"]["metadata"]["leptos"].clone()
    };
    assert_eq!(section("Leptos.toml"), section("Cargo.toml"));
}
