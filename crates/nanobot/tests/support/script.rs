//! Projects with a scenario of their own.

use autocode_demo_llm::Scenario;
use autocode_nanobot::protocol::ApprovalPolicy;

use super::Project;

impl Project {
    /// The project of a scenario of its own, whose model is `m`.
    pub async fn scripted(scenario: &str, approval: ApprovalPolicy) -> Self {
        let mut project = Self::with(Scenario::parse(scenario).unwrap(), "demo/m", None).await;
        project.config.approval = approval;
        project
    }
}
