//! The made-up backend's answers about what the dashboard shows beyond agents and projects.

use app::{
    backend::{Answer, Overview},
    model::{
        DecisionQuery, InstanceId, LogEntry, LogId, LogLevel, ProjectId, Timestamp, UsageSummary, Viewer,
    },
};
use async_trait::async_trait;

use super::{Fake, USAGE};

#[async_trait]
impl Overview for Fake {
    async fn decisions(&self, _: &Viewer, after: Option<LogId>) -> Answer<Vec<LogEntry>> {
        assert_eq!(after, None);
        Ok(vec![LogEntry {
            id: LogId(12),
            project_id: Some(ProjectId(7)),
            agent_instance_id: InstanceId(1),
            level: LogLevel::AgentDecision,
            message: "Asked, because <b>only Tom</b> knows.".to_owned(),
            timestamp: Timestamp::from_millis(1_000),
        }])
    }
    async fn decision_page(&self, viewer: &Viewer, query: DecisionQuery) -> Answer<Vec<LogEntry>> {
        self.decisions(viewer, query.after).await
    }
    async fn today(&self, _: &Viewer) -> Answer<UsageSummary> {
        Ok(USAGE)
    }
}
