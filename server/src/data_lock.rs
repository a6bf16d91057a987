//! One process at a time may change what lies in a data folder: a server, a key rotation or a restore.
//!
//! The kernel holds the lock and frees it when its process ends, however it ends. Must not know who asks.

use std::{
    fs::{File, TryLockError},
    io,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use thiserror::Error;

/// Name of the lock's file in the data folder.
pub const LOCK_FILE: &str = "autocode.lock";
/// A server that was told to stop may still be draining.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(50);

/// Why the data folder is not ours; each says what to do.
#[derive(Debug, Error)]
pub enum LockError {
    /// Another process has it.
    #[error(
        "Another AutoCode process uses the data folder {}: stop it first (agents keep running), or choose another folder with AUTOCODE_DATA_DIR.",
        .0.display()
    )]
    Taken(PathBuf),
    /// The lock's file cannot be made.
    #[error("The data folder {} cannot be locked ({source}): make it writable, or choose another one with AUTOCODE_DATA_DIR.", path.display())]
    Io {
        /// Data folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// The right to change a data folder; it ends when this is dropped.
#[derive(Debug)]
pub struct DataLock {
    _file: File,
}

impl DataLock {
    /// Takes the lock of a data folder, which exists; waits a few seconds for a server that is about to end.
    ///
    /// # Errors
    /// [`LockError`].
    pub async fn take(data_dir: &Path) -> Result<Self, LockError> {
        Self::take_within(data_dir, PATIENCE).await
    }

    /// As [`DataLock::take`], without waiting.
    ///
    /// # Errors
    /// [`LockError`].
    pub async fn take_now(data_dir: &Path) -> Result<Self, LockError> {
        Self::take_within(data_dir, Duration::ZERO).await
    }

    async fn take_within(data_dir: &Path, patience: Duration) -> Result<Self, LockError> {
        let failed = |source| LockError::Io { path: data_dir.to_owned(), source };
        let mut options = File::options();
        options.write(true).create(true).truncate(false);
        let file = options.open(data_dir.join(LOCK_FILE)).map_err(failed)?;
        let deadline = Instant::now() + patience;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => tokio::time::sleep(PAUSE).await,
                Err(TryLockError::WouldBlock) => return Err(LockError::Taken(data_dir.to_owned())),
                Err(TryLockError::Error(e)) => return Err(failed(e)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_one_holds_it_and_the_next_waits() {
        let folder = tempfile::tempdir().unwrap();
        let first = DataLock::take(folder.path()).await.unwrap();
        let taken = DataLock::take_within(folder.path(), PAUSE).await;
        assert!(matches!(taken, Err(LockError::Taken(path)) if path == folder.path()));
        let next = DataLock::take(folder.path());
        let end = async {
            tokio::time::sleep(PAUSE).await;
            drop(first);
        };
        assert!(tokio::join!(next, end).0.is_ok());
    }
}
