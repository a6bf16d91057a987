//! One user's keeper: holds the connection to the runner, makes what the database wants so, and stores what happens.
//!
//! Requests to the runner run beside the event stream: an answer that waits must never stop events from being stored,
//! because the runner sends both through one socket.

mod starting;

use std::{collections::HashSet, future::pending, sync::Arc, time::Duration};

use app::model::{InstanceId, ProjectId, UserId, Username};
use autocode_runner::protocol::{Answer, Request, SpooledEvent};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{error, info, warn};

use super::{Shared, cell, spec};
use crate::{
    db,
    runner_link::{Link, LinkError, connect},
};

/// How often the connection and the leases are looked after.
const TICK: Duration = Duration::from_secs(1);
/// How often leases are renewed.
const RENEWAL: Duration = Duration::from_secs(600);
/// Longest pause between two attempts to reach a runner.
const MAX_BACKOFF: Duration = Duration::from_secs(30);
/// Events stored in one transaction.
const BATCH: usize = 64;
/// A quick answer.
const SHORT: Duration = Duration::from_secs(10);
/// Starting prepares a workspace first; stopping waits for processes.
const LONG: Duration = Duration::from_secs(50);

pub type Reply = oneshot::Sender<Result<Answer, LinkError>>;

/// What the orchestrator asks of a keeper; the reply comes when it is done.
pub enum Order {
    /// Start an instance whose row is `running` already; without a reply, a failure is written down.
    Start { instance: InstanceId, project: ProjectId, reply: Option<Reply> },
    /// Ask the runner; `launch` starts a cell where none is.
    Ask { request: Request, launch: bool, reply: Reply },
}

/// The task of one user.
pub struct Keeper {
    shared: Arc<Shared>,
    user: UserId,
    username: Username,
    tracker: TaskTracker,
    cancel: CancellationToken,
    /// Requests under way.
    asks: JoinSet<()>,
    connection: Option<cell::Connection>,
    /// Instances known to run or to be starting.
    started: HashSet<InstanceId>,
    /// The event after whose storing the database can be compared with what runs.
    reconcile_after: Option<i64>,
    cursor: i64,
    backoff: Duration,
    next_attempt: Instant,
    renewed: Option<Instant>,
}

impl Keeper {
    pub(super) fn new(
        shared: Arc<Shared>,
        user: UserId,
        username: Username,
        tracker: TaskTracker,
        cancel: CancellationToken,
    ) -> Self {
        Self {
            shared,
            user,
            username,
            tracker,
            cancel,
            asks: JoinSet::new(),
            connection: None,
            started: HashSet::new(),
            reconcile_after: None,
            cursor: 0,
            backoff: Duration::ZERO,
            next_attempt: Instant::now(),
            renewed: None,
        }
    }

