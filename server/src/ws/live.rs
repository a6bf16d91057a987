//! `/ws/live`: everything a page shows that changes by itself, as [`LiveEvent`]s.
//!
//! The page gets the present state first, then what happens; one that lagged behind gets the present state again.
//! A stream is never silent for long, so that a page can tell a quiet night from a connection that died in its sleep.

use std::time::Duration;

use app::model::{LiveEvent, LogId, LogLevel, ProjectId};
use axum::{
    extract::{Query, State, WebSocketUpgrade, ws::Message},
    response::{IntoResponse as _, Response},
};
use futures::StreamExt as _;
use serde::Deserialize;
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::{MissedTickBehavior, interval},
};

use super::{End, Outgoing, bounded, close, own_project, send, send_logs, until_over};
use crate::{auth::AuthUser, db::now_ms, live::Notice, rest::Problem, state::AppState};

/// How often a page hears that the connection stands.
const BEAT: Duration = Duration::from_secs(10);
/// How often sums are read anew at most.
const PACE: Duration = Duration::from_secs(1);

/// What a page wants to see.
#[derive(Debug, Deserialize)]
pub struct Wish {
    /// Also the log of this project.
    project: Option<ProjectId>,
    /// The last log line that the page has.
    after: Option<LogId>,
    /// Also the decisions of all projects after this one, and what today cost.
    decisions: Option<LogId>,
}

/// Upgrades to a stream of [`LiveEvent`]s as JSON text frames.
pub async fn handle(
    State(state): State<AppState>,
    user: AuthUser,
    Query(wish): Query<Wish>,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Problem> {
    if let Some(id) = wish.project {
        own_project(&state, &user, id).await?;
    }
    Ok(bounded(upgrade)
        .on_upgrade(async move |socket| {
            let _open = state.metrics.socket("live");
            let (mut outgoing, mut incoming) = socket.split();
            let mut stream = Stream {
                state: &state,
                user: &user,
                wish: &wish,
                log: wish.after.unwrap_or(LogId(0)),
                decision: wish.decisions.unwrap_or(LogId(0)),
                out: &mut outgoing,
            };
            let end = tokio::select! {
                end = until_over(&state, &user, &mut incoming) => end,
                Err(end) = stream.run() => end,
            };
            close(&state, &mut outgoing, end).await;
        })
        .into_response())
}

/// Days since the Unix epoch, in UTC.
fn today() -> i64 {
    now_ms() / (24 * 3600 * 1000)
}

/// One page's stream: what it wants and how far it is.
struct Stream<'a> {
    state: &'a AppState,
    user: &'a AuthUser,
    wish: &'a Wish,
    /// The last log line of its project that was sent.
    log: LogId,
    /// The last decision that was sent.
    decision: LogId,
    out: &'a mut Outgoing,
}

impl Stream<'_> {
    /// Streams until something fails.
    async fn run(&mut self) -> Result<(), End> {
        let mut notices = self.state.live.subscribe(self.user.viewer().id);
        loop {
            self.present().await?;
            self.follow(&mut notices).await?;
            // Lagged: the present state replaces what was missed.
        }
    }

    async fn send(&mut self, event: &LiveEvent) -> Result<(), End> {
        send(self.out, Message::Text(serde_json::to_string(event)?.into())).await
    }

    /// All projects, for the sidebar too, and the lines that the page has not got.
    async fn present(&mut self) -> Result<(), End> {
        let (state, viewer) = (self.state, self.user.viewer());
        let projects = state.backend.dashboard(viewer).await?.projects;
        let ids = projects.iter().map(|project| project.id).collect();
        for project in projects {
            self.send(&LiveEvent::Project { project: Box::new(project) }).await?;
        }
        self.send(&LiveEvent::Complete { ids }).await?;
        if self.wish.decisions.is_some() {
            for entry in state.backend.decisions(viewer, Some(self.decision)).await? {
                self.decision = entry.id;
                self.send(&LiveEvent::Decision { entry }).await?;
            }
            self.usage().await?;
        }
        let Some(id) = self.wish.project else { return Ok(()) };
        if let Some(diagnosis) = state.backend.diagnosis(viewer, id).await? {
            self.send(&LiveEvent::Diagnosis { project: id, diagnosis: Box::new(diagnosis) }).await?;
        }
        let wrap = |entry| serde_json::to_string(&LiveEvent::Log { entry });
        self.log = send_logs(state, viewer, id, self.log, self.out, wrap).await?;
        Ok(())
    }

    async fn usage(&mut self) -> Result<(), End> {
        let today = self.state.backend.today(self.user.viewer()).await?;
        self.send(&LiveEvent::Usage { today }).await
    }

    /// Passes events on until the page has missed some.
    async fn follow(&mut self, notices: &mut Receiver<Notice>) -> Result<(), End> {
        let (mut beat, mut pace) = (interval(BEAT), interval(PACE));
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut spent = false;
        let mut day = today();
        loop {
            let notice = tokio::select! {
                notice = notices.recv() => notice,
                _ = pace.tick(), if spent => {
                    spent = false;
                    self.usage().await?;
                    continue;
                }
                _ = beat.tick() => {
                    let version = self.state.assets.version().to_owned();
                    self.send(&LiveEvent::Alive { version }).await?;
                    // At midnight the sums begin anew, though nobody spent anything.
                    let before = std::mem::replace(&mut day, today());
                    spent |= day != before && self.wish.decisions.is_some();
                    continue;
                }
            };
            match notice {
                Ok(Notice::Event(event)) => self.pass_on(event).await?,
                Ok(Notice::Spent) => spent |= self.wish.decisions.is_some(),
                Err(RecvError::Lagged(_)) => return Ok(()),
                Err(RecvError::Closed) => return Err(End::ServerStops),
            }
        }
    }

    /// Sends what the page wants to see of an event.
    async fn pass_on(&mut self, event: LiveEvent) -> Result<(), End> {
        match event {
            LiveEvent::Log { entry } => {
                // What has a smaller number was sent with the present state.
                let decision = entry.level == LogLevel::AgentDecision && entry.id > self.decision;
                if decision && self.wish.decisions.is_some() {
                    self.decision = entry.id;
                    self.send(&LiveEvent::Decision { entry: entry.clone() }).await?;
                }
                if entry.project_id == self.wish.project && entry.id > self.log {
                    self.log = entry.id;
                    self.send(&LiveEvent::Log { entry }).await?;
                }
                Ok(())
            }
            LiveEvent::Diagnosis { project, .. } if self.wish.project != Some(project) => Ok(()),
            event => self.send(&event).await,
        }
    }
}
