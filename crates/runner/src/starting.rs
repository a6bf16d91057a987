//! Starts that are still being prepared (a clone may take minutes), so that a stop can end them at once.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio_util::sync::CancellationToken;

/// What is being prepared.
#[derive(Clone, Debug, Default)]
pub(crate) struct Starting {
    entries: Arc<Mutex<Entries>>,
}

#[derive(Debug, Default)]
struct Entries {
    next: u64,
    open: HashMap<u64, Entry>,
}

#[derive(Debug)]
struct Entry {
    instance: i64,
    workspace: PathBuf,
    cancel: CancellationToken,
}

/// One start; it is over when this is dropped.
#[derive(Debug)]
pub(crate) struct Start {
    /// Cancelled when the start is to end.
    pub(crate) cancel: CancellationToken,
    number: u64,
    all: Starting,
}

impl Starting {
    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a start that begins.
    pub(crate) fn begin(&self, instance: i64, workspace: &Path) -> Start {
        let cancel = CancellationToken::new();
        let entry = Entry { instance, workspace: workspace.to_owned(), cancel: cancel.clone() };
        let mut entries = self.entries();
        entries.next += 1;
        let number = entries.next;
        entries.open.insert(number, entry);
        drop(entries);
        Start { cancel, number, all: self.clone() }
    }

    /// Ends the starts of an instance.
    pub(crate) fn cancel_instance(&self, instance: i64) {
        self.cancel(|entry| entry.instance == instance);
    }

    /// Ends the starts in a folder.
    pub(crate) fn cancel_folder(&self, folder: &Path) {
        self.cancel(|entry| entry.workspace == folder);
    }

    /// Ends all.
    pub(crate) fn cancel_all(&self) {
        self.cancel(|_| true);
    }

    fn cancel(&self, which: impl Fn(&Entry) -> bool) {
        self.entries().open.values().filter(|entry| which(entry)).for_each(|entry| entry.cancel.cancel());
    }
}

impl Drop for Start {
    fn drop(&mut self) {
        self.all.entries().open.remove(&self.number);
    }
}
