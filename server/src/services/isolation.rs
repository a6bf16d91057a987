//! How well users are kept apart on this machine, found out by starting a cell.
//!
//! Must not take the configuration's word for it: a cell that does not start is no cell.

use std::sync::Arc;

use app::model::{IsolationFact, IsolationReport, Timestamp};
use autocode_sandbox::SandboxMode;
use tokio::sync::Mutex;

use crate::db::now_ms;

/// For this long a measurement is good enough.
const FRESH_MS: i64 = 60_000;

/// Starts an empty cell to see whether it works; remembers the result for a minute.
#[derive(Clone, Default)]
pub struct IsolationProbe(Arc<Mutex<Option<IsolationReport>>>);

impl IsolationProbe {
    /// What cells have and lack; takes at most five seconds.
    pub async fn report(&self, mode: SandboxMode) -> IsolationReport {
        let mut last = self.0.lock().await;
        if let Some(report) = &*last
            && now_ms() - report.measured_at.as_millis() < FRESH_MS
        {
            return report.clone();
        }
        let started = match mode {
            SandboxMode::Off => Err("it is switched off (AUTOCODE_SANDBOX)".to_owned()),
            SandboxMode::Auto | SandboxMode::Required => autocode_sandbox::probe().await,
        };
        let report = report(started, now_ms());
        *last = Some(report.clone());
        report
    }
}

fn report(started: Result<(), String>, now: i64) -> IsolationReport {
    let fact = |name: &str, holds: bool, detail: &str| IsolationFact {
        name: name.to_owned(),
        holds,
        detail: detail.to_owned(),
    };
    let sandboxed = started.is_ok();
    let starts = match &started {
        Ok(()) => "An empty cell was started with the profile that agents get.".to_owned(),
        Err(why) => format!("It does not start: {why}."),
    };
    let inside = |yes: &'static str, no: &'static str| if sandboxed { yes } else { no };
    IsolationReport {
        level: if sandboxed { 2 } else { 0 },
        facts: vec![
            fact("Bubblewrap", sandboxed, &starts),
            fact(
                "Own files",
                sandboxed,
                inside(
                    "An agent sees its user's folder, programs and nothing of other users or the database.",
                    "An agent can read whatever the server's account can.",
                ),
            ),
            fact(
                "Own processes",
                sandboxed,
                inside(
                    "An agent sees and signals only processes of its user.",
                    "An agent can see and end every process of the server's account.",
                ),
            ),
            fact("Own network", false, "Agents share this machine's network and reach services on it."),
            fact("Own account for each user", false, "All cells run under the server's account."),
            fact("Own limits", false, "Memory, processors and processes of a cell are not limited."),
        ],
        measured_at: Timestamp::from_millis(now),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_that_does_not_start_is_no_isolation() {
        let facts = |report: &IsolationReport| report.facts.iter().map(|f| f.holds).collect::<Vec<_>>();
        let good = report(Ok(()), 0);
        assert_eq!((good.level, facts(&good)), (2, vec![true, true, true, false, false, false]));
        let bad = report(Err("it is not installed".to_owned()), 0);
        assert_eq!((bad.level, facts(&bad)), (0, vec![false; 6]));
        assert_eq!(bad.facts[0].detail, "It does not start: it is not installed.");
    }
}
