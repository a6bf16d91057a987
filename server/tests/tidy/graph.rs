//! The dependency graph as `cargo metadata` resolves it.
//!
//! Must not know which dependencies are wanted: the tests decide.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::Command,
};

use serde_json::Value;

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

/// The resolved dependency graph of the workspace.
pub(crate) struct Graph {
    names: BTreeMap<String, String>,
    /// Package id to ids of what it needs to run or to be built, tests left out.
    needs: BTreeMap<String, BTreeSet<String>>,
}

impl Graph {
    /// Asks cargo, offline and for the locked versions.
    pub(crate) fn load(root: &Path) -> Self {
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        let output = Command::new(cargo)
            .args(["metadata", "--format-version", "1", "--locked", "--offline"])
            .current_dir(root)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
        let mut graph = Self { names: BTreeMap::new(), needs: BTreeMap::new() };
        for package in list(&metadata["packages"]) {
            graph.names.insert(text(&package["id"]), text(&package["name"]));
        }
        for node in list(&metadata["resolve"]["nodes"]) {
            let for_more_than_tests = |d: &&Value| list(&d["dep_kinds"]).iter().any(|k| k["kind"] != "dev");
            let needed = list(&node["deps"]).iter().filter(for_more_than_tests).map(|d| text(&d["pkg"]));
            graph.needs.insert(text(&node["id"]), needed.collect());
        }
        graph
    }

    /// Names of the workspace's own packages.
    pub(crate) fn members(&self) -> BTreeSet<&str> {
        self.names.iter().filter(|(id, _)| id.starts_with("path+")).map(|(_, n)| n.as_str()).collect()
    }

    /// The id of one of our packages.
    pub(crate) fn id(&self, name: &str) -> &str {
        let mut found = self.names.iter().filter(|(id, n)| *n == name && id.starts_with("path+"));
        found.next().unwrap_or_else(|| panic!("no package {name}")).0
    }

    /// Names of what a package needs itself.
    pub(crate) fn direct(&self, id: &str) -> BTreeSet<&str> {
        self.needs[id].iter().map(|i| self.names[i].as_str()).collect()
    }

    /// Names of everything in a package's tree, itself included.
    pub(crate) fn tree(&self, id: &str) -> BTreeSet<&str> {
        let mut seen = BTreeSet::new();
        let mut open = vec![id];
        while let Some(next) = open.pop() {
            if seen.insert(next) {
                open.extend(self.needs[next].iter().map(String::as_str));
            }
        }
        seen.into_iter().map(|i| self.names[i].as_str()).collect()
    }
}
