//! Who may start: a coding CLI takes a quarter of a gigabyte, so starts wait for memory and for a place of their owner's.
//!
//! Fair among users: of those who wait, the one with the fewest agents at work is next. The wish is a row, so it survives
//! a restart of the server and can be withdrawn by a stop.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use app::model::{InstanceId, UserId};
use tracing::{error, info};

use super::{Orchestrator, Shared, keeper::Order};
use crate::{
    config::{CLI_MEMORY_MIB, memory},
    db::{self, queue::Waiting},
};

/// How often those who wait are looked at.
const TICK: Duration = Duration::from_secs(1);
/// A coding CLI has taken its memory after so long; until then its share is kept free.
const GROWTH: Duration = Duration::from_secs(20);
const MIB: u64 = 1 << 20;

/// What was let in lately and may not have taken its memory yet; one decision at a time.
#[derive(Debug, Default)]
pub struct Admission(tokio::sync::Mutex<Vec<Instant>>);

impl Orchestrator {
    /// Lets in who can be; tells whether `wanted` is among them: its caller starts it, the others are started here.
    pub(super) async fn let_in(&self, wanted: Option<InstanceId>) -> Result<bool, sqlx::Error> {
        let mut wanted_is_in = false;
        for waiting in self.shared.admit().await? {
            if Some(waiting.instance) == wanted {
                wanted_is_in = true;
                continue;
            }
            self.shared.publish(waiting.user, waiting.project).await;
            let keeper = self.keeper(waiting.user).await?;
            let order = Order::Start { instance: waiting.instance, project: waiting.project, reply: None };
            if keeper.orders.send(order).await.is_err() {
                // Being ended with its user or with the server; a next one starts what the rows say.
                info!(user = %waiting.user, "a user's keeper took no order");
            }
        }
        Ok(wanted_is_in)
    }

    /// Looks after those who wait until the server ends.
    pub(super) async fn keep_admitting(self) {
        let mut tick = tokio::time::interval(TICK);
        loop {
            tokio::select! {
                () = self.shared.shutdown.cancelled() => return,
                _ = tick.tick() => {}
            }
            if let Err(error) = self.let_in(None).await {
                error!(%error, "the queue of starts cannot be looked after");
            }
        }
    }
}

impl Shared {
    /// Takes those who can be let in out of the queue.
    async fn admit(&self) -> Result<Vec<Waiting>, sqlx::Error> {
        let mut recent = self.admission.0.lock().await;
        let waiting = db::queue::waiting(self.db.reader()).await?;
        if waiting.is_empty() {
            return Ok(Vec::new());
        }
        recent.retain(|at| at.elapsed() < GROWTH);
        let working: HashMap<UserId, u32> = db::queue::working(self.db.reader()).await?.into_iter().collect();
        let available = memory("MemAvailable").unwrap_or(u64::MAX);
        let room = room(available, self.config.isolation.memory_reserve, recent.len(), working.is_empty());
        let mut admitted = Vec::new();
        for next in choose(&waiting, &working, self.config.isolation.agents, room) {
            let mut tx = self.db.begin().await?;
            if db::queue::admit(&mut tx, next.instance).await? {
                tx.commit().await?;
                recent.push(Instant::now());
                admitted.push(next);
            }
        }
        Ok(admitted)
    }
}

/// How many more coding CLIs fit; where nothing works at all, one always may.
fn room(available: u64, reserve: u64, growing: usize, idle: bool) -> usize {
    let growing = u64::try_from(growing).unwrap_or(u64::MAX);
    let promised = growing.saturating_mul(CLI_MEMORY_MIB * MIB);
    let free = available.saturating_sub(reserve).saturating_sub(promised);
    let fits = usize::try_from(free / (CLI_MEMORY_MIB * MIB)).unwrap_or(usize::MAX);
    if idle { fits.max(1) } else { fits }
}

/// Whom to let in, in order: of the users below their limit the one with the fewest at work, of equals who waits longest.
fn choose(waiting: &[Waiting], working: &HashMap<UserId, u32>, limit: u32, room: usize) -> Vec<Waiting> {
    let mut working = working.clone();
    let mut left: Vec<Waiting> = waiting.to_vec();
    let mut chosen = Vec::new();
    while chosen.len() < room {
        let at_work = |user: UserId| working.get(&user).copied().unwrap_or(0);
        let candidates = left.iter().enumerate().filter(|(_, w)| at_work(w.user) < limit);
        let Some((index, _)) = candidates.min_by_key(|(index, w)| (at_work(w.user), *index)) else { break };
        let next = left.remove(index);
        *working.entry(next.user).or_default() += 1;
        chosen.push(next);
    }
    chosen
}

#[cfg(test)]
mod tests {
    use app::model::ProjectId;

    use super::*;

    fn queue(users: &[i64]) -> Vec<Waiting> {
        let waiting = |(id, user): (i64, &i64)| Waiting {
            user: UserId(*user),
            instance: InstanceId(id),
            project: ProjectId(id),
        };
        (0..).zip(users).map(waiting).collect()
    }

    fn chosen(users: &[i64], working: &[(i64, u32)], limit: u32, room: usize) -> Vec<i64> {
        let working = working.iter().map(|(user, count)| (UserId(*user), *count)).collect();
        choose(&queue(users), &working, limit, room).iter().map(|w| w.instance.0).collect()
    }

    #[test]
    fn users_take_turns_however_many_starts_one_of_them_asks_for() {
        assert_eq!(chosen(&[1, 1, 1, 1, 2, 3], &[], 8, 4), [0, 4, 5, 1]);
        assert_eq!(chosen(&[1, 2], &[(1, 3), (2, 1)], 8, 1), [1]);
        assert_eq!(chosen(&[1, 2], &[(1, 1), (2, 1)], 8, 1), [0]);
    }

    #[test]
    fn nobody_gets_more_than_the_limit_or_than_there_is_room_for() {
        assert_eq!(chosen(&[1, 1, 1, 2], &[(1, 1)], 2, 9), [3, 0]);
        assert_eq!(chosen(&[1, 2, 3], &[], 8, 0), [0; 0]);
        assert_eq!(chosen(&[1, 2], &[(1, 2), (2, 2)], 2, 9), [0; 0]);
    }

    #[test]
    fn memory_is_kept_for_those_that_are_still_growing() {
        let cli = CLI_MEMORY_MIB * MIB;
        assert_eq!(room(4 * cli, cli, 0, false), 3);
        assert_eq!(room(4 * cli, cli, 2, false), 1);
        assert_eq!(room(4 * cli, cli, 9, false), 0);
        assert_eq!(room(cli / 2, cli, 0, true), 1, "a small machine runs one agent");
    }
}
