//! Events to whoever started the nanobot: one JSON line each on standard output, flushed.
//!
//! Must not block the loop for long nor lose order. A thread of its own writes, because a reader that is gone or stuck
//! must not keep the process from ending.

use std::{
    io::{self, Write},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tokio::sync::{mpsc, oneshot};

use crate::protocol::{Event, EventLine, LogLevel};

/// Events that may wait for the reader.
const CAPACITY: usize = 1024;
/// Longest log message, in bytes.
const MAX_MESSAGE: usize = 4_000;

/// Milliseconds since the Unix epoch.
pub fn now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
}

/// Handle to the writer; cheap to clone.
#[derive(Clone, Debug)]
pub struct Outbox {
    sender: mpsc::Sender<EventLine>,
}

/// Tells when everything was written.
#[derive(Debug)]
pub struct Written(oneshot::Receiver<()>);

impl Written {
    /// Waits until all handles are gone and all events written, for at most a second.
    pub async fn wait(self) {
        if tokio::time::timeout(Duration::from_secs(1), self.0).await.is_err() {
            tracing::warn!("not all events were taken by the reader");
        }
    }
}

impl Outbox {
    /// Starts the writer.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub fn start(mut output: impl Write + Send + 'static) -> io::Result<(Self, Written)> {
        let (sender, mut events) = mpsc::channel::<EventLine>(CAPACITY);
        let (done, written) = oneshot::channel();
        std::thread::Builder::new().name("events".to_owned()).spawn(move || {
            while let Some(event) = events.blocking_recv() {
                if let Err(error) = write(&mut output, &event) {
                    tracing::error!(%error, "events cannot be written any more");
                    break;
                }
            }
            // Nobody waits any more if this fails.
            let _ = done.send(());
        })?;
        Ok((Self { sender }, Written(written)))
    }

    /// Reports an event; waits while too many wait for the reader. Without a reader it is dropped: the end of standard
    /// input tells the loop to stop then.
    pub async fn send(&self, event: Event) {
        if self.sender.send(EventLine { at: now(), event }).await.is_err() {
            tracing::warn!("an event has no reader");
        }
    }

    async fn log(&self, level: LogLevel, message: String) {
        tracing::info!(?level, message);
        self.send(Event::Log { level, message: crate::coding::text::cut(&message, MAX_MESSAGE) }).await;
    }

    /// Something happened.
    pub async fn info(&self, message: impl Into<String>) {
        self.log(LogLevel::Info, message.into()).await;
    }

    /// The nanobot did something.
    pub async fn action(&self, message: impl Into<String>) {
        self.log(LogLevel::Action, message.into()).await;
    }

    /// The nanobot decided something, and why.
    pub async fn decision(&self, message: impl Into<String>) {
        self.log(LogLevel::AgentDecision, message.into()).await;
    }

    /// Something went wrong.
    pub async fn error(&self, message: impl Into<String>) {
        self.log(LogLevel::Error, message.into()).await;
    }

    /// As [`Self::decision`], where nothing can wait: dropped with a trace if the queue is full.
    pub fn try_decision(&self, message: String) {
        self.try_log(LogLevel::AgentDecision, message);
    }

    /// As [`Self::error`], where nothing can wait.
    pub fn try_error(&self, message: String) {
        self.try_log(LogLevel::Error, message);
    }

    fn try_log(&self, level: LogLevel, message: String) {
        tracing::info!(?level, message);
        let message = crate::coding::text::cut(&message, MAX_MESSAGE);
        if self.sender.try_send(EventLine { at: now(), event: Event::Log { level, message } }).is_err() {
            tracing::warn!("a log line was dropped: the reader is too slow");
        }
    }
}

fn write(output: &mut impl Write, event: &EventLine) -> io::Result<()> {
    let mut line = serde_json::to_vec(event)?;
    line.push(b'\n');
    output.write_all(&line)?;
    output.flush()
}
