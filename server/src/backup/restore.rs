//! Brings a backup back: checked whole beside the data folder's own files first, then put in their place.
//!
//! Must not change anything before the archive has proved complete, and must not delete what was there.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, BufReader, Read as _},
    os::unix::{
        fs::{DirBuilderExt as _, MetadataExt as _, lchown},
        net::UnixStream,
    },
    path::{Path, PathBuf},
};

use flate2::read::GzDecoder;
use sha2::{Digest as _, Sha256};
use tar::Archive;

use super::{
    BackupError, Contents, Manifest,
    archive::hex,
    manifest::{CHECKSUMS, DATABASE, FORMAT, MANIFEST, MASTER_KEY},
};
use crate::{
    config::{Config, USERS_FOLDER},
    crypto::{ApiKeyCipher, MasterKey, sync_folder},
    data_lock::DataLock,
    db::{self, Db, now_ms, snapshot},
    orchestrator,
};

/// Longest manifest, in bytes.
const MANIFEST_LIMIT: u64 = 64 * 1024;

/// What was brought back.
#[derive(Debug)]
pub struct Restored {
    /// What the backup says of itself.
    pub manifest: Manifest,
    /// Users in its database.
    pub users: i64,
    /// API keys that no master key here can read.
    pub unreadable_keys: usize,
    /// Where what was there before lies now.
    pub aside: Option<PathBuf>,
}

/// Restores into the configured data folder. What is there already is refused, or with `force` moved into a folder beside it.
///
/// # Errors
/// [`BackupError`]; but for the last renames, then nothing was changed.
pub async fn restore(config: &Config, from: &Path, force: bool) -> Result<Restored, BackupError> {
    let manifest = read_manifest(from)?;
    let data = &config.data_dir;
    let mut private = fs::DirBuilder::new();
    private.recursive(true).mode(0o700).create(data).map_err(BackupError::io(data))?;
    let _lock = DataLock::take_now(data).await?;
    if manifest.contents == Contents::Everything {
        no_agents(&config.run_dir)?;
    }
    let present = present(config, &manifest)?;
    if !present.is_empty() && !force {
        return Err(BackupError::NotEmpty(data.clone()));
    }

    let staging =
        tempfile::Builder::new().prefix(".restore-").tempdir_in(data).map_err(BackupError::io(data))?;
    let (archive, into, owner) = (from.to_owned(), staging.path().to_owned(), manifest.owner);
    tokio::task::spawn_blocking(move || {
        unpack(&archive, &into)?;
        give_to_owner(&into, owner).map_err(BackupError::io(&into))
    })
    .await??;
    let database = staging.path().join(DATABASE);
    snapshot::check(&database).await?;
    if manifest.contents == Contents::Everything {
        // Its agents are not here; those of the original may still be at work there.
        let db = Db::open(&database).await?;
        let paused = orchestrator::pause_all(&db, "Restored from a backup: start it when you like.").await;
        db.close().await;
        paused?;
    }
    snapshot::fold(&database).await?;

    let aside = move_aside(data, &present)?;
    put_in_place(config, &manifest, staging.path())?;
    let db = Db::open(&config.database_path()).await?;
    let counted = count(&db, config).await;
    db.close().await;
    let (users, unreadable_keys) = counted?;
    Ok(Restored { manifest, users, unreadable_keys, aside })
}

fn damaged(path: &Path, why: impl std::fmt::Display) -> BackupError {
    BackupError::Damaged { path: path.to_owned(), why: why.to_string() }
}

fn open(path: &Path) -> Result<Archive<GzDecoder<BufReader<File>>>, BackupError> {
    let file = File::open(path).map_err(BackupError::io(path))?;
    Ok(Archive::new(GzDecoder::new(BufReader::new(file))))
}

/// The first entry, if this program can restore the rest.
fn read_manifest(path: &Path) -> Result<Manifest, BackupError> {
    let mut archive = open(path)?;
    let mut entries = archive.entries().map_err(|e| damaged(path, e))?;
    let first = entries.next().ok_or_else(|| damaged(path, "it is empty"))?.map_err(|e| damaged(path, e))?;
    if first.path_bytes().as_ref() != MANIFEST.as_bytes() {
        return Err(damaged(path, format!("it does not begin with {MANIFEST}")));
    }
    let mut text = Vec::new();
    first.take(MANIFEST_LIMIT).read_to_end(&mut text).map_err(|e| damaged(path, e))?;
    let manifest: Manifest = serde_json::from_slice(&text).map_err(|e| damaged(path, e))?;
    if manifest.format > FORMAT || manifest.schema > Db::known_version() {
        let (found, known) = (manifest.schema, Db::known_version());
        return Err(BackupError::Newer { version: manifest.autocode, found, known });
    }
    Ok(manifest)
}

/// Refuses while a runner answers in the run folder: its agents write where the files would go.
fn no_agents(run_dir: &Path) -> Result<(), BackupError> {
    let users = match fs::read_dir(run_dir) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        users => users.map_err(BackupError::io(run_dir))?,
    };
    for user in users {
        let user = user.map_err(BackupError::io(run_dir))?;
        if UnixStream::connect(orchestrator::runner_socket(&user.path())).is_ok() {
            return Err(BackupError::AgentsAtWork(user.file_name().display().to_string()));
        }
    }
    Ok(())
}

