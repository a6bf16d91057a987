//! The installation as admins see it: links, the record of security events, isolation.

use app::{
    backend::{Administration, Answer},
    error::AppError,
    model::{AccountLink, AuditEntry, AuditQuery, IsolationReport, LinkId, NewLink, Page, UserId, Viewer},
};
use async_trait::async_trait;

use super::{Services, admin};
use crate::{
    db::{self, now_ms},
    error,
};

/// Events in an answer, unless another number is asked for.
const PAGE: u32 = 25;
const MAX_PAGE: u32 = 200;

#[async_trait]
impl Administration for Services {
    async fn links(&self, viewer: &Viewer, page: Page) -> Answer<Vec<AccountLink>> {
        admin(viewer)?;
        db::links::list(self.db.reader(), page, now_ms()).await.map_err(error::db)
    }

    async fn create_invite(&self, viewer: &Viewer) -> Answer<NewLink> {
        admin(viewer)?;
        self.new_link(viewer, None).await
    }

    async fn create_reset(&self, viewer: &Viewer, id: UserId) -> Answer<NewLink> {
        admin(viewer)?;
        let user = self.account(id).await?;
        self.new_link(viewer, Some(&user)).await
    }

    async fn delete_link(&self, viewer: &Viewer, id: LinkId) -> Answer<()> {
        admin(viewer)?;
        let mut tx = self.begin().await?;
        if !db::links::delete(&mut tx, id).await.map_err(error::db)? {
            return Err(AppError::NotFound);
        }
        let actor = viewer.username.as_str();
        db::audit::insert(&mut tx, None, actor, "link_deleted", "", now_ms()).await.map_err(error::db)?;
        tx.commit().await.map_err(error::db)
    }

    async fn audit(&self, viewer: &Viewer, query: AuditQuery) -> Answer<Vec<AuditEntry>> {
        admin(viewer)?;
        let limit = query.limit.unwrap_or(PAGE);
        if !(1..=MAX_PAGE).contains(&limit) {
            return Err(AppError::invalid("limit", format!("Ask for 1 to {MAX_PAGE} events.")));
        }
        db::audit::list(self.db.reader(), query.before, limit).await.map_err(error::db)
    }

    async fn isolation(&self, viewer: &Viewer) -> Answer<IsolationReport> {
        admin(viewer)?;
        let accepted = db::cells::accepted_level(self.db.reader()).await.map_err(error::db)?;
        Ok(IsolationReport { accepted, ..self.orchestrator.isolation_report().await })
    }

    async fn accept_isolation(&self, viewer: &Viewer, level: u8) -> Answer<IsolationReport> {
        admin(viewer)?;
        let report = self.orchestrator.isolation_report().await;
        if report.level != level {
            return Err(AppError::Conflict(format!(
                "Level {} was measured, not {level}: look at it again before you accept it.",
                report.level
            )));
        }
        let mut tx = self.begin().await?;
        let before = db::cells::accepted_level(&mut *tx).await.map_err(error::db)?;
        db::cells::set_accepted_level(&mut tx, level).await.map_err(error::db)?;
        let detail = format!("level {} to {level}", before.map_or("none".to_owned(), |l| l.to_string()));
        let actor = viewer.username.as_str();
        db::audit::insert(&mut tx, None, actor, "isolation_accepted", &detail, now_ms())
            .await
            .map_err(error::db)?;
        tx.commit().await.map_err(error::db)?;
        Ok(IsolationReport { accepted: Some(level), ..report })
    }
}
