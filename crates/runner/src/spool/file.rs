//! The file behind the spool: lines appended, found by number, and cut off at the front.

use std::{
    collections::{BTreeMap, VecDeque},
    fs::{self, File, OpenOptions},
    io::{self, BufRead, BufReader, Write},
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::PathBuf,
};

use serde::{Deserialize, Serialize};
use tracing::warn;

use crate::protocol::{RunnerEvent, SpooledEvent};

#[derive(Serialize, Deserialize)]
struct Header {
    acknowledged: u64,
}

#[derive(Debug)]
pub(super) struct SpoolFile {
    path: PathBuf,
    file: File,
    /// End of the last whole line.
    pub(super) end: u64,
    /// Number and offset of each line that is not acknowledged.
    pub(super) lines: VecDeque<(u64, u64)>,
    pub(super) last: u64,
    /// Log lines left out for want of space, by instance.
    pub(super) dropped: BTreeMap<i64, u64>,
}

impl SpoolFile {
    /// Opens or creates it; a torn last line (a crash while writing) is cut off.
    pub(super) fn open(path: PathBuf) -> io::Result<Self> {
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path)?;
        let mut new = Self { path, file, end: 0, lines: VecDeque::new(), last: 0, dropped: BTreeMap::new() };
        new.recover()?;
        Ok(new)
    }

    /// Bytes that are not acknowledged.
    pub(super) fn waiting(&self) -> u64 {
        self.end - self.lines.front().map_or(self.end, |(_, offset)| *offset)
    }

    /// Events after a number, oldest first, of about `batch` bytes; none if there are none.
    pub(super) fn after(&self, seq: u64, batch: u64) -> io::Result<Vec<SpooledEvent>> {
        let from = self.lines.partition_point(|(number, _)| *number <= seq);
        let Some((_, start)) = self.lines.get(from) else { return Ok(Vec::new()) };
        let next = self.lines.range(from + 1..).map(|(_, offset)| *offset).chain([self.end]);
        let stop = next.take_while(|end| end - start <= batch).last();
        // A line longer than a batch is a batch of its own.
        let stop = stop.or_else(|| self.lines.get(from + 1).map(|(_, offset)| *offset)).unwrap_or(self.end);
        let mut bytes = vec![0; usize::try_from(stop - start).unwrap_or_default()];
        self.file.read_exact_at(&mut bytes, *start)?;
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        lines.map(|line| serde_json::from_slice(line).map_err(io::Error::from)).collect()
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

    /// Adds an event with the next number.
    pub(super) fn append(&mut self, instance_id: i64, event: &RunnerEvent) -> io::Result<()> {
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

    /// Drops the acknowledged lines from the file.
    pub(super) fn rewrite(&mut self, acknowledged: u64) -> io::Result<()> {
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