/// What the restored files would replace, by name in the data folder.
fn present(config: &Config, manifest: &Manifest) -> Result<Vec<String>, BackupError> {
    let data = &config.data_dir;
    let with_log = [DATABASE.to_owned(), format!("{DATABASE}-wal"), format!("{DATABASE}-shm")];
    let mut present: Vec<String> =
        with_log.into_iter().filter(|name| data.join(name).symlink_metadata().is_ok()).collect();
    if manifest.contents == Contents::Everything {
        // An empty folder is no installation; the restored one then replaces it.
        if fs::read_dir(data.join(USERS_FOLDER)).is_ok_and(|mut entries| entries.next().is_some()) {
            present.push(USERS_FOLDER.to_owned());
        }
    }
    // Without one in the backup, the key that is here stays: it may be the right one, put there on purpose.
    if manifest.master_key && config.master_key_path().exists() {
        present.push(MASTER_KEY.to_owned());
    }
    Ok(present)
}

/// Unpacks into an empty folder and compares every file with its checksum.
fn unpack(path: &Path, into: &Path) -> Result<(), BackupError> {
    let mut archive = open(path)?;
    archive.set_preserve_ownerships(rustix::process::geteuid().is_root());
    archive.unpack(into).map_err(|e| damaged(path, e))?;
    let listed = fs::read(into.join(CHECKSUMS)).map_err(|_| damaged(path, "its end is missing"))?;
    let mut expected = BTreeMap::new();
    for line in listed.split(|byte| *byte == 0).filter(|line| !line.is_empty()) {
        let (hash, name) = line.split_at_checked(64).ok_or_else(|| damaged(path, "its list is broken"))?;
        let name = name.strip_prefix(b"  ").ok_or_else(|| damaged(path, "its list is broken"))?;
        expected.insert(name.to_owned(), hash.to_owned());
    }
    let mut files = Vec::new();
    list(into, into, &mut files).map_err(BackupError::io(into))?;
    files.retain(|name| name.as_os_str() != CHECKSUMS);
    for name in &files {
        let shown = name.display();
        let hash = expected
            .remove(name.as_os_str().as_encoded_bytes())
            .ok_or_else(|| damaged(path, format!("{shown} is not in its list")))?;
        let mut sum = Sha256::new();
        let full = into.join(name);
        io::copy(&mut File::open(&full).map_err(BackupError::io(&full))?, &mut sum)
            .map_err(BackupError::io(&full))?;
        if hex(&sum.finalize()).as_bytes() != hash {
            return Err(damaged(path, format!("{shown} was changed")));
        }
    }
    match expected.keys().next() {
        Some(name) => Err(damaged(path, format!("{} is missing", String::from_utf8_lossy(name)))),
        None => Ok(()),
    }
}

/// Regular files below a folder, relative to `root`; links are not followed.
fn list(root: &Path, folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            list(root, &entry.path(), files)?;
        } else if kind.is_file() {
            files.push(entry.path().strip_prefix(root).map_err(io::Error::other)?.to_owned());
        }
    }
    Ok(())
}

/// As root: what belonged to the old data folder's owner gets the new one's. The numbers of users' cells stay.
fn give_to_owner(staging: &Path, former: u32) -> io::Result<()> {
    if !rustix::process::geteuid().is_root() {
        return Ok(());
    }
    let owner = staging.parent().unwrap_or(staging).metadata()?;
    let mut open = vec![staging.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let meta = entry.metadata()?;
            if meta.uid() == former || folder == staging {
                lchown(entry.path(), Some(owner.uid()), Some(owner.gid()))?;
            }
            if meta.is_dir() {
                open.push(entry.path());
            }
        }
    }
    Ok(())
}

/// Moves what is there into a folder of its own, if anything is.
fn move_aside(data: &Path, present: &[String]) -> Result<Option<PathBuf>, BackupError> {
    if present.is_empty() {
        return Ok(None);
    }
    let aside = data.join(format!("replaced-{}", now_ms()));
    fs::DirBuilder::new().mode(0o700).create(&aside).map_err(BackupError::io(&aside))?;
    for name in present {
        let from = data.join(name);
        // A key outside the data folder is moved by whoever puts the new one there.
        if from.symlink_metadata().is_ok() {
            fs::rename(&from, aside.join(name)).map_err(BackupError::io(&from))?;
        }
    }
    Ok(Some(aside))
}

/// The database comes last: only then is there an installation.
fn put_in_place(config: &Config, manifest: &Manifest, staging: &Path) -> Result<(), BackupError> {
    let data = &config.data_dir;
    if manifest.master_key {
        let (key, place) = (MasterKey::load(&staging.join(MASTER_KEY))?, config.master_key_path());
        if place.exists() {
            let mut aside = place.clone().into_os_string();
            aside.push(format!(".replaced-{}", now_ms()));
            fs::rename(&place, &aside).map_err(BackupError::io(&place))?;
        }
        key.write(&place)?;
        if rustix::process::geteuid().is_root() {
            let owner = data.metadata().map_err(BackupError::io(data))?;
            lchown(&place, Some(owner.uid()), Some(owner.gid())).map_err(BackupError::io(&place))?;
        }
    }
    if manifest.contents == Contents::Everything {
        fs::rename(staging.join(USERS_FOLDER), data.join(USERS_FOLDER)).map_err(BackupError::io(data))?;
    }
    let handle = File::open(staging).map_err(BackupError::io(staging))?;
    rustix::fs::syncfs(&handle).map_err(|e| BackupError::io(staging)(e.into()))?;
    fs::rename(staging.join(DATABASE), data.join(DATABASE)).map_err(BackupError::io(data))?;
    sync_folder(data).map_err(BackupError::io(data))
}

/// Users, and keys that cannot be read here.
async fn count(db: &Db, config: &Config) -> Result<(i64, usize), BackupError> {
    let users = db::users::count(db.reader()).await?;
    // No key at all has an id that no row has.
    let id = match MasterKey::load(&config.master_key_path()) {
        Ok(key) => ApiKeyCipher::new(&key).key_id(),
        Err(_) => String::new(),
    };
    Ok((users, db::api_keys::of_other_master_keys(db.reader(), &id).await?.len()))
}
