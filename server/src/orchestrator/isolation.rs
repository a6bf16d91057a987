//! How well users are kept apart: measured in an empty cell for everybody, and in each user's own when it starts.
//!
//! Must not take the configuration's word for anything. A measurement that is worse than what an admin accepted stops new
//! starts: whoever relied on a wall must learn that it is gone before anything runs without it.

use app::{
    error::AppError,
    model::{IsolationFact, IsolationReport, Timestamp, UserId},
};
use autocode_runner::protocol::Isolation;
use autocode_sandbox::Facts;
use tracing::info;

use super::{Orchestrator, Shared, internal};
use crate::db::{self, now_ms};

/// For this long a measurement is good enough.
const FRESH_MS: i64 = 60_000;
/// The highest level at which agents of different users reach each other's files.
const OPEN_LEVEL: u8 = 1;

impl Orchestrator {
    /// What cells have and lack, measured in an empty one within the last minute; takes at most ten seconds.
    pub async fn isolation_report(&self) -> IsolationReport {
        self.shared.isolation_report().await
    }

    /// What a user's own cell has and lacks, as it was measured when it started; none if no cell is known.
    pub fn isolation_of(&self, user: UserId) -> Option<IsolationReport> {
        self.shared.isolation_of(user)
    }

    /// What the isolation of a user's processes lacks, in one sentence, as far as known.
    pub fn isolation_warning(&self, user: UserId) -> Option<String> {
        self.shared.isolation_warning(user)
    }
}

impl Shared {
    async fn isolation_report(&self) -> IsolationReport {
        let mut last = self.empty_cell.lock().await;
        if let Some(report) = &*last
            && now_ms() - report.measured_at.as_millis() < FRESH_MS
        {
            return report.clone();
        }
        let facts = self.cells.examine(&self.config).await;
        info!(level = facts.level(), "measured an empty cell");
        let report = report(&Isolation { facts, measured_at: now_ms() });
        *last = Some(report.clone());
        report
    }

    pub(super) fn isolation_of(&self, user: UserId) -> Option<IsolationReport> {
        self.measured(user).as_ref().map(report)
    }

    /// What the isolation of a user's processes lacks, in one sentence, as far as known.
    pub(super) fn isolation_warning(&self, user: UserId) -> Option<String> {
        self.measured(user)?.facts.lacks()
    }

    fn measured(&self, user: UserId) -> Option<Isolation> {
        self.isolation.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get(&user).cloned()
    }

    /// Refuses what would start at a level that nobody accepted, or at which several users would not be kept apart; a
    /// better level than before is the new measure.
    ///
    /// What a cell claims of itself can only stop its own start: were it to raise the measure, one user's runner could
    /// stop everybody's.
    pub(super) async fn check_level(&self, level: u8, claimed: bool) -> Result<(), AppError> {
        let db = &self.db;
        if level <= OPEN_LEVEL && db::users::count(db.reader()).await.map_err(internal)? > 1 {
            return Err(AppError::Conflict(format!(
                "Isolation level {level} of 4: agents of one user would reach the others. With several users nothing \
                 starts before bubblewrap works; `autocode doctor` says what is missing."
            )));
        }
        let accepted = db::cells::accepted_level(db.reader()).await.map_err(internal)?;
        if accepted.is_some_and(|accepted| accepted > level) {
            return Err(AppError::Conflict(format!(
                "The isolation has become weaker: level {level} of 4 was measured, {} was there before. Nothing starts \
                 until an admin accepts that on the page Admin.",
                accepted.unwrap_or_default()
            )));
        }
        if !claimed && accepted != Some(level) {
            let mut tx = db.begin().await.map_err(internal)?;
            db::cells::set_accepted_level(&mut tx, level).await.map_err(internal)?;
            tx.commit().await.map_err(internal)?;
        }
        Ok(())
    }

    /// As [`Self::check_level`], for an empty cell measured now.
    pub(super) async fn check_isolation(&self) -> Result<(), AppError> {
        self.check_level(self.isolation_report().await.level, false).await
    }
}

fn report(measured: &Isolation) -> IsolationReport {
    let fact = |(name, fact): (&str, &autocode_sandbox::Fact)| IsolationFact {
        name: name.to_owned(),
        holds: fact.holds,
        detail: fact.detail.clone(),
    };
    let facts: &Facts = &measured.facts;
    IsolationReport {
        level: facts.level(),
        facts: facts.named().map(fact).into(),
        lacks: facts.lacks(),
        accepted: None,
        measured_at: Timestamp::from_millis(measured.measured_at),
    }
}
