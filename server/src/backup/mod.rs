//! `autocode backup` and `autocode restore`: everything of an installation in one file, and back.
//!
//! A backup is taken while server and agents work: the database is that of one moment, users' files are read after it. Must not
//! know HTTP; nothing here needs the server to run or to stand still.

mod archive;
mod manifest;
mod restore;
mod tree;

use std::{
    fs::File,
    io::{self, BufWriter},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use cap_std::{ambient_authority, fs::Dir};
use tempfile::NamedTempFile;
use thiserror::Error;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    config::{Config, USERS_FOLDER},
    crypto::{KeyError, MasterKey, sync_folder},
    data_lock::LockError,
    db::{DbError, now_ms, snapshot},
};
use archive::{Archive, Attributes};
use manifest::{DATABASE, FORMAT, MANIFEST, MASTER_KEY};

pub use manifest::{Contents, Manifest};
pub use restore::{Restored, restore};
pub use tree::Missing;

/// Why there is no backup, or nothing is restored; each says what to do.
#[derive(Debug, Error)]
pub enum BackupError {
    /// There is nothing to back up.
    #[error("There is no AutoCode in {}: name its data folder with AUTOCODE_DATA_DIR.", .0.display())]
    NothingThere(PathBuf),
    /// Writing or reading a file failed.
    #[error("{} cannot be used ({source}).", path.display())]
    Io {
        /// File or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The master key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The database.
    #[error("The database failed: {0}.")]
    Db(#[from] sqlx::Error),
    /// The restored database.
    #[error(transparent)]
    Open(#[from] DbError),
    /// Another process has the data folder.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The file is no whole backup.
    #[error("{} is no whole backup: {why}. Nothing was changed.", path.display())]
    Damaged {
        /// File.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// It was made by a newer program.
    #[error(
        "The backup was made by AutoCode {version} (schema {found}), newer than this one (up to {known}): install that version or a newer one. Nothing was changed."
    )]
    Newer {
        /// Who made it.
        version: String,
        /// Its schema.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// There is an installation where it would go.
    #[error("{} holds something already: choose another data folder, or add --force, which moves it aside. Nothing was changed.", .0.display())]
    NotEmpty(PathBuf),
    /// Agents work where it would go.
    #[error(
        "Agents of {0} are at work in that data folder: end them with `autocode stop --all` first. Nothing was changed."
    )]
    AgentsAtWork(String),
    /// Work was cut short.
    #[error("The work was cut short ({0}).")]
    Cut(#[from] tokio::task::JoinError),
}

impl BackupError {
    fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }
}

/// A finished backup.
#[derive(Debug)]
pub struct Written {
    /// The archive.
    pub path: PathBuf,
    /// What it says of itself.
    pub manifest: Manifest,
    /// Files in it.
    pub files: u64,
    /// What could not be read.
    pub missing: Missing,
}

/// Writes a backup to a new file, or into a folder under a name with the time, with mode 0600.
///
/// # Errors
/// [`BackupError`]; then no file is left.
pub async fn create(
    config: &Config,
    to: &Path,
    contents: Contents,
    with_master_key: bool,
) -> Result<Written, BackupError> {
    let database = config.database_path();
    let owner = match std::fs::metadata(&database) {
        Ok(meta) => (meta.uid(), meta.gid()),
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            return Err(BackupError::NothingThere(config.data_dir.clone()));
        }
        Err(e) => return Err(BackupError::io(&database)(e)),
    };
    let path = target(to)?;
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned();
    let work = tempfile::Builder::new()
        .prefix(".autocode-backup-")
        .tempdir_in(&folder)
        .map_err(BackupError::io(&folder))?;
    // First the database, then the files: what a row says was done is there.
    let copy = work.path().join(DATABASE);
    snapshot::take(&database, &copy).await?;
    let manifest = Manifest {
        format: FORMAT,
        autocode: env!("CARGO_PKG_VERSION").to_owned(),
        schema: snapshot::check(&copy).await?,
        created_at: now()?,
        contents,
        master_key: with_master_key,
        owner: owner.0,
    };
    let key = with_master_key.then(|| config.master_key_path());
    let parts = Parts { copy, key, users: config.users_dir(), owner };
    let into = folder.clone();
    let (draft, files, missing, manifest) = tokio::task::spawn_blocking(move || {
        let (draft, files, missing) = parts.write(&manifest, &into)?;
        Ok::<_, BackupError>((draft, files, missing, manifest))
    })
    .await??;
    // Only a whole archive gets its name, and never that of another file.
    draft.persist_noclobber(&path).map_err(|e| BackupError::io(&path)(e.error))?;
    sync_folder(&folder).map_err(BackupError::io(&folder))?;
    Ok(Written { path, manifest, files, missing })
}

