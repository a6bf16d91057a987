//! Counts an answer while it passes and writes one usage row for it, however it ends.
//!
//! Must not delay, change or refuse a byte.

use std::{sync::Arc, time::Instant};

use bytes::Bytes;
use futures::{Stream, StreamExt as _, stream};
use http::{HeaderMap, StatusCode};
use tokio::{runtime::Handle, task::JoinHandle};
use tokio_util::task::TaskTracker;

use super::{prices::PriceTable, stream_usage::UsageReader};
use crate::{
    db::{
        Db, now_ms,
        usage::{self, Caller, NewUsage},
    },
    live::LiveHub,
    metrics::Metrics,
};

/// What is known of a request when it comes in.
pub(super) struct Received {
    pub(super) caller: Caller,
    pub(super) provider: String,
    pub(super) at: Instant,
}

/// Where rows go, and who wants to know.
#[derive(Clone)]
pub(super) struct Ledger {
    pub(super) db: Db,
    pub(super) live: LiveHub,
    pub(super) metrics: Metrics,
}

/// The counter of one answer; writes the row when it is dropped, so that a caller who hangs up is counted too.
pub(super) struct Meter {
    received: Received,
    status: StatusCode,
    reader: UsageReader,
    ledger: Ledger,
    prices: Arc<PriceTable>,
    tracker: TaskTracker,
    written: bool,
}

impl Meter {
    pub(super) fn new(
        received: Received,
        status: StatusCode,
        headers: &HeaderMap,
        ledger: Ledger,
        prices: Arc<PriceTable>,
        tracker: TaskTracker,
    ) -> Self {
        Self { received, status, reader: UsageReader::new(headers), ledger, prices, tracker, written: false }
    }

    /// The same stream, counted. At its proper end the row is written before the caller sees the end.
    pub(super) fn count<S, E>(self, body: S) -> impl Stream<Item = Result<Bytes, E>> + Send
    where
        S: Stream<Item = Result<Bytes, E>> + Send + Unpin,
        E: std::fmt::Display + Send,
    {
        stream::unfold(Some((body, self)), |state| async move {
            let (mut body, mut meter) = state?;
            match body.next().await {
                Some(Ok(chunk)) => {
                    meter.reader.see(&chunk);
                    Some((Ok(chunk), Some((body, meter))))
                }
                Some(Err(error)) => {
                    tracing::info!(%error, provider = meter.received.provider, "an answer broke off");
                    Some((Err(error), None))
                }
                None => {
                    if let Some(task) = meter.write()
                        && let Err(error) = task.await
                    {
                        tracing::error!(%error, "a usage row was not written");
                    }
                    None
                }
            }
        })
    }

    /// Writes the row, once; none if that was done or the program is ending.
    fn write(&mut self) -> Option<JoinHandle<()>> {
        if std::mem::replace(&mut self.written, true) {
            return None;
        }
        let Ok(runtime) = Handle::try_current() else {
            let row = self.row();
            tracing::error!(?row, "a usage row is lost: the program is ending");
            return None;
        };
        let (ledger, row) = (self.ledger.clone(), self.row());
        let took = self.received.at.elapsed();
        ledger.metrics.model_answered(&row.provider, row.http_status, took, &row.tokens, row.cost_micro_usd);
        Some(self.tracker.spawn_on(
            async move {
                if let Err(error) = ledger.insert(&row).await {
                    tracing::error!(%error, ?row, "a usage row is lost: the database failed");
                }
            },
            &runtime,
        ))
    }

    fn row(&mut self) -> NewUsage {
        let counted = self.reader.finish();
        let provider = &self.received.provider;
        let model = counted.model.unwrap_or_else(|| "unknown".to_owned());
        let cost_micro_usd = if self.status.is_success() {
            self.prices.cost_micro_usd(provider, &model, &counted.tokens)
        } else {
            // Providers do not charge for errors.
            Some(0)
        };
        NewUsage {
            caller: self.received.caller,
            provider: provider.clone(),
            model,
            tokens: counted.tokens,
            cost_micro_usd,
            http_status: self.status.as_u16(),
            duration_ms: i64::try_from(self.received.at.elapsed().as_millis()).unwrap_or(i64::MAX),
            created_at: now_ms(),
        }
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        // Nobody waits for it here; the tracker does when the server ends.
        drop(self.write());
    }
}

impl Ledger {
    async fn insert(&self, row: &NewUsage) -> Result<(), sqlx::Error> {
        let mut tx = self.db.begin().await?;
        usage::insert(&mut tx, row).await?;
        tx.commit().await?;
        self.live.spent(row.caller.user);
        Ok(())
    }
}
