//! What happened lately over all of a user's projects, and what it cost.

use app::{
    backend::{Answer, Overview},
    model::{LogEntry, LogId, UsageSummary, Viewer},
};
use async_trait::async_trait;

use super::Services;
use crate::{
    db::{self, now_ms},
    error,
};

const DAY_MS: i64 = 24 * 3600 * 1000;

#[async_trait]
impl Overview for Services {
    async fn decisions(&self, viewer: &Viewer, after: Option<LogId>) -> Answer<Vec<LogEntry>> {
        db::logs::decisions(self.db.reader(), viewer.id, after).await.map_err(error::db)
    }

    async fn today(&self, viewer: &Viewer) -> Answer<UsageSummary> {
        let now = now_ms();
        let midnight = now - now.rem_euclid(DAY_MS);
        db::usage::today_summary(self.db.reader(), viewer.id, midnight).await.map_err(error::db)
    }
}
