//! Slows down guessing of passwords: after a few failures each further attempt has to wait longer.
//!
//! Must not know what a password is; it counts attempts by a key, in a bounded space.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Attempts before the first wait.
const FREE_ATTEMPTS: u32 = 5;
const FIRST_WAIT: Duration = Duration::from_secs(5);
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);
/// After this time without an attempt, all is forgotten.
const MEMORY: Duration = Duration::from_secs(30 * 60);
const MAX_ENTRIES: usize = 4096;

/// Who tries to sign in as whom.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AttemptKey {
    /// As typed, cut to a sane length.
    pub username: String,
    /// Address of the client.
    pub address: String,
}

struct Attempts {
    count: u32,
    last: Instant,
}

/// Counts attempts; one for the whole server.
#[derive(Default)]
pub struct LoginLimiter {
    entries: Mutex<HashMap<AttemptKey, Attempts>>,
}

impl LoginLimiter {
    /// Counts an attempt before it is made, so that many at once gain nothing.
    ///
    /// # Errors
    /// The seconds to wait, at least 1, if it may not be made now.
    pub fn begin(&self, key: &AttemptKey, now: Instant) -> Result<(), u64> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= MAX_ENTRIES && !entries.contains_key(key) {
            entries.retain(|_, attempts| now.duration_since(attempts.last) < MEMORY);
            let oldest = entries.iter().min_by_key(|(_, attempts)| attempts.last).map(|(key, _)| key.clone());
            if let Some(oldest) = oldest.filter(|_| entries.len() >= MAX_ENTRIES) {
                entries.remove(&oldest);
            }
        }
        let attempts = entries.entry(key.clone()).or_insert(Attempts { count: 0, last: now });
        if now.duration_since(attempts.last) >= MEMORY {
            attempts.count = 0;
        }
        let left = wait_after(attempts.count).saturating_sub(now.duration_since(attempts.last));
        if !left.is_zero() {
            return Err(left.as_secs() + 1);
        }
        attempts.count += 1;
        attempts.last = now;
        Ok(())
    }

    /// Forgets the attempts after one that succeeded.
    pub fn succeeded(&self, key: &AttemptKey) {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

fn wait_after(count: u32) -> Duration {
    match count.checked_sub(FREE_ATTEMPTS) {
        None => Duration::ZERO,
        Some(excess) => FIRST_WAIT.saturating_mul(2_u32.saturating_pow(excess)).min(LONGEST_WAIT),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(username: &str) -> AttemptKey {
        AttemptKey { username: username.to_owned(), address: "127.0.0.1".to_owned() }
    }

    #[test]
    fn waits_grow_after_five_failures_and_end_with_a_success() {
        let (limiter, start) = (LoginLimiter::default(), Instant::now());
        for _ in 0..5 {
            assert_eq!(limiter.begin(&key("tom"), start), Ok(()));
        }
        assert_eq!(limiter.begin(&key("tom"), start), Err(6));
        assert_eq!(limiter.begin(&key("ann"), start), Ok(()), "another user waits too");
        let later = start + Duration::from_secs(5);
        assert_eq!(limiter.begin(&key("tom"), later), Ok(()));
        assert_eq!(limiter.begin(&key("tom"), later), Err(11), "the wait did not grow");
        limiter.succeeded(&key("tom"));
        assert_eq!(limiter.begin(&key("tom"), later), Ok(()));
    }

    #[test]
    fn memory_is_bounded() {
        let (limiter, start) = (LoginLimiter::default(), Instant::now());
        for n in 0..(MAX_ENTRIES as u64 + 100) {
            limiter.begin(&key(&n.to_string()), start + Duration::from_millis(n)).unwrap();
        }
        assert_eq!(limiter.entries.lock().unwrap().len(), MAX_ENTRIES);
    }
}
