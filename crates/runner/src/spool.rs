//! Events on their way to the server: an append-only file, so that neither a slow nor an absent server loses one or
//! holds up a nanobot.
//!
//! A line is a [`SpooledEvent`] as JSON. After the server stored a prefix, the file is rewritten without it; its first
//! line is then `{"acknowledged":N}`. Readers ask by number; the file is the only queue.

mod file;

use std::{
    io,
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use autocode_nanobot::protocol::{Event, EventLine, LogLevel};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::error;

use self::file::SpoolFile;
use crate::{
    clock,
    protocol::{RunnerEvent, SpooledEvent},
};

/// Acknowledged bytes that are worth a rewrite.
const REWRITE: u64 = 1024 * 1024;
/// Unacknowledged bytes from which on lines for the log are left out; other events still go in.
const LIMIT: u64 = 64 * 1024 * 1024;
/// Most bytes handed to a reader at once (one line may be longer).
const BATCH: u64 = 256 * 1024;

/// The spool of one runner.
#[derive(Debug)]
pub(crate) struct Spool {
    state: Mutex<SpoolFile>,
    last: watch::Sender<u64>,
    limit: u64,
}

impl Spool {
    /// Opens or creates the file; a torn last line (a crash while writing) is cut off.
    pub(crate) fn open(path: PathBuf) -> io::Result<Self> {
        Self::with_limit(path, LIMIT)
    }

    fn with_limit(path: PathBuf, limit: u64) -> io::Result<Self> {
        let state = SpoolFile::open(path)?;
        let last = watch::Sender::new(state.last);
        Ok(Self { state: Mutex::new(state), last, limit })
    }

    fn lock(&self) -> MutexGuard<'_, SpoolFile> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Number of the newest event; changes with every event.
    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.last.subscribe()
    }

    /// Adds an event; returns once it is in the file. While the disk is full it tries again until `cancel`.
    pub(crate) async fn push(&self, instance_id: i64, event: RunnerEvent, cancel: &CancellationToken) {
        let mut told = false;
        while let Err(error) = self.append(instance_id, &event) {
            if !told {
                error!(%error, "the spool cannot be written; waiting");
                told = true;
            }
            tokio::select! {
                () = cancel.cancelled() => return error!(?event, "an event was lost"),
                () = tokio::time::sleep(Duration::from_secs(1)) => {}
            }
        }
    }

    fn append(&self, instance_id: i64, event: &RunnerEvent) -> io::Result<()> {
        let mut state = self.lock();
        if state.waiting() > self.limit && may_be_dropped(event) {
            *state.dropped.entry(instance_id).or_default() += 1;
            return Ok(());
        }
        state.append(instance_id, event)?;
        self.last.send_replace(state.last);
        Ok(())
    }

    /// Makes sure that the next number is greater than what the server has already.
    pub(crate) fn advance(&self, after: u64) {
        let mut state = self.lock();
        state.last = state.last.max(after);
    }

    /// The server has stored everything up to `seq`.
    pub(crate) fn acknowledge(&self, seq: u64) -> io::Result<()> {
        let mut state = self.lock();
        while state.lines.front().is_some_and(|(first, _)| *first <= seq) {
            state.lines.pop_front();
        }
        if state.end - state.waiting() > REWRITE {
            state.rewrite(seq)?;
        }
        if state.waiting() <= self.limit && !state.dropped.is_empty() {
            for (instance_id, count) in std::mem::take(&mut state.dropped) {
                let message = format!(
                    "{count} log lines were left out, because the server did not take any for too long."
                );
                let event = Event::Log { level: LogLevel::Error, message };
                state.append(instance_id, &RunnerEvent::Nanobot(EventLine { at: clock::now(), event }))?;
            }
            self.last.send_replace(state.last);
        }
        Ok(())
    }

    /// Events after a number, oldest first: as many as make a batch, none if there are none.
    pub(crate) fn after(&self, seq: u64) -> io::Result<Vec<SpooledEvent>> {
        self.lock().after(seq, BATCH)
    }
}

