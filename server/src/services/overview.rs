//! What happened lately over all of a user's projects, and what it cost.

use app::{
    backend::{Answer, Overview},
    error::AppError,
    model::{DecisionQuery, LogEntry, LogId, UsageSummary, Viewer},
};
use async_trait::async_trait;

use super::Services;
use crate::{
    db::{self, now_ms},
    error,
};

/// Most decisions in a part.
const MOST_DECISIONS: u32 = 200;
const DAY_MS: i64 = 24 * 3600 * 1000;

#[async_trait]
impl Overview for Services {
    async fn decisions(&self, viewer: &Viewer, after: Option<LogId>) -> Answer<Vec<LogEntry>> {
        db::logs::decisions(self.db.reader(), viewer.id, after, None, db::logs::MAX_DECISIONS)
            .await
            .map_err(error::db)
    }

    async fn decision_page(&self, viewer: &Viewer, query: DecisionQuery) -> Answer<Vec<LogEntry>> {
        let limit = query.limit.unwrap_or(db::logs::MAX_DECISIONS);
        if !(1..=MOST_DECISIONS).contains(&limit) {
            return Err(AppError::invalid("limit", format!("Ask for 1 to {MOST_DECISIONS} lines.")));
        }
        let (db, before) = (self.db.reader(), query.before);
        match query.after {
            Some(after) => db::logs::next_decisions(db, viewer.id, after, before, limit).await,
            None => db::logs::decisions(db, viewer.id, None, before, limit).await,
        }
        .map_err(error::db)
    }

    async fn today(&self, viewer: &Viewer) -> Answer<UsageSummary> {
        let now = now_ms();
        let midnight = now - now.rem_euclid(DAY_MS);
        db::usage::today_summary(self.db.reader(), viewer.id, midnight).await.map_err(error::db)
    }
}
