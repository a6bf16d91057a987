//! Events on their way to the server: an append-only file, so that neither a slow nor an absent server loses one or
//! holds up a nanobot.
//!
//! A line is a [`SpooledEvent`] as JSON. After the server stored a prefix, the file is rewritten without it; its first
//! line is then `{"acknowledged":N}`. Readers ask by number; the file is the only queue.

use std::{
    collections::{BTreeMap, VecDeque},
    fs::{self, File, OpenOptions},
    io::{self, BufRead, BufReader, Write},
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use autocode_nanobot::protocol::{Event, EventLine, LogLevel};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

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

#[derive(Serialize, Deserialize)]
struct Header {
    acknowledged: u64,
}

/// The spool of one runner.
#[derive(Debug)]
pub(crate) struct Spool {
    state: Mutex<State>,
    last: watch::Sender<u64>,
    limit: u64,
}

#[derive(Debug)]
struct State {
    path: PathBuf,
    file: File,
    /// End of the last whole line.
    end: u64,
    /// Number and offset of each line that is not acknowledged.
    lines: VecDeque<(u64, u64)>,
    last: u64,
    /// Log lines left out for want of space, by instance.
    dropped: BTreeMap<i64, u64>,
}

impl Spool {
    /// Opens or creates the file; a torn last line (a crash while writing) is cut off.
    pub(crate) fn open(path: PathBuf) -> io::Result<Self> {
        Self::with_limit(path, LIMIT)
    }

    fn with_limit(path: PathBuf, limit: u64) -> io::Result<Self> {
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path)?;
        let mut state =
            State { path, file, end: 0, lines: VecDeque::new(), last: 0, dropped: BTreeMap::new() };
        state.recover()?;
        let last = watch::Sender::new(state.last);
        Ok(Self { state: Mutex::new(state), last, limit })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
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
        let state = self.lock();
        let from = state.lines.partition_point(|(number, _)| *number <= seq);
        let Some((_, start)) = state.lines.get(from) else { return Ok(Vec::new()) };
        let next = state.lines.range(from + 1..).map(|(_, offset)| *offset).chain([state.end]);
        let stop = next.take_while(|end| end - start <= BATCH).last();
        // A line longer than a batch is a batch of its own.
        let stop = stop.or_else(|| state.lines.get(from + 1).map(|(_, offset)| *offset)).unwrap_or(state.end);
        let mut bytes = vec![0; usize::try_from(stop - start).unwrap_or_default()];
        state.file.read_exact_at(&mut bytes, *start)?;
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        lines.map(|line| serde_json::from_slice(line).map_err(io::Error::from)).collect()
    }
}

/// Lines for people are worth less than what the project's state follows from.
fn may_be_dropped(event: &RunnerEvent) -> bool {
    matches!(event, RunnerEvent::Nanobot(EventLine { event: Event::Log { .. }, .. }))
}

impl State {
    /// Bytes that are not acknowledged.
    fn waiting(&self) -> u64 {
        self.end - self.lines.front().map_or(self.end, |(_, offset)| *offset)
    }

    fn recover(&mut self) -> io::Result<()> {
        let mut reader = BufReader::new(&self.file);
        let mut line = Vec::new();
        loop {
            line.clear();
            let length = reader.read_until(b'\n', &mut line)?;
            if length == 0 || !line.ends_with(b"\n") {
                break;
            }
            if let Ok(event) = serde_json::from_slice::<SpooledEvent>(&line) {
                self.lines.push_back((event.seq, self.end));
                self.last = self.last.max(event.seq);
            } else if let Ok(header) = serde_json::from_slice::<Header>(&line) {
                self.last = self.last.max(header.acknowledged);
            } else {
                // Left in place it would end every reading of its batch.
                warn!(path = %self.path.display(), "the spool is cut off at a line that is not an event");
                break;
            }
            self.end += u64::try_from(length).unwrap_or_default();
        }
        drop(reader);
        self.file.set_len(self.end)
    }

    fn append(&mut self, instance_id: i64, event: &RunnerEvent) -> io::Result<()> {
        let seq = self.last + 1;
        let mut line = serde_json::to_vec(&SpooledEvent { seq, instance_id, event: event.clone() })?;
        line.push(b'\n');
        if let Err(error) = self.file.write_all_at(&line, self.end) {
            // Half a line must not stay; if even that fails, the next write overwrites it.
            self.file.set_len(self.end).ok();
            return Err(error);
        }
        self.lines.push_back((seq, self.end));
        self.end += u64::try_from(line.len()).unwrap_or_default();
        self.last = seq;
        Ok(())
    }

    fn rewrite(&mut self, acknowledged: u64) -> io::Result<()> {
        let from = self.lines.front().map_or(self.end, |(_, offset)| *offset);
        let mut rest = vec![0; usize::try_from(self.end - from).unwrap_or_default()];
        self.file.read_exact_at(&mut rest, from)?;
        let mut header = serde_json::to_vec(&Header { acknowledged: acknowledged.min(self.last) })?;
        header.push(b'\n');
        let draft = self.path.with_extension("jsonl.new");
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        file.write_all(&header)?;
        file.write_all(&rest)?;
        file.sync_data()?;
        fs::rename(&draft, &self.path)?;
        let start = u64::try_from(header.len()).unwrap_or_default();
        for (_, offset) in &mut self.lines {
            *offset = *offset - from + start;
        }
        self.end = self.end - from + start;
        self.file = file;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
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
