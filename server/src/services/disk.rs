//! What users' files take on disk: counted by folder handles, for a bounded time, and remembered for a while.
//!
//! No file is opened: a user's agent may put pipes, devices and links anywhere, and none of them is followed.

use std::{
    collections::HashMap,
    io,
    time::{Duration, Instant},
};

use app::{
    error::AppError,
    model::{DiskUse, Timestamp, UserId, UserSummary, Username},
};
use cap_std::fs::{Dir, MetadataExt as _, ReadDir};
use tokio::sync::Mutex;

use super::UserFolders;
use crate::{cells::Cells, db::now_ms, error::internal};

/// For this long a measurement is good enough.
const FRESH_MS: i64 = 5 * 60 * 1000;
/// Time for all users together; who is not reached keeps the number from before.
const LIMIT: Duration = Duration::from_secs(2);
/// Deepest folder that is counted; each level keeps a handle open.
const MAX_DEPTH: usize = 64;
/// What `st_blocks` counts in.
const BLOCK: u64 = 512;

/// Remembers what users' files take; one measurement at a time.
#[derive(Default)]
pub struct DiskGauge(Mutex<HashMap<UserId, DiskUse>>);

impl DiskGauge {
    /// Measures one user's disk use now.
    ///
    /// # Errors
    /// [`AppError::Internal`] if it cannot be measured.
    pub async fn measure_now(
        &self,
        cells: &Cells,
        folders: &UserFolders,
        (id, name): (UserId, &Username),
    ) -> Result<DiskUse, AppError> {
        let measured = size(cells, folders, name, Instant::now() + LIMIT).await?;
        self.0.lock().await.insert(id, measured.clone());
        Ok(measured)
    }

    /// Fills in the disk use of each user, measured now where the number is old.
    ///
    /// # Errors
    /// [`AppError::Internal`] if the work is cut short; folders that cannot be read make a number incomplete.
    pub async fn measure(
        &self,
        cells: &Cells,
        folders: &UserFolders,
        users: &mut [UserSummary],
    ) -> Result<(), AppError> {
        let deadline = Instant::now() + LIMIT;
        let mut known = self.0.lock().await;
        known.retain(|id, _| users.iter().any(|row| row.user.id == *id));
        let age = |id: UserId, known: &HashMap<UserId, DiskUse>| {
            known.get(&id).map_or(i64::MAX, |last| now_ms() - last.measured_at.as_millis())
        };
        // The oldest number first, so that everybody gets a turn.
        let mut stale: Vec<_> =
            users.iter().map(|row| (age(row.user.id, &known), row.user.id, &row.user.username)).collect();
        stale.retain(|(age, ..)| *age > FRESH_MS);
        stale.sort_by_key(|(age, ..)| std::cmp::Reverse(*age));
        for (_, id, name) in stale {
            if Instant::now() >= deadline {
                break;
            }
            let measured = size(cells, folders, name, deadline).await?;
            known.insert(id, measured);
        }
        for row in users {
            row.disk = known.get(&row.user.id).cloned();
        }
        Ok(())
    }
}

async fn size(
    cells: &Cells,
    folders: &UserFolders,
    name: &Username,
    deadline: Instant,
) -> Result<DiskUse, AppError> {
    // Under accounts of their own, users close folders that only root can count.
    let by_root = cells.measure(name).await.map_err(|e| internal("a user's folder cannot be measured", e))?;
    if let Some((bytes, complete)) = by_root {
        return Ok(DiskUse { bytes, complete, measured_at: Timestamp::from_millis(now_ms()) });
    }
    let name = name.clone();
    let counted = folders.blocking(move |users, run| count_user(&users, &run, name.as_str(), deadline));
    let counted = counted.await?.map_err(|e| internal("a user's folder cannot be measured", e));
    let (bytes, complete) = counted?;
    Ok(DiskUse { bytes, complete, measured_at: Timestamp::from_millis(now_ms()) })
}

/// Bytes of a user in the folders of all users and of all run files, in both of which their agents can write, and whether
/// all of them were counted.
///
/// # Errors
/// Those of the file system; a folder that is not there is empty.
pub fn count_user(users: &Dir, run: &Dir, name: &str, deadline: Instant) -> io::Result<(u64, bool)> {
    let (mut bytes, mut complete) = (0_u64, true);
    for parent in [users, run] {
        let counted = match parent.open_dir(name) {
            Ok(folder) => count_files(&folder, deadline),
            Err(error) if error.kind() == io::ErrorKind::NotFound => (0, true),
            Err(error) => return Err(error),
        };
        (bytes, complete) = (bytes.saturating_add(counted.0), complete && counted.1);
    }
    Ok((bytes, complete))
}

/// Bytes below a folder, and whether all of them were counted.
fn count_files(home: &Dir, deadline: Instant) -> (u64, bool) {
    let Ok(entries) = home.entries() else { return (0, false) };
    let (mut bytes, mut complete) = (0_u64, true);
    let mut open: Vec<ReadDir> = vec![entries];
    while let Some(entries) = open.last_mut() {
        if Instant::now() >= deadline {
            return (bytes, false);
        }
        let Some(entry) = entries.next() else {
            open.pop();
            continue;
        };
        // The entry itself, never what a link points to.
        let Ok((entry, meta)) = entry.and_then(|entry| entry.metadata().map(|meta| (entry, meta))) else {
            complete = false;
            continue;
        };
        bytes = bytes.saturating_add(meta.blocks().saturating_mul(BLOCK));
        if !meta.is_dir() {
            continue;
        }
        // Should it have become a link meanwhile, the handle still leads nowhere outside.
        match entry.open_dir().and_then(|folder| folder.entries()) {
            Ok(inner) if open.len() < MAX_DEPTH => open.push(inner),
            Ok(_) | Err(_) => complete = false,
        }
    }
    (bytes, complete)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use cap_std::ambient_authority;

    use super::*;

    fn counted(root: &std::path::Path, limit: Duration) -> (u64, bool) {
        let home = Dir::open_ambient_dir(root, ambient_authority()).unwrap();
        count_files(&home, Instant::now() + limit)
    }

    #[test]
    fn files_are_counted_and_links_are_not_followed() {
        let (root, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::create_dir_all(root.path().join("a/b")).unwrap();
        std::fs::write(other.path().join("big"), vec![1; 4 << 20]).unwrap();
        symlink(other.path(), root.path().join("a/folder")).unwrap();
        symlink(other.path().join("big"), root.path().join("a/file")).unwrap();
        symlink(root.path(), root.path().join("a/b/loop")).unwrap();
        let (empty, complete) = counted(root.path(), LIMIT);
        assert!(complete && empty < 1 << 20, "{empty}");
        std::fs::write(root.path().join("a/b/file"), vec![1; 1 << 20]).unwrap();
        let (bytes, complete) = counted(root.path(), LIMIT);
        assert!(complete);
        assert!((1 << 20..2 << 20).contains(&(bytes - empty)), "{bytes} after {empty}");
    }

    #[test]
    fn time_and_depth_have_a_limit() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("d/".repeat(MAX_DEPTH + 5))).unwrap();
        assert!(!counted(root.path(), LIMIT).1);
        assert_eq!(counted(root.path(), Duration::ZERO), (0, false));
    }
}