/// Lines for people are worth less than what the project's state follows from.
fn may_be_dropped(event: &RunnerEvent) -> bool {
    matches!(event, RunnerEvent::Nanobot(EventLine { event: Event::Log { .. }, .. }))
}

#[cfg(test)]
mod tests {
    use std::{
        fs::{self, OpenOptions},
        io::Write,
    };

    use super::*;

    fn log(level: LogLevel, text: &str) -> RunnerEvent {
        RunnerEvent::Nanobot(EventLine { at: 1, event: Event::Log { level, message: text.to_owned() } })
    }

    fn seqs(spool: &Spool, after: u64) -> Vec<u64> {
        spool.after(after).unwrap().iter().map(|event| event.seq).collect()
    }

    #[test]
    fn numbers_grow_across_restarts_torn_lines_and_a_server_that_knows_more() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("spool.jsonl");
        let spool = Spool::open(path.clone()).unwrap();
        for text in ["a", "b"] {
            spool.append(7, &log(LogLevel::Info, text)).unwrap();
        }
        assert_eq!(seqs(&spool, 0), [1, 2]);
        assert_eq!(seqs(&spool, 1), [2]);
        drop(spool);
        OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"seq\":3,\"inst").unwrap();
        let spool = Spool::open(path.clone()).unwrap();
        spool.append(7, &log(LogLevel::Info, "c")).unwrap();
        let expected = SpooledEvent { seq: 3, instance_id: 7, event: log(LogLevel::Info, "c") };
        assert_eq!(spool.after(2).unwrap(), [expected]);
        spool.advance(10);
        spool.append(7, &log(LogLevel::Info, "d")).unwrap();
        assert_eq!(seqs(&Spool::open(path).unwrap(), 2), [3, 11]);
    }

    #[test]
    fn what_is_acknowledged_leaves_the_file_and_numbers_go_on() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("spool.jsonl");
        let spool = Spool::open(path.clone()).unwrap();
        let text = "x".repeat(100_000);
        for _ in 0..30 {
            spool.append(7, &log(LogLevel::Info, &text)).unwrap();
        }
        assert_eq!(seqs(&spool, 0), [1, 2]);
        spool.acknowledge(29).unwrap();
        assert!(fs::metadata(&path).unwrap().len() < 200_000);
        assert_eq!(seqs(&spool, 0), [30]);
        spool.append(7, &log(LogLevel::Info, "end")).unwrap();
        assert_eq!(seqs(&spool, 0), [30, 31]);
        for _ in 0..20 {
            spool.append(7, &log(LogLevel::Info, &text)).unwrap();
        }
        spool.acknowledge(51).unwrap();
        assert_eq!(seqs(&spool, 0), [0; 0]);
        drop(spool);
        let spool = Spool::open(path).unwrap();
        spool.append(7, &log(LogLevel::Info, "next")).unwrap();
        assert_eq!(seqs(&spool, 0), [52]);
    }

    #[test]
    fn a_full_spool_leaves_out_log_lines_and_says_so() {
        let dir = tempfile::tempdir().unwrap();
        let spool = Spool::with_limit(dir.path().join("spool.jsonl"), 300).unwrap();
        let exited = RunnerEvent::Exited { at: 1, clean: true, reason: String::new() };
        for _ in 0..10 {
            spool.append(7, &log(LogLevel::Info, &"x".repeat(100))).unwrap();
        }
        spool.append(7, &exited).unwrap();
        assert_eq!(seqs(&spool, 0), [1, 2, 3]);
        spool.acknowledge(3).unwrap();
        let events = spool.after(3).unwrap();
        let RunnerEvent::Nanobot(EventLine { event: Event::Log { level, message }, .. }) = &events[0].event
        else {
            panic!("{events:?}")
        };
        assert_eq!((events.len(), *level), (1, LogLevel::Error));
        assert!(message.starts_with("8 log lines"), "{message}");
    }
}
