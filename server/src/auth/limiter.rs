//! Slows down guessing of secrets: after some failures each further attempt has to wait longer.
//!
//! Counted three times over: for a name from an address, for the name from anywhere, and for the address whatever the
//! name, because a guesser may change either. Must not know what a password is; it counts in a bounded space.

use std::{
    collections::HashMap,
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// After this time without an attempt, all is forgotten.
const MEMORY: Duration = Duration::from_secs(30 * 60);
/// An address where a name signed in is known for this long: strangers' failures do not keep it waiting.
const KNOWN: Duration = Duration::from_secs(30 * 24 * 3600);
const MAX_ENTRIES: usize = 4096;

/// How failures of one kind slow down.
struct Policy {
    /// Attempts before the first wait.
    free: u32,
    first_wait: Duration,
    longest_wait: Duration,
}

const PAIR: Policy =
    Policy { free: 5, first_wait: Duration::from_secs(5), longest_wait: Duration::from_secs(15 * 60) };
const NAME: Policy =
    Policy { free: 20, first_wait: Duration::from_secs(2), longest_wait: Duration::from_secs(60) };
const ADDRESS: Policy =
    Policy { free: 100, first_wait: Duration::from_secs(2), longest_wait: Duration::from_secs(60) };

/// What is attempted, which decides what is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// A password for a name.
    SignIn,
    /// The token of a link: nobody's name, and too long to be guessed.
    Link,
    /// The own password again, by somebody who is signed in.
    Confirmation,
}

/// Who tries what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptKey {
    /// What is tried.
    pub attempt: Attempt,
    /// Name as typed, cut to a sane length.
    pub username: String,
    /// Address of the client; whoever has one IPv6 address has its /64, so that is what counts.
    pub address: String,
}

/// One of the counts that an attempt adds to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Counter {
    Pair(String, String),
    Name(String),
    Address(String),
}

impl Counter {
    fn policy(&self) -> &'static Policy {
        match self {
            Self::Pair(..) => &PAIR,
            Self::Name(_) => &NAME,
            Self::Address(_) => &ADDRESS,
        }
    }
}

struct Attempts {
    count: u32,
    last: Instant,
}

#[derive(Default)]
struct Memory {
    counts: HashMap<Counter, Attempts>,
    known: HashMap<Counter, Instant>,
}

/// Counts attempts; one for the whole server.
#[derive(Default)]
pub struct LoginLimiter(Mutex<Memory>);

impl LoginLimiter {
    /// Counts an attempt before it is made, so that many at once gain nothing.
    ///
    /// # Errors
    /// The seconds to wait, at least 1, if it may not be made now.
    pub fn begin(&self, key: &AttemptKey, now: Instant) -> Result<(), u64> {
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let counters = counters(key, &memory.known, now);
        let left = counters.iter().map(|counter| memory.wait(counter, now)).max().unwrap_or_default();
        if !left.is_zero() {
            return Err(left.as_secs() + 1);
        }
        for counter in counters {
            bound(&mut memory.counts, &counter, |attempts| attempts.last);
            let attempts = memory.counts.entry(counter).or_insert(Attempts { count: 0, last: now });
            attempts.count += 1;
            attempts.last = now;
        }
        Ok(())
    }

    /// Takes back an attempt that succeeded; only failures count. A name's failures elsewhere stay counted.
    pub fn succeeded(&self, key: &AttemptKey, now: Instant) {
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for counter in counters(key, &memory.known, now) {
            match (&counter, memory.counts.get_mut(&counter)) {
                (Counter::Pair(..), _) => drop(memory.counts.remove(&counter)),
                (_, Some(attempts)) => attempts.count = attempts.count.saturating_sub(1),
                (_, None) => {}
            }
        }
        if key.attempt == Attempt::SignIn {
            let pair = pair(key);
            bound(&mut memory.known, &pair, |since| *since);
            memory.known.insert(pair, now);
        }
    }
}

impl Memory {
    /// How long the next attempt has to wait, and forgets what is old.
    fn wait(&mut self, counter: &Counter, now: Instant) -> Duration {
        let Some(attempts) = self.counts.get_mut(counter) else { return Duration::ZERO };
        let since = now.saturating_duration_since(attempts.last);
        if since >= MEMORY {
            attempts.count = 0;
        }
        wait_after(attempts.count, counter.policy()).saturating_sub(since)
    }
}

fn counters(key: &AttemptKey, known: &HashMap<Counter, Instant>, now: Instant) -> Vec<Counter> {
    let pair = pair(key);
    let at_home = known.get(&pair).is_some_and(|since| now.saturating_duration_since(*since) < KNOWN);
    let mut counters = vec![pair];
    if key.attempt == Attempt::SignIn && !at_home {
        counters.push(Counter::Name(key.username.clone()));
    }
    if key.attempt != Attempt::Confirmation {
        counters.push(Counter::Address(network(&key.address)));
    }
    counters
}

fn pair(key: &AttemptKey) -> Counter {
    // A confirmation has no address, so sign-ins and confirmations do not slow each other down.
    let address = if key.attempt == Attempt::Confirmation { String::new() } else { network(&key.address) };
    Counter::Pair(key.username.clone(), address)
}

/// The part of an address that its owner cannot change at will.
pub(super) fn network(address: &str) -> String {
    match address.parse::<IpAddr>().map(|ip| ip.to_canonical()) {
        Ok(IpAddr::V6(ip)) => Ipv6Addr::from_bits(ip.to_bits() & (u128::MAX << 64)).to_string(),
        Ok(ip) => ip.to_string(),
        Err(_) => address.to_owned(),
    }
}

/// Makes room for a key by forgetting the oldest.
pub(super) fn bound<K: Clone + Eq + Hash, V>(map: &mut HashMap<K, V>, key: &K, age: impl Fn(&V) -> Instant) {
    if map.len() >= MAX_ENTRIES && !map.contains_key(key) {
        let oldest = map.iter().min_by_key(|(_, value)| age(value)).map(|(key, _)| key.clone());
        if let Some(oldest) = oldest {
            map.remove(&oldest);
        }
    }
}

fn wait_after(count: u32, policy: &Policy) -> Duration {
    match count.checked_sub(policy.free) {
        None => Duration::ZERO,
        Some(excess) => {
            policy.first_wait.saturating_mul(2_u32.saturating_pow(excess)).min(policy.longest_wait)
        }
    }
}

#[cfg(test)]
mod tests;
