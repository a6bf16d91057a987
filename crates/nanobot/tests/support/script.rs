//! Projects with a scenario of their own.

use autocode_demo_llm::Scenario;
use autocode_nanobot::protocol::{ApprovalPolicy, CliKind};

use super::Project;

impl Project {
    /// The project of a scenario of its own, whose model is `m`.
    pub async fn scripted(scenario: &str, approval: ApprovalPolicy) -> Self {
        Self::scripted_for(CliKind::Claude, scenario, approval).await
    }

    /// The same for another coding CLI.
    pub async fn scripted_for(coding_cli: CliKind, scenario: &str, approval: ApprovalPolicy) -> Self {
        let scenario = Scenario::parse(scenario).unwrap();
        let mut project = Self::with(scenario, coding_cli, "demo/m", None).await;
        project.config.approval = approval;
        project
    }
}
