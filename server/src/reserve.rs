//! Room for deleting when the disk is full: a file that is given up then, because SQLite cannot delete a row without writing.
//!
//! Must not delete anything of anybody's. Agents write to the same disk, so the room is for the moment only; while space is low
//! nothing new is started and `/readyz` says why.

use std::{
    fs::File,
    io,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use rustix::fs::FallocateFlags;
use tokio_util::sync::CancellationToken;

/// Name of the file in the data folder.
pub const RESERVE_FILE: &str = "reserve";
/// Its size.
const RESERVE: u64 = 16 << 20;
/// With less free space than this, nothing new begins.
const LOW: u64 = 64 << 20;
/// With less, the reserve is given up.
const FULL: u64 = 4 << 20;
/// How often space is looked at.
const PAUSE: Duration = Duration::from_secs(2);

/// Watches the disk that the data folder is on; clones share what was seen.
#[derive(Clone)]
pub struct DiskWatch(Arc<Inner>);

struct Inner {
    data: PathBuf,
    free: AtomicU64,
    low: AtomicBool,
}

impl DiskWatch {
    /// Looks once, so that there is an answer from the start; makes the reserve if there is room for it.
    pub fn new(data: PathBuf) -> Self {
        let watch =
            Self(Arc::new(Inner { data, free: AtomicU64::new(u64::MAX), low: AtomicBool::new(false) }));
        watch.look();
        watch
    }

    /// Bytes that are free.
    pub fn free(&self) -> u64 {
        self.0.free.load(Ordering::Relaxed)
    }

    /// What to do about a disk that is nearly full, as one sentence; none while there is room.
    pub fn complaint(&self) -> Option<String> {
        self.0.low.load(Ordering::Relaxed).then(|| {
            format!(
                "The server's disk is nearly full ({} MB free): delete projects or files, or make it larger.",
                self.free() >> 20
            )
        })
    }

    /// Looks again and again until cancelled.
    pub async fn run(self, cancel: CancellationToken) {
        let mut tick = tokio::time::interval(PAUSE);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = cancel.cancelled() => return,
                _ = tick.tick() => {}
            }
            let watch = self.clone();
            if let Err(error) = tokio::task::spawn_blocking(move || watch.look()).await {
                tracing::error!(%error, "the disk is not watched any more");
                return;
            }
        }
    }

    fn look(&self) {
        if let Err(error) = self.try_look() {
            tracing::warn!(%error, folder = %self.0.data.display(), "the disk's free space is not known, or there is no reserve");
        }
    }

    fn try_look(&self) -> io::Result<()> {
        let reserve = self.0.data.join(RESERVE_FILE);
        let free = free_space(&self.0.data)?;
        self.0.free.store(free, Ordering::Relaxed);
        let low = free < LOW;
        if self.0.low.swap(low, Ordering::Relaxed) != low {
            match low {
                true => tracing::error!(free, "the disk is nearly full: nothing new is started"),
                false => tracing::info!(free, "there is room on the disk again"),
            }
        }
        if free < FULL && reserve.exists() {
            std::fs::remove_file(&reserve)?;
            tracing::error!("the disk is full: the reserve is given up, so that deleting works");
        } else if free >= LOW + RESERVE && !reserve.exists() {
            make(&reserve)?;
        }
        Ok(())
    }
}

fn free_space(folder: &Path) -> io::Result<u64> {
    let stat = rustix::fs::statvfs(folder)?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// Takes the space for real, not as a hole.
fn make(path: &Path) -> io::Result<()> {
    let file = File::options().write(true).create_new(true).mode(0o600).open(path)?;
    match rustix::fs::fallocate(&file, FallocateFlags::empty(), 0, RESERVE) {
        Ok(()) => Ok(()),
        Err(error) => {
            std::fs::remove_file(path)?;
            Err(error.into())
        }
    }
}
