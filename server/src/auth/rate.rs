//! How many requests anybody may send: so many a second for each signed-in person, wherever from, and for each address
//! of whoever is not signed in.
//!
//! Against programs that run wild, so nobody who reads and types meets it; guessing of secrets is slowed down by
//! `limiter`. Must not know what is asked for.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use app::{error::AppError, model::UserId};
use axum::{
    Json,
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, StatusCode, header::RETRY_AFTER};

use super::{
    Auth, CLIENT_ADDRESS,
    limiter::{bound, network},
    personal, token,
};
use crate::{
    db::{self, now_ms},
    error::{self, Problem},
};

/// What may be sent at once, as the time in which so much may be sent evenly.
const BURST: Duration = Duration::from_secs(12);
/// Where the pages' server functions stand, whose callers understand [`AppError`].
const FUNCTIONS: &str = "/fn/";

/// Who is counted together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Sender {
    /// Somebody who is signed in, or a script with a token of theirs.
    User(UserId),
    /// Anybody else, by their network.
    Network(String),
}

/// Counts requests; one for the whole server.
pub(super) struct RequestLimiter {
    /// Time after which another request may be sent.
    pace: Duration,
    /// When what each sent would be paid off by waiting; those of the past are as good as none.
    owed: Mutex<HashMap<Sender, Instant>>,
}

impl RequestLimiter {
    /// So many requests a second in the long run, and twelve seconds' worth at once.
    pub(super) fn new(per_second: u32) -> Self {
        Self { pace: Duration::from_secs(1) / per_second.max(1), owed: Mutex::default() }
    }

    /// Counts a request.
    ///
    /// # Errors
    /// The seconds to wait, at least 1; what is refused does not count.
    fn take(&self, sender: Sender, now: Instant) -> Result<(), u64> {
        let mut owed = self.owed.lock().unwrap_or_else(PoisonError::into_inner);
        // Who has sent nothing for the longest owes the least.
        bound(&mut owed, &sender, |until| *until);
        let until = owed.entry(sender).or_insert(now);
        let next = (*until).max(now) + self.pace;
        let excess = next.saturating_duration_since(now + BURST);
        if !excess.is_zero() {
            return Err(excess.as_secs() + 1);
        }
        *until = next;
        Ok(())
    }
}

impl Auth {
    /// Who sends a request. A sign-in that ended counts as its person's until its token does, which is no way around.
    async fn sender(&self, headers: &HeaderMap) -> Result<Sender, AppError> {
        let user = match personal::of_request(headers) {
            Some(secret) => {
                let found = db::tokens::bearer(self.0.db.reader(), &token::hash(secret), now_ms()).await;
                found.map_err(error::db)?.map(|found| found.viewer.id)
            }
            None => self.claims(headers).and_then(|claims| claims.user()),
        };
        let address = headers.get(CLIENT_ADDRESS).and_then(|value| value.to_str().ok()).unwrap_or_default();
        Ok(user.map_or_else(|| Sender::Network(network(address)), Sender::User))
    }
}

/// Refuses what somebody sends too fast.
pub async fn limit(State(auth): State<Auth>, request: Request, next: Next) -> Response {
    let counted = match auth.sender(request.headers()).await {
        Ok(sender) => auth.0.requests.take(sender, Instant::now()),
        Err(error) => return Problem::from(error).into_response(),
    };
    match counted {
        Ok(()) => next.run(request).await,
        Err(seconds) => refusal(request.uri().path(), seconds),
    }
}

fn refusal(path: &str, seconds: u64) -> Response {
    let error = AppError::TooManyRequests(seconds);
    if path.starts_with(FUNCTIONS) {
        let headers = [(RETRY_AFTER, seconds.to_string())];
        return (StatusCode::TOO_MANY_REQUESTS, headers, Json(error)).into_response();
    }
    Problem::from(error).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn user(id: i64) -> Sender {
        Sender::User(UserId(id))
    }

    /// How many of so many requests at once are let through.
    fn let_through(limiter: &RequestLimiter, sender: &Sender, requests: usize, now: Instant) -> usize {
        (0..requests).filter(|_| limiter.take(sender.clone(), now).is_ok()).count()
    }

    #[test]
    fn a_burst_is_free_and_then_it_goes_on_at_its_pace() {
        let limiter = RequestLimiter::new(50);
        let now = Instant::now();
        assert_eq!(let_through(&limiter, &user(1), 1000, now), 600);
        assert_eq!(limiter.take(user(1), now), Err(1));
        assert_eq!(let_through(&limiter, &user(2), 1000, now), 600, "another one waits as well");
        assert_eq!(let_through(&limiter, &user(1), 1000, now + SECOND), 50, "refusals count");
        assert_eq!(let_through(&limiter, &user(1), 1000, now + SECOND + BURST), 600);
    }

    #[test]
    fn the_wait_is_as_long_as_it_has_to_be() {
        let slow = RequestLimiter { pace: 10 * SECOND, owed: Mutex::default() };
        let now = Instant::now();
        assert_eq!(slow.take(user(1), now), Ok(()));
        assert_eq!(slow.take(user(1), now), Err(9));
        assert_eq!(slow.take(user(1), now + 9 * SECOND), Ok(()));
    }

    #[test]
    fn memory_is_bounded_and_the_busiest_are_kept() {
        let limiter = RequestLimiter::new(50);
        let now = Instant::now();
        assert_eq!(let_through(&limiter, &user(0), 700, now), 600);
        for id in 1..6000 {
            assert_eq!(limiter.take(user(id), now), Ok(()));
        }
        assert_eq!(limiter.owed.lock().unwrap().len(), 4096);
        assert_eq!(limiter.take(user(0), now), Err(1), "the busiest was forgotten");
    }
}
