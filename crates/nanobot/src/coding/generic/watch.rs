//! Whether a screen changes: the only thing that is known of a program that tells nothing.
//!
//! Must do no I/O; the clock is injected, in milliseconds since the Unix epoch.

/// How long a screen must stay the same to be quiet, in milliseconds. Programs that work show a clock or a turning sign.
pub const QUIET_MS: i64 = 6_000;

/// The last screen, and since when it is the same.
#[derive(Debug, Default)]
pub struct Watch {
    text: String,
    since: Option<i64>,
    changes: u64,
}

impl Watch {
    /// Takes note of what is seen now.
    pub fn note(&mut self, text: &str, now: i64) {
        if self.since.is_none() || self.text != text {
            text.clone_into(&mut self.text);
            self.since = Some(now);
            self.changes += 1;
        }
    }

    /// Whether the screen has been the same for long enough.
    pub fn quiet(&self, now: i64) -> bool {
        self.since.is_some_and(|since| now - since >= QUIET_MS)
    }

    /// The last screen.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How often the screen was seen to be another.
    pub fn changes(&self) -> u64 {
        self.changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_screen_is_quiet_when_it_stays_the_same() {
        let mut watch = Watch::default();
        assert!(!watch.quiet(1_000_000));
        watch.note("a", 0);
        watch.note("a", 5_000);
        assert!(!watch.quiet(5_999) && watch.quiet(6_000));
        watch.note("b", 6_000);
        assert!(!watch.quiet(11_999) && watch.quiet(12_000));
        assert_eq!((watch.text(), watch.changes()), ("b", 2));
    }
}
