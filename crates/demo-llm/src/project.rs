//! The demonstration project: the one task that the built-in scenario can carry out.
//!
//! Must not know how a project is stored; server, tests and pages turn it into their own types.

use serde::{Deserialize, Serialize};

use crate::Scenario;

/// A project as a person would write it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DemoProject {
    /// Display name.
    pub name: String,
    /// The goal.
    pub description: String,
    /// How it is to be built.
    pub architecture: String,
    /// The plan, in order of work.
    pub steps: Vec<DemoStep>,
}

/// One step of the demonstration's plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DemoStep {
    /// Position as text, from `1`.
    pub id: String,
    /// One line.
    pub title: String,
    /// The task for the coding CLI.
    pub instructions: String,
    /// Shell command that must exit 0.
    pub verify: Option<String>,
    /// Ids of the steps before it that it builds on.
    #[serde(default)]
    pub depends_on: Vec<String>,
}

/// The project that `demo/builder` and `demo/slow` can build.
///
/// Empty, with an error in the log, only if the embedded scenario were broken; a test keeps it whole.
pub fn demo_project() -> DemoProject {
    match Scenario::builtin() {
        Ok(scenario) => scenario.project,
        Err(error) => {
            tracing::error!(%error, "the embedded demonstration scenario cannot be read");
            DemoProject::default()
        }
    }
}