    /// Keeps until cancelled.
    pub(super) async fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut events = Vec::with_capacity(BATCH);
        let cancel = self.cancel.clone();
        loop {
            tokio::select! {
                () = cancel.cancelled() => break,
                order = orders.recv() => match order {
                    Some(order) => self.execute(order).await,
                    None => break,
                },
                count = receive(&mut self.connection, &mut events) => {
                    if count == 0 {
                        warn!(username = %self.username, "the connection to the runner ended");
                        self.connection = None;
                        self.started.clear();
                    } else if let Err(error) = self.store(&mut events).await {
                        // Not acknowledged, so they come again on the next connection.
                        error!(username = %self.username, %error, "events could not be stored");
                        self.connection = None;
                        self.delay();
                    }
                }
                _ = tick.tick() => self.look_after().await,
                Some(done) = self.asks.join_next() => {
                    if let Err(error) = done {
                        error!(%error, "a request to a runner failed");
                    }
                }
            }
        }
        self.asks.shutdown().await;
    }

    async fn execute(&mut self, order: Order) {
        let (request, launch, reply) = match order {
            Order::Start { instance, project, reply } => {
                return self.start(instance, project, reply).await;
            }
            Order::Ask { request, launch, reply } => (request, launch, reply),
        };
        if let Request::StopInstance { instance_id, .. } = request {
            self.started.remove(&InstanceId(instance_id));
        }
        match self.link(launch).await {
            Ok(link) => {
                self.asks.spawn(async move {
                    // The caller may have given up; the request is carried out all the same.
                    reply.send(link.ask(request, LONG).await).ok();
                });
            }
            // Where no cell is, nothing has to be ended.
            Err(error) if cell::nobody_listens(&error) && matches!(request, Request::StopInstance { .. }) => {
                reply.send(Ok(Answer::Done)).ok();
            }
            Err(error) => {
                reply.send(Err(error)).ok();
            }
        }
    }

    /// The link to the runner, connected now if it is not; `launch` starts a cell where none is.
    async fn link(&mut self, launch: bool) -> Result<Link, LinkError> {
        if let Some((link, _)) = &self.connection {
            return Ok(link.clone());
        }
        let (link, events) = if launch {
            cell::reach(&self.shared, self.user, &self.username, &self.tracker, &self.cancel).await?
        } else {
            let socket = cell::socket(&self.shared.config.user_run_dir(&self.username));
            connect(&socket, &self.tracker, &self.cancel).await?
        };
        let link = link.counted(self.shared.metrics.runner());
        self.shared
            .isolation
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .insert(self.user, link.isolation().clone());
        self.cursor = db::progress::cursor(self.shared.db.reader(), self.user)
            .await
            .map_err(|error| LinkError::Refused(format!("the database failed: {error}")))?;
        let after = u64::try_from(self.cursor).unwrap_or(0);
        let subscribed = link.ask(Request::Subscribe { after }, SHORT).await?;
        let Answer::Subscribed { last } = subscribed else {
            return Err(LinkError::Protocol(format!("{subscribed:?} as the answer to a subscription")));
        };
        self.reconcile_after = Some(i64::try_from(last).unwrap_or(i64::MAX));
        self.started.clear();
        self.backoff = Duration::ZERO;
        self.renewed = None;
        self.connection = Some((link.clone(), events));
        info!(username = %self.username, after, last, "connected to the runner");
        Ok(link)
    }

    fn delay(&mut self) {
        self.backoff = (self.backoff * 2).clamp(TICK, MAX_BACKOFF);
        self.next_attempt = Instant::now() + self.backoff;
    }

    /// Reconnects if something should run, compares wish and reality after a connection, renews leases.
    async fn look_after(&mut self) {
        if let Err(error) = self.try_look_after().await {
            warn!(username = %self.username, %error, "the runner cannot be kept");
            self.delay();
        }
    }

    async fn try_look_after(&mut self) -> Result<(), LinkError> {
        if Instant::now() < self.next_attempt {
            return Ok(());
        }
        let db = self.shared.db.clone();
        let database = |error: sqlx::Error| LinkError::Refused(format!("the database failed: {error}"));
        if self.connection.is_none() {
            let wanted = db::runs::running(db.reader(), self.user).await.map_err(database)?;
            if wanted.iter().all(|instance| instance.queued) {
                return Ok(());
            }
            self.link(true).await?;
        }
        if self.renewed.is_none_or(|at| at.elapsed() > RENEWAL) {
            let mut tx = db.begin().await.map_err(database)?;
            db::runs::renew_leases(&mut tx, self.user, spec::lease_end()).await.map_err(database)?;
            tx.commit().await.map_err(database)?;
            self.renewed = Some(Instant::now());
        }
        if self.reconcile_after.is_some_and(|last| self.cursor >= last) {
            self.reconcile_after = None;
            self.reconcile().await?;
        }
        Ok(())
    }

    /// Makes what runs equal to what the database wants; everything the runner had to tell is stored by now.
    async fn reconcile(&mut self) -> Result<(), LinkError> {
        let link = self.link(true).await?;
        let answer = link.ask(Request::ListInstances, SHORT).await?;
        let Answer::Instances { instance_ids } = answer else {
            return Err(LinkError::Protocol(format!("{answer:?} as a list of instances")));
        };
        let wanted = db::runs::running(self.shared.db.reader(), self.user)
            .await
            .map_err(|error| LinkError::Refused(format!("the database failed: {error}")))?;
        for id in &instance_ids {
            let id = InstanceId(*id);
            if wanted.iter().any(|w| w.id == id) {
                info!(username = %self.username, instance = %id, "adopted a running instance");
                self.started.insert(id);
            } else {
                link.ask(Request::StopInstance { instance_id: id.0, end_session: None }, LONG).await?;
            }
        }
        for instance in wanted.into_iter().filter(|instance| !instance.queued) {
            if !self.started.contains(&instance.id) {
                self.start(instance.id, instance.project, None).await;
            }
        }
        Ok(())
    }

    async fn store(&mut self, events: &mut Vec<SpooledEvent>) -> Result<(), sqlx::Error> {
        let stored = self.shared.store_events(self.user, self.cursor, events).await?;
        events.clear();
        self.cursor = stored.cursor;
        for instance in stored.ended {
            self.started.remove(&instance);
        }
        if let Some((link, _)) = &self.connection
            && let Ok(seq) = u64::try_from(self.cursor)
        {
            let link = link.clone();
            self.asks.spawn(async move {
                if let Err(error) = link.ask(Request::Acknowledge { seq }, SHORT).await {
                    warn!(%error, "the runner did not take an acknowledgement");
                }
            });
        }
        Ok(())
    }
}

/// The next events, at most a batch; 0 when the connection ended. Waits for ever while there is none.
async fn receive(connection: &mut Option<cell::Connection>, events: &mut Vec<SpooledEvent>) -> usize {
    match connection {
        Some((_, receiver)) => receiver.recv_many(events, BATCH).await,
        None => pending().await,
    }
}