/// The file that is meant: a name of its own in a folder, or the path itself.
fn target(to: &Path) -> Result<PathBuf, BackupError> {
    let path = if to.is_dir() {
        let stamp: String = now()?.chars().filter(char::is_ascii_alphanumeric).collect();
        to.join(format!("autocode-{stamp}.tar.gz"))
    } else {
        to.to_owned()
    };
    if path.exists() {
        return Err(BackupError::io(&path)(io::ErrorKind::AlreadyExists.into()));
    }
    Ok(path)
}

/// RFC 3339 in UTC, to the second.
fn now() -> Result<String, BackupError> {
    let now = OffsetDateTime::from_unix_timestamp(now_ms() / 1000).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    now.format(&Rfc3339).map_err(|e| BackupError::io(Path::new("the clock"))(io::Error::other(e)))
}

/// Where the parts of a backup are.
struct Parts {
    copy: PathBuf,
    key: Option<PathBuf>,
    users: PathBuf,
    owner: (u32, u32),
}

impl Parts {
    /// Writes the archive to a file with a passing name and mode 0600.
    fn write(&self, manifest: &Manifest, into: &Path) -> Result<(NamedTempFile, u64, Missing), BackupError> {
        let failed = || BackupError::io(into);
        let draft = NamedTempFile::with_prefix_in(".autocode-backup-", into).map_err(failed())?;
        let (uid, gid) = self.owner;
        let mtime = u64::try_from(now_ms() / 1000).unwrap_or(0);
        let private = Attributes { mode: 0o600, uid, gid, mtime };
        let mut missing = Missing::default();
        let mut archive = Archive::new(BufWriter::new(draft.as_file()));

        let text = serde_json::to_vec_pretty(manifest).map_err(|e| failed()(e.into()))?;
        archive.file(Path::new(MANIFEST), private, text.len() as u64, text.as_slice()).map_err(failed())?;
        add_file(&mut archive, &self.copy, DATABASE, private).map_err(BackupError::io(&self.copy))?;
        if let Some(key) = &self.key {
            // Checked first: a backup must not claim a key that is none.
            MasterKey::load(key)?;
            add_file(&mut archive, key, MASTER_KEY, private).map_err(BackupError::io(key))?;
        }
        if manifest.contents == Contents::Everything {
            let users = Dir::open_ambient_dir(&self.users, ambient_authority())
                .map_err(BackupError::io(&self.users))?;
            tree::add(&mut archive, &users, Path::new(USERS_FOLDER), &mut missing).map_err(failed())?;
        }
        let (files, out) = archive.finish(private).map_err(failed())?;
        let file = out.into_inner().map_err(|e| failed()(e.into_error()))?;
        file.sync_all().map_err(failed())?;
        Ok((draft, files, missing))
    }
}

fn add_file<W: io::Write>(
    archive: &mut Archive<W>,
    from: &Path,
    name: &str,
    attributes: Attributes,
) -> io::Result<()> {
    let file = File::open(from)?;
    let size = file.metadata()?.len();
    archive.file(Path::new(name), attributes, size, file)
}
