//! Who waits for whose failures, and who does not.

use super::*;

fn key(username: &str, address: &str) -> AttemptKey {
    AttemptKey { attempt: Attempt::SignIn, username: username.to_owned(), address: address.to_owned() }
}

#[test]
fn waits_grow_after_five_failures_and_end_with_a_success() {
    let (limiter, start) = (LoginLimiter::default(), Instant::now());
    let tom = key("tom", "127.0.0.1");
    for _ in 0..5 {
        assert_eq!(limiter.begin(&tom, start), Ok(()));
    }
    assert_eq!(limiter.begin(&tom, start), Err(6));
    assert_eq!(limiter.begin(&key("ann", "127.0.0.1"), start), Ok(()), "another user waits too");
    let later = start + Duration::from_secs(5);
    assert_eq!(limiter.begin(&tom, later), Ok(()));
    assert_eq!(limiter.begin(&tom, later), Err(11), "the wait did not grow");
    limiter.succeeded(&tom, later);
    assert_eq!(limiter.begin(&tom, later), Ok(()));
}

#[test]
fn guessing_one_account_from_many_addresses_is_slowed_down_but_not_for_its_owner() {
    let (limiter, start) = (LoginLimiter::default(), Instant::now());
    let home = key("tom", "10.0.0.1");
    assert_eq!(limiter.begin(&home, start), Ok(()));
    limiter.succeeded(&home, start);
    let strangers = |n: u32| key("tom", &format!("10.1.{}.{}", n / 250, n % 250));
    let refused = (0..200).filter(|n| limiter.begin(&strangers(*n), start).is_err()).count();
    assert_eq!(refused, 180, "20 are free");
    assert_eq!(limiter.begin(&home, start), Ok(()), "the owner waits for strangers' failures");
    assert!(limiter.begin(&key("tom", "10.0.0.2"), start).is_err(), "a new place does not wait");
}

#[test]
fn guessing_many_accounts_from_one_address_is_slowed_down() {
    let (limiter, start) = (LoginLimiter::default(), Instant::now());
    let refused =
        (0..150).filter(|n| limiter.begin(&key(&format!("u{n}"), "10.0.0.1"), start).is_err()).count();
    assert_eq!(refused, 50);
    assert_eq!(limiter.begin(&key("u1", "10.0.0.2"), start), Ok(()), "another address waits too");
    // One owner of an IPv6 network has all the addresses in it.
    let v6 = |n: u32| key(&format!("v{n}"), &format!("2001:db8:1:2::{n:x}"));
    assert_eq!((0..150).filter(|n| limiter.begin(&v6(*n), start).is_err()).count(), 50);
}

#[test]
fn only_failures_count_for_an_address() {
    let (limiter, start) = (LoginLimiter::default(), Instant::now());
    for n in 0..500 {
        let family = key(&format!("u{}", n % 7), "10.0.0.1");
        assert_eq!(limiter.begin(&family, start), Ok(()), "sign-in {n}");
        limiter.succeeded(&family, start);
    }
}

#[test]
fn confirmations_and_links_do_not_slow_down_sign_ins() {
    let (limiter, start) = (LoginLimiter::default(), Instant::now());
    let confirmation = AttemptKey { attempt: Attempt::Confirmation, ..key("tom", "10.0.0.1") };
    let link = AttemptKey { attempt: Attempt::Link, ..key("#invite", "10.0.0.9") };
    for _ in 0..5 {
        assert_eq!(limiter.begin(&confirmation, start), Ok(()));
        assert_eq!(limiter.begin(&link, start), Ok(()));
    }
    assert!(limiter.begin(&confirmation, start).is_err());
    assert!(limiter.begin(&link, start).is_err());
    assert_eq!(limiter.begin(&key("tom", "10.0.0.1"), start), Ok(()));
    let elsewhere = AttemptKey { address: "10.0.0.8".to_owned(), ..link };
    assert_eq!(limiter.begin(&elsewhere, start), Ok(()), "a stranger can lock others out of their links");
}

#[test]
fn memory_is_bounded() {
    let (limiter, start) = (LoginLimiter::default(), Instant::now());
    for n in 0..(MAX_ENTRIES as u64 + 100) {
        let key = key(&n.to_string(), &format!("10.{}.{}.1", n / 250, n % 250));
        limiter.begin(&key, start + Duration::from_millis(n)).unwrap();
        limiter.succeeded(&key, start + Duration::from_millis(n));
    }
    let memory = limiter.0.lock().unwrap();
    assert!(memory.counts.len() <= MAX_ENTRIES && memory.known.len() <= MAX_ENTRIES);
}
