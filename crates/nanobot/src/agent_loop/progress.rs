//! Whether the turn under way makes progress: its record grows, or its screen shows something new.
//!
//! Must not decide. Output that only redraws (a spinner, a counter, a progress bar) is no progress.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::AgentLoop;
use crate::state::StepPhase;

/// What was seen of the turn's progress; times are milliseconds since the Unix epoch.
#[derive(Debug, Default)]
pub(super) struct Progress {
    record: u64,
    screen: u64,
    at: i64,
    checked: i64,
    in_turn: bool,
}

impl Progress {
    /// Something certainly moved.
    pub(super) fn moved(&mut self, at: i64) {
        self.at = at;
    }
}

impl AgentLoop {
    /// When the turn under way was last seen to move. Looks at the record, and at the screen only when the record is
    /// still, a few times within the time that counts as a stall.
    pub(super) async fn progress_at(&mut self, now: i64) -> i64 {
        if !matches!(self.state.step.as_ref().map(|s| &s.phase), Some(StepPhase::Sent(_))) {
            self.seen.progress = Progress { at: now, ..Progress::default() };
            return now;
        }
        let stall =
            i64::try_from(self.config.limits.stall_secs).unwrap_or(i64::MAX / 1000).saturating_mul(1000);
        let interval = (stall / 10).clamp(500, 15_000);
        if !self.seen.progress.in_turn {
            self.seen.progress = Progress { at: now, in_turn: true, ..Progress::default() };
        }
        if now - self.seen.progress.checked < interval {
            return self.seen.progress.at;
        }
        self.seen.progress.checked = now;
        let record = self.cli.record_position().await;
        if record != self.seen.progress.record {
            self.seen.progress.record = record;
            self.seen.progress.at = now;
        } else if now - self.seen.progress.at >= stall / 4 {
            let screen = still_parts(&self.look().await.text);
            // The first look has nothing to compare with.
            if self.seen.progress.screen != 0 && screen != self.seen.progress.screen {
                self.seen.progress.at = now;
            }
            self.seen.progress.screen = screen;
        }
        self.seen.progress.at
    }
}

/// A hash of what a redraw leaves as it is: the letters, without the lines of spinners.
fn still_parts(screen: &str) -> u64 {
    let mut hash = DefaultHasher::new();
    for line in screen.lines().filter(|line| !line.contains('…')) {
        let letters: String = line.chars().filter(|c| c.is_alphabetic()).collect();
        if !letters.is_empty() {
            letters.hash(&mut hash);
        }
    }
    // 0 stands for "never seen".
    hash.finish() | 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redraw_is_no_progress_and_a_new_word_is() {
        let before = "  Running make\n  12 % [####    ]\n\n✻ Baking… (12s · ↑ 3 tokens)\n";
        let redrawn = "  Running make\n  57 % [#######  ]\n✶ Stewing… (99s · ↑ 5 tokens)\n";
        assert_eq!(still_parts(before), still_parts(redrawn));
        assert_ne!(still_parts(before), still_parts(&format!("  compiled main\n{before}")));
    }
}
